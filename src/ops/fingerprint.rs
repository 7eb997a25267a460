//! `fingerprint`: one hash over every input that matters, and over nothing that differs between machines.
//!
//! In it: barrow's version, the target, requirements, constraints and overrides as they were understood, indexes, options
//! of the resolution and of the bundle, and the paths, modes and contents of source files. Not in it: credentials,
//! absolute paths, times, owners, the order in which a file system lists. No network is asked.

use std::path::{Path, PathBuf};

use super::bundle::collect;
use super::inputs::Inputs;
use super::request::read_manifest;
use super::{Error, IndexSettings, RequestOptions, SourceSettings};
use crate::build::folder_digest;
use crate::index::IndexStrategy;
use crate::publish::outputs_around;
use crate::requirements::{DirectReference, FileOptions, Manifest, RequirementEntry};
use crate::spec::{HashAlgorithm, HashDigest, Hasher, SafeUrl};
use crate::target::Target;

/// What to take the fingerprint of.
#[derive(Clone, Debug)]
pub struct FingerprintOptions {
    /// Requirements, and how they would be resolved.
    pub request: RequestOptions,
    /// What they would be resolved for.
    pub target: Target,
    /// The user's own files; `None`: dependencies only.
    pub source: Option<SourceSettings>,
    /// Absolute path of the folder that paths are told relative to.
    pub base: PathBuf,
    /// `--exclude-runtime`.
    pub exclude_runtime: bool,
    /// Where barrow remembers what it published: outputs inside the source folder are no source.
    pub state_folders: Vec<PathBuf>,
}

/// One hash over every input.
pub fn fingerprint(options: &FingerprintOptions) -> Result<HashDigest, Error> {
    let (manifest, lock) = match Inputs::of(&options.request)? {
        Inputs::Requirements(inputs) => (read_manifest(&options.request, &inputs)?, None),
        Inputs::Lock(input) => {
            (Manifest::default(), Some(input.folder.join(input.path.file_name().unwrap_or_default())))
        }
    };
    let mut print = Print { hasher: Hasher::new(HashAlgorithm::Sha256), base: &options.base };
    print.text("barrow", env!("CARGO_PKG_VERSION"));
    print.target(&options.target);
    print.manifest(&manifest)?;
    if let Some(path) = lock {
        let content = fs_err::read(&path).map_err(|source| Error::ReadInput { path, source })?;
        print.bytes("lock", &without_userinfo(&content));
    }
    print.indexes(&options.request.indexes, &manifest.options)?;
    let resolve = &options.request.resolve;
    print.text("prerelease", &format!("{:?}", resolve.prerelease));
    print.text("resolution", &format!("{:?}", resolve.resolution));
    print.text("exclude-newer", &format!("{:?}", resolve.exclude_newer));
    print.text("prefer-binary", &resolve.prefer_binary.to_string());
    print.text("allow-build", &format!("{:?}", resolve.allow_build));
    print.text("no-build", &options.request.build.forbidden.to_string());
    print.text("config-settings", &format!("{:?}", options.request.build.config_settings));
    print.text("no-deps", &resolve.no_deps.to_string());
    print.text("exclude-runtime", &options.exclude_runtime.to_string());
    if let Some(source) = &options.source {
        print.source(source, &options.request, &manifest, &options.state_folders)?;
    }
    Ok(print.hasher.finish())
}

/// A hash under way. Every item is told with its kind and length, so that no two lists of items read alike.
struct Print<'a> {
    hasher: Hasher,
    base: &'a Path,
}

impl Print<'_> {
    fn bytes(&mut self, kind: &str, bytes: &[u8]) {
        self.hasher.update(format!("{kind}\0{}\0", bytes.len()).as_bytes());
        self.hasher.update(bytes);
    }

    fn text(&mut self, kind: &str, text: &str) {
        self.bytes(kind, text.as_bytes());
    }

    fn target(&mut self, target: &Target) {
        self.text("runtime", target.runtime().name());
        self.text("arch", target.architecture().as_str());
        self.text("glibc", &target.glibc().to_string());
        self.text("python", &target.python_full_version().to_string());
    }

    fn manifest(&mut self, manifest: &Manifest) -> Result<(), Error> {
        let lists = [
            ("requirement", &manifest.requirements),
            ("constraint", &manifest.constraints),
            ("override", &manifest.overrides),
        ];
        for (kind, entries) in lists {
            for entry in entries {
                self.entry(kind, entry)?;
            }
        }
        for pin in &manifest.pins {
            self.text("pin", &format!("{} {} {}", pin.name, pin.index, pin.marker.try_to_string().unwrap_or_default()));
        }
        for index in &manifest.indexes {
            self.text("declared-index", &format!("{:?} {:?}", index.name, index.role));
            self.location("declared-index-url", &index.url)?;
        }
        let settings = &manifest.settings;
        for (kind, setting) in [
            ("table-exclude-newer", &settings.exclude_newer),
            ("table-prerelease", &settings.prerelease),
            ("table-resolution", &settings.resolution),
        ] {
            self.text(kind, setting.as_ref().map_or("", |(text, _)| text));
        }
        self.text("table-no-index", &settings.no_index.to_string());
        for name in &manifest.excluded {
            self.text("exclude-package", name.as_ref());
        }
        let options = &manifest.options;
        self.text("format-control", &format!("{:?}", options.format_control));
        self.text("release-control", &format!("{:?}", options.release_control));
        self.text("require-hashes", &options.require_hashes.to_string());
        self.text("pre", &options.pre.to_string());
        Ok(())
    }

    fn entry(&mut self, kind: &str, entry: &RequirementEntry) -> Result<(), Error> {
        let requirement = &entry.requirement;
        self.text(kind, requirement.name.as_ref());
        for extra in &requirement.extras {
            self.text("extra", extra.as_ref());
        }
        self.text("marker", &requirement.marker.try_to_string().unwrap_or_default());
        match &entry.direct {
            None => {
                let specifiers = requirement.version_or_url.as_ref().map(ToString::to_string);
                self.text("specifiers", &specifiers.unwrap_or_default());
            }
            Some(direct) => self.direct(direct)?,
        }
        for (key, value) in &entry.config_settings {
            self.text("config-setting", &format!("{key}={value}"));
        }
        for hash in &entry.hashes {
            self.text("hash", &hash.to_string());
        }
        Ok(())
    }

    fn direct(&mut self, direct: &DirectReference) -> Result<(), Error> {
        match direct {
            DirectReference::Wheel { url } => self.location("wheel", url),
            DirectReference::Sdist { url, subdirectory } => {
                self.text("subdirectory", subdirectory.as_deref().unwrap_or_default());
                self.location("sdist", url)
            }
            DirectReference::Git { url, revision, subdirectory, .. } => {
                self.text("revision", revision.as_deref().unwrap_or_default());
                self.text("subdirectory", subdirectory.as_deref().unwrap_or_default());
                self.location("git", url)
            }
            DirectReference::Folder { path, subdirectory, .. } => {
                self.text("subdirectory", subdirectory.as_deref().unwrap_or_default());
                let shown = self.relative(path);
                self.text("folder", &shown);
                // What is not there is reported when the bundle is made.
                if path.is_dir() {
                    self.text("folder-content", &folder_digest(path, &shown)?.hex());
                }
                Ok(())
            }
        }
    }

    fn indexes(&mut self, settings: &IndexSettings, file: &FileOptions) -> Result<(), Error> {
        self.text("no-index", &(settings.no_index || file.no_index).to_string());
        self.text("best-match", &(settings.strategy == IndexStrategy::UnsafeBestMatch).to_string());
        for index in &settings.named {
            self.text("index", index.name.as_deref().unwrap_or_default());
            self.text("explicit", &index.explicit.to_string());
            self.location("url", &index.url)?;
        }
        for url in settings.extra.iter().chain(&file.extra_index_urls) {
            self.location("extra-index-url", url)?;
        }
        self.location("index-url", file.index_url.as_ref().unwrap_or(&settings.default.url))?;
        for url in settings.find_links.iter().chain(&file.find_links) {
            self.location("find-links", url)?;
        }
        for (pattern, index) in &settings.sources {
            self.text("source", pattern.glob());
            self.text("source-index", index);
        }
        Ok(())
    }

    /// A URL without credentials; a local file by its content, a local folder by the names and sizes in it.
    fn location(&mut self, kind: &str, url: &SafeUrl) -> Result<(), Error> {
        let Some(path) = url.to_file_path() else {
            self.text(kind, url.without_credentials().reveal().as_str());
            return Ok(());
        };
        let failed = |source| Error::ReadInput { path: path.clone(), source };
        if !path.is_dir() {
            let shown = self.relative(&path);
            self.text(kind, &shown);
            // What is not there is reported when the bundle is made.
            if path.is_file() {
                self.bytes("content", &fs_err::read(&path).map_err(failed)?);
            }
            return Ok(());
        }
        let mut names = Vec::new();
        for entry in fs_err::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let size = entry.metadata().map_err(failed)?.len();
            names.push(format!("{}\0{size}", entry.file_name().to_string_lossy()));
        }
        names.sort_unstable();
        self.text(kind, &names.join("\0"));
        Ok(())
    }

    fn source(
        &mut self,
        source: &SourceSettings,
        request: &RequestOptions,
        manifest: &Manifest,
        states: &[PathBuf],
    ) -> Result<(), Error> {
        let files = collect(source, request, &outputs_around(states, &source.folder, None))?;
        for file in &files.files {
            let failed = |error| Error::ReadInput { path: file.from.clone(), source: error };
            let content = fs_err::read(&file.from).map_err(failed)?;
            self.text("path", file.path.as_str());
            self.text("mode", if file.executable { "755" } else { "644" });
            // A requirements file is told by what it says; its text may hold credentials, which do not count.
            if manifest.files_read.contains(&file.from) {
                self.bytes("content", &without_userinfo(&content));
            } else {
                self.bytes("content", &content);
            }
        }
        Ok(())
    }

    /// `path` as seen from the base; only its name when it lies elsewhere.
    fn relative(&self, path: &Path) -> String {
        let inside = path.strip_prefix(self.base).ok().or_else(|| path.file_name().map(Path::new));
        inside.unwrap_or(path).to_string_lossy().into_owned()
    }
}

/// A text with the userinfo of its URLs taken out.
fn without_userinfo(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(3).position(|window| window == b"://") {
        let (before, after) = rest.split_at(at + 3);
        plain.extend_from_slice(before);
        let end = after.iter().position(|byte| byte.is_ascii_whitespace() || b"/?#\"'".contains(byte));
        let authority = &after[..end.unwrap_or(after.len())];
        let start = authority.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
        rest = &after[start..];
    }
    plain.extend_from_slice(rest);
    plain
}
