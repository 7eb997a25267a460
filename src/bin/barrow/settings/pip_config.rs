//! pip's configuration files (pip documentation, "Configuration"): `[global]` and `[install]` of every file that pip
//! would read, later files over earlier ones, the command's section over the global one.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::Host;

/// What pip's files say, by option.
#[derive(Clone, Debug, Default)]
pub(crate) struct PipConfig {
    global: BTreeMap<String, PipValue>,
    install: BTreeMap<String, PipValue>,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PipValue {
    pub(crate) text: String,
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
}

impl PipConfig {
    /// Reads every file that is there. pip refuses to work with a malformed file; so do we, naming it.
    pub(crate) fn read(host: &Host) -> Result<Self, String> {
        let mut config = Self::default();
        for file in files(host, cfg!(target_os = "macos")) {
            // pip passes over what it may not read, too.
            let Ok(bytes) = fs_err::read(&file) else { continue };
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| format!("{}: pip's configuration must be UTF-8", file.display()))?;
            config.add(&file, text.trim_start_matches('\u{feff}'))?;
        }
        Ok(config)
    }

    /// The value of an option for `pip install`.
    pub(crate) fn get(&self, option: &str) -> Option<&PipValue> {
        self.install.get(option).or_else(|| self.global.get(option)).filter(|value| !value.text.trim().is_empty())
    }

    /// Adds the contents of one file.
    pub(crate) fn add(&mut self, file: &Path, text: &str) -> Result<(), String> {
        let mut section: Option<&str> = None;
        let mut last: Option<String> = None;
        let mut there: HashSet<(&str, Option<String>)> = HashSet::new();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let wrong = |why: String| Err(format!("{}:{number}: {why}", file.display()));
            if let (Some(key), Some(section), true) = (&last, section, line.starts_with([' ', '\t'])) {
                if let Some(value) = self.section(section).and_then(|values| values.get_mut(key)) {
                    value.text.push('\n');
                    value.text.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                // What is said of all sections may be said in several places.
                if !there.insert((name, None)) && name != "DEFAULT" {
                    return wrong(format!("pip's configuration has `[{name}]` twice"));
                }
                section = Some(name);
                last = None;
                continue;
            }
            let Some(section) = section else {
                return wrong("pip's configuration needs `[global]` above this line".to_owned());
            };
            let Some((key, value)) = trimmed.split_once(['=', ':']) else {
                return wrong("pip's configuration needs `key = value` here".to_owned());
            };
            let key = key.trim().to_lowercase();
            if !there.insert((section, Some(key.clone()))) {
                return wrong(format!("pip's configuration has `{key}` twice in `[{section}]`"));
            }
            // In pip's order: `__cert` is `--cert` there.
            let key = key.replace('_', "-");
            let key = key.strip_prefix("--").unwrap_or(&key).to_owned();
            let value = PipValue { text: value.trim().to_owned(), file: file.to_owned(), line: number };
            if let Some(values) = self.section(section) {
                values.insert(key.clone(), value);
            }
            last = Some(key);
        }
        Ok(())
    }

    fn section(&mut self, name: &str) -> Option<&mut BTreeMap<String, PipValue>> {
        match name {
            "global" => Some(&mut self.global),
            "install" => Some(&mut self.install),
            _ => None,
        }
    }
}

/// The files in pip's order of reading: site-wide, the user's, the virtual environment's, `PIP_CONFIG_FILE`. On a Mac
/// pip has folders of its own for the first two, and reads neither `/etc/pip.conf` nor `XDG_CONFIG_HOME`.
fn files(host: &Host, is_mac: bool) -> Vec<PathBuf> {
    let named = host.variable("PIP_CONFIG_FILE");
    if named == Some("/dev/null") || named.is_some_and(|name| name.eq_ignore_ascii_case("nul")) {
        return Vec::new();
    }
    let mut files = Vec::new();
    if is_mac {
        files.push(PathBuf::from("/Library/Application Support/pip/pip.conf"));
    } else {
        let shared = host.variable("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg").split(':');
        files.extend(shared.filter(|folder| !folder.is_empty()).map(|folder| Path::new(folder).join("pip/pip.conf")));
        files.push(PathBuf::from("/etc/pip.conf"));
    }
    if let Some(home) = &host.home {
        files.push(home.join(".pip/pip.conf"));
        let library = home.join("Library/Application Support/pip");
        let configuration = host.folder_variable("XDG_CONFIG_HOME").filter(|_| !is_mac);
        let configuration = configuration.unwrap_or_else(|| home.join(".config"));
        let own = if is_mac && library.is_dir() { library } else { configuration.join("pip") };
        files.push(own.join("pip.conf"));
    }
    files.extend(host.folder_variable("VIRTUAL_ENV").map(|folder| folder.join("pip.conf")));
    files.extend(named.map(|name| host.absolute(&host.working_folder, name)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_has_folders_of_its_own() {
        let home = tempfile::tempdir().unwrap();
        let mut host = Host {
            environment: [("XDG_CONFIG_HOME".to_owned(), "/elsewhere".to_owned())].into(),
            home: Some(home.path().to_owned()),
            working_folder: PathBuf::from("/"),
            temporary_folder: PathBuf::from("/tmp"),
            now: jiff::Timestamp::UNIX_EPOCH,
            standard_input: crate::standard_input::StandardInput::default(),
        };
        let of_system = PathBuf::from("/Library/Application Support/pip/pip.conf");
        let own = |path: &str| home.path().join(path);
        let usual = [of_system.clone(), own(".pip/pip.conf"), own(".config/pip/pip.conf")];
        assert_eq!(files(&host, true), usual);
        // The folder counts where it is there, whether or not a file lies in it.
        fs_err::create_dir_all(own("Library/Application Support/pip")).unwrap();
        let library = own("Library/Application Support/pip/pip.conf");
        assert_eq!(files(&host, true), [of_system, own(".pip/pip.conf"), library]);
        assert_eq!(
            files(&host, false),
            [
                "/etc/xdg/pip/pip.conf".into(),
                "/etc/pip.conf".into(),
                own(".pip/pip.conf"),
                "/elsewhere/pip/pip.conf".into()
            ]
        );
        host.environment.insert("PIP_CONFIG_FILE".to_owned(), "/dev/null".to_owned());
        assert!(files(&host, true).is_empty());
    }
}
