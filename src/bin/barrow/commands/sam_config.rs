//! What `barrow sam build` is asked for: by the command line, else by the settings file of SAM.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use barrow::sam::{SAM_CONFIG_NAMES, SamConfig, SamError, read_overrides};

use crate::args::SamBuildArgs;
use crate::failure::Failure;
use crate::hints;
use crate::run::Run;
use crate::settings::reads_no_config;

/// Names of a template, as SAM looks for them.
pub(super) const TEMPLATES: &[&str] = &["template.yaml", "template.yml", "template.json"];

/// Where SAM puts what it builds. Nothing else lives there.
pub(super) const BUILD_DIR: &str = ".aws-sam/build";

/// The environment that SAM takes where none is named.
const ENVIRONMENT: &str = "default";

/// More than any settings file has, bytes.
const MOST: u64 = 1 << 20;

/// What is to be built, and where to.
pub(super) struct SamOrder {
    pub(super) template: PathBuf,
    pub(super) base_dir: Option<PathBuf>,
    pub(super) build_dir: PathBuf,
    pub(super) overrides: BTreeMap<String, String>,
    /// Logical ids of functions and layers that are not built.
    pub(super) exclude: Vec<String>,
    /// Requirements of every function and layer.
    pub(super) manifest: Option<PathBuf>,
    /// SAM's settings, where some of them count.
    pub(super) config: Option<SamConfig>,
}

/// What says which settings of SAM count: a template and a file that are named, and an environment.
#[derive(Default)]
pub(super) struct SamConfigChoice<'a> {
    pub(super) template_file: Option<&'a Path>,
    pub(super) samconfig: Option<&'a Path>,
    pub(super) config_env: Option<&'a str>,
}

impl SamOrder {
    pub(super) fn of(run: &Run, args: &SamBuildArgs) -> Result<Self, Failure> {
        let config = read(
            run,
            &SamConfigChoice {
                template_file: args.template_file.as_deref(),
                samconfig: args.samconfig.as_deref(),
                config_env: args.config_env.as_deref(),
            },
        )?;
        let said = config.clone().unwrap_or_default();
        let overrides = if args.parameter_overrides.is_empty() {
            said.parameter_overrides.unwrap_or_default()
        } else {
            parameters(&args.parameter_overrides)?
        };
        let names_inputs = !args.input.requirement.is_empty() || args.input.lock.is_some();
        Ok(Self {
            template: find(run, args.template_file.clone().or(said.template_file))?,
            base_dir: args.base_dir.clone().or(said.base_dir),
            build_dir: args.build_dir.clone().or(said.build_dir).unwrap_or_else(|| PathBuf::from(BUILD_DIR)),
            overrides,
            exclude: said.exclude,
            manifest: said.manifest.filter(|_| !names_inputs),
            config,
        })
    }

    /// Whether everything goes to where nothing but results of builds lies.
    pub(super) fn is_in_usual_place(&self) -> bool {
        self.build_dir == Path::new(BUILD_DIR)
    }
}

/// The template that was named, else the one that lies here.
fn find(run: &Run, named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(file) = named {
        return Ok(file);
    }
    let found = TEMPLATES.iter().find(|name| run.host.working_folder.join(name).is_file());
    found.map(PathBuf::from).ok_or_else(|| {
        Failure::usage(format!("there is none of {} here", TEMPLATES.join(", "))).hint("name a template with -t")
    })
}

/// The values that --parameter-overrides gives parameters, by their names.
pub(super) fn parameters(words: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    read_overrides(words).map_err(|word| {
        Failure::usage(format!("`{word}` of --parameter-overrides gives no parameter a value"))
            .hint("write NAME=VALUE, or ParameterKey=NAME,ParameterValue=VALUE")
    })
}

/// The file that was named, else the one that SAM would find: beside the template that the command line names, else
/// here.
pub(super) fn read(run: &Run, args: &SamConfigChoice) -> Result<Option<SamConfig>, Failure> {
    let beside = args.template_file.and_then(Path::parent).unwrap_or(Path::new(""));
    let absolute = |path: &Path| run.host.working_folder.join(path);
    let file = match args.samconfig {
        // SAM starts at the template; whoever types a path starts here.
        Some(file) => [beside.join(file), file.to_owned()]
            .into_iter()
            .find(|file| absolute(file).is_file())
            .or_else(|| Some(file.to_owned())),
        None if reads_no_config(&run.host, &run.general)? => None,
        None => SAM_CONFIG_NAMES.iter().map(|name| beside.join(name)).find(|file| absolute(file).is_file()),
    };
    let Some(file) = file else {
        return match args.config_env {
            None => Ok(None),
            Some(name) => {
                Err(Failure::usage(format!("--config-env {name}: there is no samconfig.toml to take it from"))
                    .hint("name the file with --samconfig"))
            }
        };
    };
    let failed =
        |error: &dyn std::error::Error| Failure::usage(format!("`{}` cannot be read", file.display())).because(error);
    let size = fs_err::metadata(absolute(&file)).map_err(|error| failed(&error))?;
    if !size.is_file() || size.len() > MOST {
        return Err(Failure::usage(format!("`{}` is not a file of a settings file's size", file.display())));
    }
    let text = fs_err::read_to_string(absolute(&file)).map_err(|error| failed(&error))?;
    let environment = args.config_env.unwrap_or(ENVIRONMENT);
    let config = SamConfig::parse(&file, &text, environment).map_err(|error| failure(&error))?;
    tell(run, &config, environment, args.config_env.is_some());
    Ok(Some(config))
}

/// A word on what counts, on what does not, and on what nobody knows.
fn tell(run: &Run, config: &SamConfig, environment: &str, is_named: bool) {
    let shown = config.file.display();
    if !config.has_environment && is_named {
        run.output.warn(&format!("`{shown}` has no environment `{environment}`, so nothing of it counts"));
    }
    for (name, line) in &config.unknown {
        run.output.warn(&format!("{shown}:{line}: `{name}` is no parameter of `sam build` that counts here"));
    }
    let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let text = match (config.taken.is_empty(), config.passed_over.is_empty()) {
        (true, true) => return,
        (false, true) => format!("{shown} says {}", names(&config.taken)),
        (true, false) => format!("{shown} says nothing that counts here: {}", names(&config.passed_over)),
        (false, false) => {
            format!("{shown} says {}; no part here have {}", names(&config.taken), names(&config.passed_over))
        }
    };
    run.output.status(&text);
}

pub(super) fn failure(error: &SamError) -> Failure {
    Failure::usage(error.to_string()).hints(hints::sam::of(&error.problem))
}
