//! The WHEEL file: how a wheel is to be unpacked (binary distribution format, "File contents").

/// The fields of a WHEEL file that matter to an installer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFile {
    /// `Wheel-Version`, major and minor.
    pub version: (u32, u32),
    /// `Root-Is-Purelib`.
    pub root_is_purelib: bool,
    /// `Tag`, expanded, as written.
    pub tags: Vec<String>,
}

/// A WHEEL file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WheelFileError {
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    Encoding,
    /// A line without a colon.
    #[error("line {0} is not of the form key: value")]
    Line(usize),
    /// A field that may be there once.
    #[error("it has more than one `{0}`")]
    Twice(&'static str),
    /// A field that must be there.
    #[error("it has no `Wheel-Version`")]
    NoVersion,
    /// A version that is not two numbers.
    #[error("its Wheel-Version `{}` is not of the form 1.0", .0.escape_debug())]
    Version(String),
    /// Neither true nor false.
    #[error("its Root-Is-Purelib `{}` is neither true nor false", .0.escape_debug())]
    RootIsPurelib(String),
}

impl WheelFile {
    /// Parses a WHEEL file.
    pub fn parse(bytes: &[u8]) -> Result<Self, WheelFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| WheelFileError::Encoding)?;
        let (mut version, mut root_is_purelib, mut tags) = (None, None, Vec::new());
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let (key, value) = line.split_once(':').ok_or(WheelFileError::Line(index + 1))?;
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "wheel-version" if version.is_some() => return Err(WheelFileError::Twice("Wheel-Version")),
                "wheel-version" => version = Some(parse_version(value)?),
                "root-is-purelib" if root_is_purelib.is_some() => {
                    return Err(WheelFileError::Twice("Root-Is-Purelib"));
                }
                "root-is-purelib" => root_is_purelib = Some(parse_bool(value)?),
                "tag" => tags.push(value.to_owned()),
                _ => {}
            }
        }
        Ok(Self {
            version: version.ok_or(WheelFileError::NoVersion)?,
            // Absent means false, as pip reads it; where a target has one folder for both kinds it makes no difference.
            root_is_purelib: root_is_purelib.unwrap_or(false),
            tags,
        })
    }
}

fn parse_version(value: &str) -> Result<(u32, u32), WheelFileError> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let parts = value.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    parts.ok_or_else(|| WheelFileError::Version(value.to_owned()))
}

fn parse_bool(value: &str) -> Result<bool, WheelFileError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(WheelFileError::RootIsPurelib(value.to_owned())),
    }
}
