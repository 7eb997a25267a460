//! `barrow audit`: known vulnerabilities.

use std::path::Path;

use barrow::audit::{Advisories, IgnoredAdvisory, Judged, Vulnerability, judge};
use barrow::inventory::{Reading, read_finished};
use barrow::ops::{self, AuditSubject, Audited, Error, Survey};
use barrow::reporter::counted;
use barrow::spec::Version;
use serde_json::{Value, json};

use super::meaning::{refuse_missing, refuse_paths};
use super::tree::finished;
use crate::args::{AssemblyArgs, AuditArgs, SourceArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::hints::supply::quoted;
use crate::output::Output;
use crate::paint::{paint, printable};
use crate::run::Run;
use crate::settings::{Flags, Settings};

/// Longest summary that is shown, characters.
const SUMMARY_MOST: usize = 60;

pub(super) fn call(run: &Run, args: AuditArgs) -> Result<(), Failure> {
    let finished = finished(run, &args.requirements);
    if finished.is_none() {
        refuse_paths(run, "audit", &args.requirements)?;
    }
    // A mirror that is named here, and nothing else, is what is looked at; else it stands for the indexes.
    let is_about_mirror = args.settings.index.mirror.is_some()
        && args.requirements.is_empty()
        && args.settings.input.requirement.is_empty()
        && args.settings.input.lock.is_none();
    let next = match &args.requirements[..] {
        // By which way it came stands in the table.
        _ if is_about_mirror => "mirror the applications again when they take a version without it".to_owned(),
        [word] if finished.is_some() => format!("`barrow tree {} --invert NAME` tells who asked for it", quoted(word)),
        _ => "`barrow why NAME` tells who asked for it".to_owned(),
    };
    let flags = Flags { settings: args.settings, assembly: AssemblyArgs::default(), files: SourceArgs::default() };
    let mut settings = run.settings(flags, Path::new("."))?;
    let mut advisories = Advisories::default();
    for place in &args.osv {
        refuse_missing(run, place)?;
        advisories.add(&run.host.working_folder.join(place)).map_err(Error::from)?;
    }
    let mirror = settings.options.indexes.mirror.clone().filter(|_| is_about_mirror);
    let subjects = if let Some(place) = mirror {
        let client = settings.options.client.clone();
        let mirror = run.block_on(|context| ops::read_mirror(place, client, context))?;
        // It stands for no index here: whoever knows of vulnerabilities is asked.
        (settings.options.indexes.mirror, settings.options.client.only) = (None, None);
        ops::subjects_of_mirror(&mirror)
    } else if let Some(path) = &finished {
        let target = settings.target.single()?;
        ops::subjects_of(&read_finished(path, &target, Reading::Sizes).map_err(Error::from)?)
    } else {
        let target = settings.target.single()?;
        settings.detect_input((&run.host, &run.output), Path::new("."), &args.requirements)?;
        let request = settings.request_for(args.requirements, &target)?;
        let surveyed = run.block_on(|context| ops::survey(request, target, Survey::default(), context))?;
        ops::subjects_of(&surveyed.inventory)
    };
    let audited =
        if args.osv.is_empty() { ask(run, &settings, &subjects)? } else { ops::audit_with(&subjects, &advisories) };
    let ignores: Vec<IgnoredAdvisory> = args.ignore.into_iter().chain(settings.audit_ignore).collect();
    let judged = judge(audited.findings.clone(), &ignores);
    tell(run, &subjects, &audited, &judged)?;
    let count = judged.findings.len();
    if count == 0 {
        return Ok(());
    }
    let packages: std::collections::BTreeSet<_> = judged.findings.iter().map(|finding| &finding.name).collect();
    let what = if count == 1 { "1 known vulnerability".to_owned() } else { format!("{count} known vulnerabilities") };
    Err(Failure::new(format!("{what} in {}", counted(packages.len(), "package")), Exit::Failed)
        .hint(format!("{next}; `--ignore ID=REASON` leaves one out")))
}

fn ask(run: &Run, settings: &Settings, subjects: &[AuditSubject]) -> Result<Audited, Failure> {
    let request = settings.request_for_nothing();
    run.block_on(|context| async move { Box::pin(ops::audit(request, subjects, context)).await })
}

fn tell(run: &Run, subjects: &[AuditSubject], audited: &Audited, judged: &Judged) -> Result<(), Failure> {
    for (name, version, why) in &audited.unknown {
        run.output.warn(&format!("nothing is known about {name} {version}: {why}"));
    }
    for ignore in &judged.unused {
        run.output.warn(&format!("`{}` is ignored and was not found: it can be taken off the list", ignore.id));
    }
    for (finding, ignore) in &judged.ignored {
        let reason = ignore.reason.as_deref().unwrap_or("no reason given");
        run.output
            .status(&format!("Ignored {} of {} {}: {reason}", finding.advisory.id, finding.name, finding.version));
    }
    if run.is_json() {
        Output::object(&object(subjects, audited, judged))?;
    } else if !judged.findings.is_empty() {
        Output::result(&table(subjects, &judged.findings, run.output.colors_results()))?;
    }
    let known = subjects.len() - audited.unknown.len();
    run.output.status(&format!("Audited {}", counted(known, "package")));
    Ok(())
}

/// One line for each finding.
fn table(subjects: &[AuditSubject], findings: &[Vulnerability], colors: bool) -> String {
    let header = ["NAME", "VERSION", "ID", "FIXED IN", "SUMMARY"].map(str::to_owned);
    let rows: Vec<[String; 5]> = findings.iter().map(|finding| row(finding).map(|cell| printable(&cell))).collect();
    let widths: Vec<usize> = (0..4)
        .map(|column| [&header].into_iter().chain(&rows).map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    let mut line = |cells: &[String; 5], codes: [&str; 5]| {
        for (column, cell) in cells.iter().enumerate() {
            let padding = widths.get(column).map_or(0, |width| width.saturating_sub(cell.chars().count()) + 2);
            text += &paint(colors && !codes[column].is_empty(), codes[column], cell);
            text += &" ".repeat(if column == 4 { 0 } else { padding });
        }
        while text.ends_with(' ') {
            text.pop();
        }
        text.push('\n');
    };
    line(&header, ["2", "2", "2", "2", "2"]);
    for cells in &rows {
        line(cells, ["1", "36", "31", "32", ""]);
    }
    for finding in findings {
        for way in ways(subjects, finding).filter(|way| way.len() > 1) {
            let line = format!("{} came by {}\n", finding.name, printable(&way.join(" → ")));
            if !text.contains(&line) {
                text += &line;
            }
        }
    }
    text
}

fn row(finding: &Vulnerability) -> [String; 5] {
    let advisory = &finding.advisory;
    let fixed: Vec<String> = advisory.fixed_in.iter().map(Version::to_string).collect();
    let alias = advisory.aliases.iter().find(|alias| alias.starts_with("CVE-"));
    let id = alias.map_or_else(|| advisory.id.clone(), |alias| format!("{} ({alias})", advisory.id));
    let summary = advisory.summary.as_deref().unwrap_or_default();
    let short: String = summary.chars().take(SUMMARY_MOST).collect();
    let short = if short.len() < summary.len() { format!("{}…", short.trim_end()) } else { short };
    [
        finding.name.to_string(),
        finding.version.to_string(),
        id,
        if fixed.is_empty() { "no version".to_owned() } else { fixed.join(", ") },
        short,
    ]
}

/// How what has a vulnerability came here.
fn ways<'a>(subjects: &'a [AuditSubject], finding: &Vulnerability) -> impl Iterator<Item = &'a Vec<String>> {
    let (name, version) = (finding.name.clone(), finding.version.clone());
    let is_it = move |subject: &&AuditSubject| subject.name == name && subject.version == version;
    subjects.iter().filter(is_it).flat_map(|subject| &subject.ways)
}

fn object(subjects: &[AuditSubject], audited: &Audited, judged: &Judged) -> Value {
    let finding = |finding: &Vulnerability| {
        let advisory = &finding.advisory;
        json!({
            "name": finding.name.to_string(),
            "version": finding.version.to_string(),
            "id": advisory.id,
            "aliases": advisory.aliases,
            "summary": advisory.summary,
            "fixed_in": advisory.fixed_in.iter().map(Version::to_string).collect::<Vec<_>>(),
            "link": advisory.link,
            "came_by": ways(subjects, finding).next().cloned().unwrap_or_default(),
            "ways": ways(subjects, finding).collect::<Vec<_>>(),
        })
    };
    let ignored = judged.ignored.iter().map(|(found, ignore)| {
        let mut object = finding(found);
        object["reason"] = json!(ignore.reason);
        object
    });
    let unknown = audited
        .unknown
        .iter()
        .map(|(name, version, why)| json!({ "name": name.to_string(), "version": version.to_string(), "reason": why }));
    json!({
        "schema": 1,
        "packages": subjects.len(),
        "findings": judged.findings.iter().map(finding).collect::<Vec<_>>(),
        "ignored": ignored.collect::<Vec<_>>(),
        "unknown": unknown.collect::<Vec<_>>(),
    })
}
