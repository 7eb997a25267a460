//! netrc: what is read can be written and read back, and line ends make no difference.

#![no_main]
#![allow(dead_code)] // The module serves more than this target.

mod secret {
    pub(crate) use barrow::http::Secret;
}
#[path = "../../src/http/netrc.rs"]
mod netrc;

use libfuzzer_sys::fuzz_target;
use netrc::{Netrc, NetrcEntry};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (read, fault) = Netrc::parse(text);
    if let Some(fault) = &fault {
        assert!((1..=text.matches('\n').count() + 1).contains(&fault.line));
    }
    if !text.contains('\r') {
        let (windows, same) = Netrc::parse(&text.replace('\n', "\r\n"));
        assert_eq!((same, fields(&windows)), (fault, fields(&read)));
    }
    let printed: String = read.entries.iter().map(print).collect();
    let (again, fault) = Netrc::parse(&printed);
    assert_eq!(fault, None, "{printed}");
    assert_eq!(fields(&again), fields(&read), "{printed}");
    for entry in &read.entries {
        let host = entry.machine.as_deref().unwrap_or("elsewhere");
        assert!(read.find(host).is_some(), "{host}");
    }
});

fn fields(netrc: &Netrc) -> Vec<(Option<String>, String, String)> {
    let fields = |entry: &NetrcEntry| (entry.machine.clone(), entry.login.clone(), entry.password.reveal().to_owned());
    netrc.entries.iter().map(fields).collect()
}

fn print(entry: &NetrcEntry) -> String {
    let machine = entry.machine.as_ref().map_or("default".to_owned(), |name| format!("machine {}", quoted(name)));
    format!("{machine} login {} password {}\n", quoted(&entry.login), quoted(entry.password.reveal()))
}

/// A line end is quoted too, so that it does not become part of one of Windows.
fn quoted(text: &str) -> String {
    let escaped: String =
        text.chars().flat_map(|c| [Some('\\').filter(|_| matches!(c, '"' | '\\' | '\n')), Some(c)]).flatten().collect();
    format!("\"{escaped}\"")
}
