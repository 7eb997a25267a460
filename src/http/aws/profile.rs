//! The shared files of the AWS programs, `~/.aws/config` and `~/.aws/credentials` (AWS SDKs and Tools reference guide,
//! "Shared config and credentials files").
//!
//! Supported: profiles, `sso-session` sections, comments; nested settings are passed over. Where both files have a
//! setting of a profile, that of the credentials file counts.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::options::AwsOptions;

/// The settings of one section.
pub(super) type Section = BTreeMap<String, String>;

/// What the two files say.
#[derive(Default)]
pub(super) struct Profiles {
    profiles: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
}

impl Profiles {
    /// Reads both files; one that is not there says nothing.
    pub(super) fn read(options: &AwsOptions) -> Result<Self, String> {
        let mut profiles = Self::default();
        let files = [
            (options.file("AWS_CONFIG_FILE", ".aws/config"), true),
            (options.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), false),
        ];
        for (path, is_config) in files {
            if let Some(text) = path.as_deref().map(read).transpose()?.flatten() {
                profiles.add(&text, is_config);
            }
        }
        Ok(profiles)
    }

    pub(super) fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    pub(super) fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    /// Adds a file. In the configuration file sections say what they are, in the other one all are profiles.
    pub(super) fn add(&mut self, text: &str, is_config: bool) {
        let mut current: Option<&mut Section> = None;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let trimmed = line.trim();
            // Indented lines are nested settings (`s3 =`), of which none matters here.
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) || line.starts_with([' ', '\t']) {
                continue;
            }
            if let Some(section) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                current = self.section(section.trim(), is_config);
            } else if let (Some(settings), Some((key, value))) = (current.as_mut(), trimmed.split_once('=')) {
                let value = [" #", " ;", "\t#", "\t;"].iter().fold(value, |value, mark| first_part(value, mark));
                settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
        }
    }

    fn section(&mut self, section: &str, is_config: bool) -> Option<&mut Section> {
        let (kind, name) = match section.split_once([' ', '\t']) {
            Some((kind, name)) if is_config => (kind, name.trim().trim_matches(['"', '\''])),
            // A bare section of the configuration file is a profile only when it is the default one.
            None if is_config && section != "default" => return None,
            _ => ("profile", section),
        };
        let sections = match kind {
            "profile" => &mut self.profiles,
            "sso-session" => &mut self.sso_sessions,
            _ => return None,
        };
        Some(sections.entry(name.to_owned()).or_default())
    }
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("`{}` cannot be read: {}", path.display(), error.kind())),
    }
}

fn first_part<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or(text, |(first, _)| first)
}
