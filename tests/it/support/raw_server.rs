//! A server that sends the bytes it is told, well-formed or not, step by step, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) path: String,
    /// The header lines.
    pub(crate) head: String,
    /// Requests for this path before.
    pub(crate) before: usize,
}

impl Asked {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// What is done on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// The same bytes again and again, with a pause, until the other side has enough.
    Repeat(Vec<u8>, Duration),
    /// The connection is reset, not closed.
    Reset,
}

/// An answer; the connection is closed at its end.
pub(crate) type Answer = Vec<Step>;

/// A whole answer.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let length = body.as_ref().len();
    cut(status, headers, body, length)
}

/// An answer that announces `length` bytes, however many it has.
pub(crate) fn cut(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>, length: usize) -> Answer {
    let length = length.to_string();
    open(status, &[headers, &[("content-length", &length)]].concat(), body)
}

/// An answer that says nothing about its length.
pub(crate) fn open(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let mut bytes = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body.as_ref());
    vec![Step::Send(bytes)]
}

/// The server; it ends with the value.
pub(crate) struct RawServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ends: Arc<AtomicBool>,
}

impl RawServer {
    /// Starts a server that answers as `handler` says.
    pub(crate) fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (asked, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, stop, handler) = (Arc::clone(&asked), Arc::clone(&ends), Arc::new(handler));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let (log, stop, handler) = (Arc::clone(&log), Arc::clone(&stop), Arc::clone(&handler));
                std::thread::spawn(move || stream.ok().and_then(|stream| talk(&stream, &log, &stop, &*handler)));
            }
        });
        Self { address, asked, ends }
    }

    /// A URL on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no handler panicked").clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// One request and its answer; nothing when the other side is gone.
fn talk(
    mut stream: &TcpStream,
    log: &Mutex<Vec<Asked>>,
    stop: &AtomicBool,
    handler: &(impl Fn(&Asked) -> Answer + ?Sized),
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut head = String::new();
    while reader.read_line(&mut head).ok()? > 2 {}
    let asked = {
        let mut log = log.lock().expect("no handler panicked");
        let before = log.iter().filter(|asked| asked.path == path).count();
        log.push(Asked { path, head, before });
        log.last().cloned()?
    };
    for step in handler(&asked) {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).ok()?,
            Step::Wait(pause) => std::thread::sleep(pause),
            Step::Repeat(bytes, pause) => {
                while !stop.load(Ordering::Relaxed) {
                    stream.write_all(&bytes).ok()?;
                    std::thread::sleep(pause);
                }
            }
            Step::Reset => return reset(stream),
        }
    }
    stream.shutdown(Shutdown::Write).ok()
}

/// Ends a connection as a machine does that has lost its power: what was sent may or may not have arrived.
fn reset(stream: &TcpStream) -> Option<()> {
    // Only tokio's streams can be told not to linger.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().ok()?;
    let _inside = runtime.enter();
    let same = stream.try_clone().ok()?;
    same.set_nonblocking(true).ok()?;
    tokio::net::TcpStream::from_std(same).ok()?.set_zero_linger().ok()
}
