//! A server on 127.0.0.1 that answers with the bytes it is told, well-formed or not, and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query; a whole URL when the server is used as a proxy.
    pub(super) path: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn authorization(&self) -> Option<&str> {
        self.header("authorization")
    }
}

/// What to do on the connection, in order; it is closed at the end.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
}

/// An answer, step by step.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(pub(super) Vec<Step>);

impl Answer {
    /// A whole answer.
    pub(super) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        Self::cut(status, headers, body, body.len())
    }

    /// An answer that announces more than it sends.
    pub(super) fn cut(status: u16, headers: &[(&str, &str)], body: &[u8], announced: usize) -> Self {
        let mut bytes = head(status, headers);
        bytes.extend_from_slice(format!("content-length: {announced}\r\n\r\n").as_bytes());
        bytes.extend_from_slice(body);
        Self(vec![Step::Send(bytes)])
    }

    pub(super) fn text(text: &str) -> Self {
        Self::new(200, &[], text)
    }

    pub(super) fn status(status: u16) -> Self {
        Self::new(status, &[], "")
    }

    pub(super) fn redirect(location: &str) -> Self {
        Self::new(302, &[("location", location)], "")
    }

    pub(super) fn raw(bytes: &str) -> Self {
        Self(vec![Step::Send(bytes.as_bytes().to_vec())])
    }

    /// The connection is closed without an answer.
    pub(super) fn nothing() -> Self {
        Self(Vec::new())
    }

    pub(super) fn silence(wait: Duration) -> Self {
        Self(vec![Step::Wait(wait)])
    }
}

pub(super) fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        write!(bytes, "{name}: {value}\r\n").unwrap();
    }
    bytes
}

type Handler = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

/// The server; it ends with the value.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ends: Arc<AtomicBool>,
}

impl Server {
    /// Starts a server; the handler also gets the number of requests before this one.
    pub(super) fn start(handler: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(None, handler)
    }

    /// Starts a TLS server.
    pub(super) fn start_tls(
        config: rustls::ServerConfig,
        handler: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(Some(Arc::new(config)), handler)
    }

    fn start_with(
        tls: Option<Arc<rustls::ServerConfig>>,
        handler: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::new(AtomicBool::new(false));
        let (log, stop, handler): (_, _, Arc<Handler>) = (asked.clone(), ends.clone(), Arc::new(handler));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let (log, handler, tls) = (Arc::clone(&log), Arc::clone(&handler), tls.clone());
                std::thread::spawn(move || {
                    let stream = stream.ok()?;
                    let Some(config) = tls else {
                        talk(&mut &stream, &log, &*handler);
                        return TcpStream::shutdown(&stream, std::net::Shutdown::Write).ok();
                    };
                    let connection = rustls::ServerConnection::new(config).ok()?;
                    let mut stream = rustls::StreamOwned::new(connection, stream);
                    talk(&mut stream, &log, &*handler);
                    stream.conn.send_close_notify();
                    stream.flush().ok()
                });
            }
        });
        Self { address, asked, ends }
    }

    /// A URL on this server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A URL on this server with userinfo.
    pub(super) fn url_as(&self, userinfo: &str, path: &str) -> String {
        format!("http://{userinfo}@{}{path}", self.address)
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Paths and `Authorization` headers of what was asked.
    pub(super) fn log(&self) -> Vec<(String, Option<String>)> {
        self.asked().iter().map(|asked| (asked.path.clone(), asked.authorization().map(str::to_owned))).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn talk(stream: &mut (impl Read + Write), log: &Mutex<Vec<Asked>>, handler: &Handler) {
    let Some(asked) = read_request(stream) else { return };
    let before = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.len() - 1
    };
    for step in handler(&asked, before).0 {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Step::Wait(pause) => std::thread::sleep(pause),
        }
    }
}

pub(super) fn read_request(stream: &mut impl Read) -> Option<Asked> {
    // One byte at a time: nothing behind the head is taken.
    let mut reader = BufReader::with_capacity(1, stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let (method, rest) = line.split_once(' ')?;
    let (method, path) = (method.to_owned(), rest.split(' ').next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
