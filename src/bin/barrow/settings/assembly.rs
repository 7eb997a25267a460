//! What is made of the dependencies, and in which form: `--exclude`, `--slim`, `--sbom` and their kin.

use std::path::PathBuf;

use barrow::bundle::Bytes;
use barrow::install::LinkMode;
use barrow::request::SelectionSettings;
use barrow::spec::LicensePattern;

use super::inputs::read_selection;
use super::layers::Layers;
use super::{SettingsError, parse};
use crate::args::{AssemblyArgs, LinkChoice, SbomRequest, parse_split};

/// How an output is put together, but for the user's own files.
#[derive(Clone, Debug)]
pub(crate) struct AssemblyChoice {
    /// Patterns of own files that are left out.
    pub(super) exclude: Vec<String>,
    pub(crate) selection: SelectionSettings,
    pub(super) exclude_runtime: bool,
    pub(super) compile_bytecode: bool,
    pub(crate) deny_licenses: Vec<LicensePattern>,
    /// Bills of materials that are written.
    pub(crate) sboms: Vec<SbomRequest>,
    pub(super) link_mode: LinkMode,
    pub(super) max_size: Option<Bytes>,
    /// Number of layers that a layer is split into; 0: it stays one.
    pub(super) split: usize,
}

pub(super) fn read(layers: &mut Layers<'_>, args: AssemblyArgs) -> Result<AssemblyChoice, SettingsError> {
    let exclude = layers.many("exclude", args.exclude, |text| Ok(text.to_owned()))?;
    let (selection, exclude) = read_selection(layers, exclude, args.slim)?;
    let link_mode = layers.one("link-mode", args.link_mode, parse::choice::<LinkChoice>)?;
    Ok(AssemblyChoice {
        exclude,
        selection,
        exclude_runtime: layers.switch("exclude-runtime", args.exclude_runtime)?,
        compile_bytecode: layers.switch("compile-bytecode", args.compile_bytecode)?,
        deny_licenses: layers.many("deny-license", args.deny_license, LicensePattern::parse)?,
        sboms: read_sboms(layers, &args.sbom)?,
        link_mode: link_mode.unwrap_or(LinkChoice::Auto).into(),
        max_size: layers.one("max-size", args.max_size, parse::size)?,
        split: layers.one("split", args.split, parse_split)?.unwrap_or(0),
    })
}

/// Reads which bills of materials are wanted. Files that the command line names stay as they were typed; others start
/// at the folder of the file that names them.
fn read_sboms(layers: &mut Layers<'_>, given: &[SbomRequest]) -> Result<Vec<SbomRequest>, SettingsError> {
    let given: Vec<String> = given.iter().map(ToString::to_string).collect();
    let (sboms, _) = layers.located("sbom", &given, |host, base, text| {
        let SbomRequest { format, file } = text.parse()?;
        let place = |file: PathBuf| {
            if base == host.working_folder { file } else { host.absolute(base, &file.to_string_lossy()) }
        };
        Ok(SbomRequest { format, file: file.map(place) })
    })?;
    Ok(sboms)
}
