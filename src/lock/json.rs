//! A resolution as one JSON object, with everything that barrow knows of it. Fields are only ever added.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Value, json};

use super::two_threads::{PARTED_FROM, both, halves};
use crate::requirements::Origin;
use crate::resolution::{PassedOver, Requirer, Resolution, ResolvedDist};
use crate::spec::{DistFile, ExtraName, HashDigest, PackageName, SafeUrl};
use crate::target::Target;

/// The version of the form.
pub const SCHEMA: u32 = 1;

/// A resolution as a value.
pub fn value(resolution: &Resolution) -> Value {
    of(&WholeObject::of(resolution, &resolution.dists))
}

/// Writes a resolution.
pub fn write(resolution: &Resolution) -> String {
    write_parted(resolution, PARTED_FROM)
}

/// Writes a resolution; one of so many distributions, and at least two, in two halves.
pub(super) fn write_parted(resolution: &Resolution, parted_from: usize) -> String {
    let dists = resolution.dists.as_slice();
    let room = |dists: &[ResolvedDist]| (dists.len() + 1) * ROOM;
    let Some((front, back)) = halves(dists, parted_from) else {
        return text(&WholeObject::of(resolution, dists), room(dists)) + "\n";
    };
    let front = || text(&PackagesObject { packages: front }, room(dists));
    let (mut whole, back) = both(front, || text(&WholeObject::of(resolution, back), room(back)));
    // Both begin with the list of packages: the one goes on where the other one's list ends.
    whole.truncate(whole.len() - "\n  ]\n}".len());
    whole.push_str(",\n");
    whole.push_str(&back["{\n  \"packages\": [\n".len()..]);
    whole + "\n"
}

/// Bytes that are reserved for the text of a distribution: nearly all have fewer.
const ROOM: usize = 2048;

fn text(object: &impl Serialize, room: usize) -> String {
    let mut text = Vec::with_capacity(room);
    let mut serializer = Serializer::with_formatter(&mut text, Indented::default());
    object.serialize(&mut serializer).expect(IS_JSON);
    String::from_utf8(text).expect(IS_JSON)
}

/// The form of [`serde_json::to_string_pretty`], which writes a blank at a time.
#[derive(Default)]
struct Indented {
    depth: usize,
    /// What ends next has something in it.
    has_value: bool,
}

/// What stands between two values, and the blanks before the second: as many as are needed here, and more.
const BETWEEN: &[u8] = b",\n                                ";

impl Indented {
    fn open<W: Write + ?Sized>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        writer.write_all(bracket)
    }

    fn begin<W: Write + ?Sized>(&self, writer: &mut W, is_first: bool) -> io::Result<()> {
        let length = 2 + 2 * self.depth;
        let within = BETWEEN.get(..length).unwrap_or(BETWEEN);
        writer.write_all(&within[usize::from(is_first)..])?;
        (within.len()..length).try_for_each(|_| writer.write_all(b" "))
    }

    fn close<W: Write + ?Sized>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.begin(writer, true)?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Indented {
    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.begin(writer, is_first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.begin(writer, is_first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

/// The target as a value.
pub fn target(target: &Target) -> Value {
    json!({
        "runtime": target.runtime().name(),
        "arch": target.architecture().as_str(),
        "glibc": target.glibc().to_string(),
        "python_full_version": target.python_full_version().to_string(),
    })
}

/// One distribution as a value.
pub fn dist(dist: &ResolvedDist) -> Value {
    of(&DistObject::from(dist))
}

/// A version that was passed over, as a value.
pub fn passed_over(passed: &PassedOver) -> Value {
    json!({ "name": passed.name.to_string(), "version": passed.version.to_string(), "reason": passed.to_string() })
}

/// Why an object here can always be written: its keys are texts, and nothing in it fails.
const IS_JSON: &str = "texts under names are JSON";

fn of(object: &impl Serialize) -> Value {
    serde_json::to_value(object).expect(IS_JSON)
}

/// A resolution, to be written without a value of it: a resolution of hundreds of distributions has ten thousand
/// texts. Here and below, fields stand in the order of their names, in which a value is written too.
#[derive(Serialize)]
struct WholeObject<'a> {
    #[serde(serialize_with = "objects")]
    packages: &'a [ResolvedDist],
    passed_over: Vec<Value>,
    schema: u32,
    target: Value,
    warnings: &'a [String],
}

/// The beginning of one.
#[derive(Serialize)]
struct PackagesObject<'a> {
    #[serde(serialize_with = "objects")]
    packages: &'a [ResolvedDist],
}

impl<'a> WholeObject<'a> {
    /// A resolution, with these of its distributions.
    fn of(resolution: &'a Resolution, dists: &'a [ResolvedDist]) -> Self {
        Self {
            packages: dists,
            passed_over: resolution.passed_over.iter().map(passed_over).collect(),
            schema: SCHEMA,
            target: target(&resolution.target),
            warnings: &resolution.warnings,
        }
    }
}

#[derive(Serialize)]
struct DistObject<'a> {
    accepted_hashes: &'a [HashDigest],
    dependencies: &'a [PackageName],
    direct: bool,
    extras: &'a [ExtraName],
    file: FileObject<'a>,
    name: &'a PackageName,
    #[serde(serialize_with = "requirers")]
    required_by: &'a [Requirer],
    version: Text<'a>,
}

impl<'a> From<&'a ResolvedDist> for DistObject<'a> {
    fn from(dist: &'a ResolvedDist) -> Self {
        Self {
            accepted_hashes: &dist.accepted_hashes,
            dependencies: &dist.dependencies,
            direct: dist.is_direct,
            extras: &dist.extras,
            file: FileObject::from(&*dist.file),
            name: &dist.name,
            required_by: &dist.required_by,
            version: Text(&dist.version),
        }
    }
}

#[derive(Serialize)]
struct FileObject<'a> {
    hashes: &'a [HashDigest],
    index: IndexObject<'a>,
    name: &'a str,
    provenance: Option<&'a SafeUrl>,
    size: Option<u64>,
    url: &'a SafeUrl,
}

#[derive(Serialize)]
struct IndexObject<'a> {
    name: Option<&'a str>,
    url: &'a SafeUrl,
}

impl<'a> From<&'a DistFile> for FileObject<'a> {
    fn from(file: &'a DistFile) -> Self {
        Self {
            hashes: &file.hashes,
            index: IndexObject { name: file.origin.name.as_deref(), url: &file.origin.url },
            name: file.filename.as_str(),
            provenance: file.provenance.as_ref(),
            size: file.size,
            url: &file.url,
        }
    }
}

/// Who asked, and for what.
#[derive(Serialize)]
#[serde(untagged)]
enum RequirerObject<'a> {
    File {
        file: String,
        line: u32,
        requirement: Text<'a>,
    },
    CommandLine {
        command_line: bool,
        requirement: Text<'a>,
    },
    /// What is there already limits versions, and asks for nothing.
    Brought {
        brought_by: String,
        requirement: Text<'a>,
    },
    /// A build asked.
    Build {
        requirement: Text<'a>,
    },
    Dist {
        package: &'a PackageName,
        requirement: Text<'a>,
    },
}

impl<'a> From<&'a Requirer> for RequirerObject<'a> {
    fn from(requirer: &'a Requirer) -> Self {
        let (Requirer::User { requirement, .. } | Requirer::Dist { requirement, .. }) = requirer;
        let requirement = Text(requirement);
        match requirer {
            Requirer::User { origin: Origin::File { file, line }, .. } => {
                Self::File { file: file.display().to_string(), line: *line, requirement }
            }
            Requirer::User { origin: Origin::CommandLine, .. } => Self::CommandLine { command_line: true, requirement },
            Requirer::User { origin: Origin::Brought { by }, .. } => {
                Self::Brought { brought_by: by.display().to_string(), requirement }
            }
            Requirer::User { origin: Origin::Build, .. } => Self::Build { requirement },
            Requirer::Dist { name, .. } => Self::Dist { package: name, requirement },
        }
    }
}

fn objects<S: serde::Serializer>(dists: &[ResolvedDist], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(dists.iter().map(DistObject::from))
}

fn requirers<S: serde::Serializer>(requirers: &[Requirer], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(requirers.iter().map(RequirerObject::from))
}

/// Something as the text that it is shown as.
struct Text<'a>(&'a dyn Display);

impl Serialize for Text<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
