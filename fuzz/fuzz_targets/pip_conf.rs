//! pip's configuration files: what is read can be written and read back, and line ends make no difference.

#![no_main]
#![allow(dead_code)] // The module serves more than this target.

use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use pip_config::PipConfig;

#[path = "../../src/bin/barrow/settings/pip_config.rs"]
mod pip_config;

/// Stands in for the machine, of which parsing asks nothing.
struct Host {
    home: Option<PathBuf>,
    working_folder: PathBuf,
}

impl Host {
    fn variable(&self, _name: &str) -> Option<&str> {
        None
    }

    fn folder_variable(&self, _name: &str) -> Option<PathBuf> {
        None
    }

    fn absolute(&self, folder: &Path, path: &str) -> PathBuf {
        folder.join(path)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = |text: &str| {
        let mut config = PipConfig::default();
        config.add(Path::new("pip.conf"), text).map(|()| config)
    };
    let config = read(text);
    if !text.contains('\r') {
        let windows = read(&text.replace('\n', "\r\n"));
        assert_eq!(format!("{windows:?}"), format!("{config:?}"));
    }
    let config = match config {
        Ok(config) => config,
        Err(fault) => {
            let line = fault.strip_prefix("pip.conf:").and_then(|rest| rest.split(':').next()?.parse().ok());
            assert!(line.is_some_and(|line: usize| (1..=text.lines().count()).contains(&line)), "{fault}");
            return;
        }
    };
    for (index, line) in text.lines().enumerate() {
        let key = line.split(['=', ':']).next().unwrap_or_default().trim().to_lowercase();
        let Some(value) = config.get(&key).filter(|_| !key.starts_with(['[', '#', ';', '-'])) else { continue };
        assert!(value.line <= text.lines().count() && index < text.lines().count());
        let printed = format!("[install]\n{key} = {}\n", value.text.replace('\n', "\n  "));
        let again = read(&printed).unwrap_or_else(|error| panic!("{printed}\n{error}"));
        assert_eq!(again.get(&key).map(|value| &value.text), Some(&value.text), "{printed}");
    }
});
