//! `barrow terraform`: the protocol of Terraform's `external` data source.
//!
//! Standard input holds one flat JSON object of texts, standard output gets one, messages go to standard error and a
//! failure is an exit status. The zip is made when the data source is read, which is at plan: its bytes are the same on
//! every machine, so that plan and apply may run on two of them. Source: Terraform registry, "External Data Source",
//! "External Program Protocol".

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use barrow::ops;
use barrow::publish::PublishedZip;
use barrow::request::{BundleKind, BundleOptions, FingerprintOptions};
use barrow::spec::{Requirement, json_reason};
use serde_json::json;

use super::meaning::refuse_no_folder;
use super::sbom::Sboms;
use crate::args::OutputArgs;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::host::Host;
use crate::key::{Arity, KEYS};
use crate::output::Output;
use crate::run::Run;
use crate::settings::{ConfigValue, Flags, Settings, WrittenIn, find_config, nearest};
use crate::standard_input::StandardInput;

/// The folder where the modules put what they make: what lies in it is barrow's, on whatever machine it was made.
const OWN_FOLDER: &str = ".barrow";

/// More than anyone's query has, bytes.
const QUERY_MOST: u64 = 1 << 20;

/// What is asked for.
#[derive(Debug, Default)]
struct Query {
    source: Option<PathBuf>,
    output: Option<PathBuf>,
    packages: Vec<String>,
    is_layer: bool,
    force: bool,
    values: BTreeMap<&'static str, ConfigValue>,
}

pub(super) fn call(run: &Run) -> Result<(), Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(QUERY_MOST)
        .read_to_string(&mut text)
        .map_err(|error| Failure::new("failed to read the query from standard input", Exit::Usage).because(&error))?;
    let query = Query::parse(&text, &run.host.working_folder).map_err(Failure::usage)?;
    let (Some(source), Some(output)) = (&query.source, &query.output) else {
        return Err(Failure::usage("the query needs `source` and `output`"));
    };
    refuse_no_folder(run, source)?;
    let mut config = find_config(&run.host, &run.general, source)?;
    config.values.extend(query.values.clone());
    // Standard input was the query: there is no list behind it.
    let host = Host { standard_input: StandardInput::Questions, ..run.host.clone() };
    let mut settings = Settings::read_with(&host, &run.general, Flags::default(), source, config)?;
    for warning in &settings.warnings {
        run.output.warn(warning);
    }
    if query.packages.is_empty() {
        settings.take_input_of((&run.host, &run.output), source, "");
    }
    settings.want_project();
    let kind = if query.is_layer { BundleKind::Layer } else { BundleKind::Function };
    let sboms = Sboms::of(run, &settings.assembly.sboms, Some(output))?;
    let force = query.force || output.parent().is_some_and(|folder| folder.ends_with(OWN_FOLDER));
    let output = OutputArgs { output: Some(output.clone()), zip: true, force, ..OutputArgs::default() };
    let target = settings.target.single()?;
    let request = settings.request_for(query.packages.clone(), &target)?;
    let assembly = settings.assembly_for(Some(source), kind, &target)?;
    let options = BundleOptions::of(request, assembly, settings.publish(output), target);
    let mut fingerprint_options = FingerprintOptions::of(&options);
    fingerprint_options.base = run.host.working_folder.join(source);
    let fingerprint = ops::fingerprint(&fingerprint_options)?;
    let (runtime, arch) = (options.target.runtime().name(), options.target.architecture().as_str());
    let published = run.bundle(options)?;
    sboms.write(run, &published)?;
    let zip = published.zip.as_ref();
    Output::object(&json!({
        "path": published.path.display().to_string(),
        "sha256": zip.map(|zip| zip.sha256.hex()).unwrap_or_default(),
        "sha256_base64": zip.map(PublishedZip::sha256_base64).unwrap_or_default(),
        "size": zip.map(|zip| zip.size_bytes.to_string()).unwrap_or_default(),
        "unzipped_size": published.size_bytes.to_string(),
        "fingerprint": fingerprint.hex(),
        "runtime": runtime,
        "arch": arch,
    }))
}

impl Query {
    /// Names may have `_` where flags have `-`. Values of lists are separated by line ends, and by commas but where
    /// those are part of a requirement or a pattern. An empty text is as good as nothing, which is how a module passes
    /// what was not set.
    fn parse(text: &str, working_folder: &Path) -> Result<Self, String> {
        let place = WrittenIn::Query(working_folder.to_owned());
        if text.trim().is_empty() {
            let whose = "Terraform's `external` data source writes the query there";
            return Err(format!("there is nothing on standard input: {whose}, a JSON object of texts"));
        }
        let given: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).map_err(|error| {
            format!(
                "the query on standard input is no flat JSON object of texts: {}",
                json_reason(text.as_bytes(), &error)
            )
        })?;
        let text = |(name, value): (String, serde_json::Value)| match value {
            serde_json::Value::String(text) => Ok((name, text)),
            other => Err(format!(
                "`{name}` of the query must be a text, and is {other}: write `tostring(…)`, or `join` for lists"
            )),
        };
        let given: BTreeMap<String, String> = given.into_iter().map(text).collect::<Result<_, _>>()?;
        let mut query = Self::default();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_empty()) {
            let spelled = name.replace('_', "-");
            match spelled.as_str() {
                "source" => query.source = Some(PathBuf::from(value)),
                "output" => query.output = Some(PathBuf::from(value)),
                "packages" => query.packages = requirements(value),
                "layer" => query.is_layer = switch(name, value)?,
                "force" => query.force = switch(name, value)?,
                _ => {
                    let key = KEYS.iter().find(|key| key.name == spelled || key.alias == Some(spelled.as_str()));
                    let key = key.ok_or_else(|| {
                        let close = nearest(&spelled, KEYS.iter().map(|key| key.name));
                        let meant = close.map(|name| format!(": did you mean `{}`?", name.replace('-', "_")));
                        format!("the query has `{name}`, which is no setting of barrow{}", meant.unwrap_or_default())
                    })?;
                    let texts = match key.kind {
                        Arity::List if matches!(key.name, "exclude" | "include") => lines(value),
                        Arity::List | Arity::SwitchOrList => split(value),
                        Arity::Switch => vec![switch(name, value)?.to_string()],
                        Arity::Text => vec![value.clone()],
                    };
                    query.values.insert(key.name, ConfigValue { texts, line: 0, place: place.clone() });
                }
            }
        }
        Ok(query)
    }
}

/// A value a line.
fn lines(value: &str) -> Vec<String> {
    value.lines().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `requests,boto3` are two requirements; `requests>=2,<3` and `client[tls,socks]` are one each.
fn requirements(value: &str) -> Vec<String> {
    let of_line = |line: String| {
        let parts = split(&line);
        let are_all = parts.iter().all(|part| part.parse::<Requirement>().is_ok());
        if are_all { parts } else { vec![line] }
    };
    lines(value).into_iter().flat_map(of_line).collect()
}

fn split(value: &str) -> Vec<String> {
    value.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn switch(name: &str, value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| format!("`{name}` of the query must be true or false"))
}
