//! A stand-in of the service of AWS that says where a CodeArtifact repository is and mints tokens for its domain.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::RunningIndex;

/// The service; every signed request is answered.
pub(crate) struct TokenService {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl TokenService {
    /// Starts the service: `index` is the only repository, `token` opens it.
    pub(crate) fn start(index: &RunningIndex, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, repository, token) = (Arc::clone(&asked), index.url().replace("/simple/", "/"), token.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(&stream, &repository, &token, &log);
            }
        });
        Self { address, asked }
    }

    /// Its endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Methods, paths and queries of the requests that came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nothing panicked").clone()
    }
}

fn answer(mut stream: &TcpStream, repository: &str, token: &str, log: &Mutex<Vec<String>>) {
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    let first = lines.first().cloned().unwrap_or_default();
    let is_signed = lines.iter().any(|line| line.to_lowercase().starts_with("authorization: aws4-hmac-sha256 "));
    let path = first.split(' ').take(2).collect::<Vec<_>>().join(" ");
    log.lock().expect("nothing panicked").push(path.clone());
    let body = if path.starts_with("POST /v1/authorization-token?") {
        format!(r#"{{"authorizationToken": "{token}", "expiration": 4070908800}}"#)
    } else {
        format!(r#"{{"repositoryEndpoint": "{repository}"}}"#)
    };
    let status = if is_signed { "200 OK" } else { "403 Forbidden" };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
}
