//! What of a source is not in the bundle, and why: a value for every path, so that nothing is left out silently.

use std::fmt;
use std::path::PathBuf;

/// A file or folder of the source that is not in the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Path below SOURCE; of another source, its own path before it, as the user wrote that.
    pub path: PathBuf,
    /// A folder: nothing in it was looked at.
    pub is_folder: bool,
    pub why: Why,
}

/// Why a file or folder of the source is not in the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// What is never part of a function, such as a virtual environment.
    Never(&'static str),
    /// What gives access to other systems, by its name or its content, such as a private key.
    Credentials(&'static str),
    /// The state of a tool, in which secrets stand as they are.
    State(&'static str),
    /// The settings of barrow itself.
    Settings,
    /// A pattern of the user's; which.
    Excluded(String),
    /// A line of an ignore file in the source.
    Ignored {
        /// The line.
        pattern: String,
        /// Path of the file.
        file: String,
    },
    /// Its source brings only what patterns name, and none names it.
    NotSelected,
    /// An output of barrow's, or the one that is being made.
    Output,
}

impl Why {
    /// The word that stands for it in the line for the user; `None` for what need not be told.
    fn label(&self) -> Option<&'static str> {
        match self {
            Self::Credentials(_) => Some("credentials"),
            Self::State(_) => Some("state"),
            Self::Settings => Some("settings of barrow"),
            Self::Never(_) | Self::Excluded(_) | Self::Ignored { .. } | Self::NotSelected | Self::Output => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never(what) => f.write_str(what),
            Self::Credentials(what) => write!(f, "credentials: {what}"),
            Self::State(what) => write!(f, "state: {what}"),
            Self::Settings => f.write_str("settings of barrow"),
            Self::Excluded(pattern) => write!(f, "excluded by `{pattern}`"),
            Self::Ignored { pattern, file } => write!(f, "`{pattern}` in {file}"),
            Self::NotSelected => f.write_str("no pattern of `include` names it"),
            Self::Output => f.write_str("an output of barrow"),
        }
    }
}

/// Names of one kind that the line shows, at most.
const SHOWN: usize = 12;

/// One line that names what was left out because of what it may hold: `.env, id_rsa (credentials), barrow.toml
/// (settings of barrow)`. `None` when there is nothing of that kind.
pub(crate) fn credentials_line(left_out: &[LeftOut]) -> Option<String> {
    let labels = ["credentials", "state", "settings of barrow"];
    let groups = labels.iter().filter_map(|label| {
        let mut names: Vec<String> = left_out
            .iter()
            .filter(|left| left.why.label() == Some(label))
            .map(|left| format!("{}{}", left.path.display(), if left.is_folder { "/" } else { "" }))
            .collect();
        let more = names.len().saturating_sub(SHOWN);
        names.truncate(SHOWN);
        if more > 0 {
            names.push(format!("{more} more"));
        }
        (!names.is_empty()).then(|| format!("{} ({label})", names.join(", ")))
    });
    let groups: Vec<String> = groups.collect();
    (!groups.is_empty()).then(|| groups.join(", "))
}
