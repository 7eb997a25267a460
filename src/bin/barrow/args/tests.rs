//! What the manual tells people to type can be typed.

mod reference;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use super::parse::{Behind, COMMANDS, Commands, of_one_command};
use super::{Cli, understand};

/// Every Markdown file of the project that shows commands.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    let mut folders = vec![root.join("docs"), root.join("examples"), root.join("integrations")];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.push(root.join("README.md"));
    pages
}

/// The lines of fenced blocks that begin with `barrow`, continued lines joined, without comments: what is typed, what
/// stands behind a prompt, and what files of other tools call.
fn commands(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("```").skip(1).step_by(2);
    let lines = blocks.flat_map(|block| {
        let (head, text) = block.split_once('\n').unwrap_or_default();
        let before: &[&str] = match head.split(' ').next().unwrap_or_default() {
            "sh" => &[""],
            "console" | "text" => &["$ "],
            "yaml" | "make" => &["- run: ", "- ", "entry: ", ""],
            _ => &[],
        };
        let text = text.replace("\\\n", " ");
        let called = |line: &str| {
            let mut behind = before.iter().filter_map(|before| line.trim().strip_prefix(before));
            behind.find(|line| line.starts_with("barrow ")).map(str::to_owned)
        };
        text.lines().filter_map(called).collect::<Vec<_>>()
    });
    // What is the shell's own ends the line.
    let end = |line: String| {
        let at = [" #", " > ", " && "].iter().filter_map(|stop| line.find(stop)).min().unwrap_or(line.len());
        line[..at].trim().to_owned()
    };
    lines.map(end).collect()
}

/// The words of a line, as a shell would have them; nothing is expanded.
fn words(line: &str) -> Vec<OsString> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.push(String::new()),
            (c, _) => words.last_mut().unwrap().push(c),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).map(OsString::from).collect()
}

#[test]
fn every_command_of_the_manual_can_be_typed() {
    let (mut count, mut count_alone) = (0, 0);
    // What stands on the page of errors is wrong on purpose.
    for page in pages().into_iter().filter(|page| !page.ends_with("errors.md")) {
        for line in commands(&fs_err::read_to_string(&page).unwrap()) {
            count += 1;
            let words = understand(words(&line));
            let parsed = Cli::try_parse_from(&words);
            if let Some(alone) = of_one_command(&words) {
                count_alone += 1;
                assert_eq!(format!("{alone:?}"), format!("{:?}", parsed.as_ref().unwrap()), "{line}");
            }
            if let Err(error) = parsed {
                let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                assert!(is_help, "{}: {line}\n{error}", page.display());
            }
        }
    }
    assert!(count > 100, "the manual shows commands; {count} were found");
    assert!(count_alone > count * 9 / 10, "all but a few of {count} do not ask for help: {count_alone}");
}

/// The names of commands and of those below them, in their order.
fn names_alone(commands: Commands) -> Vec<String> {
    let below = |(name, behind): &(&str, Behind)| match behind {
        Behind::Arguments(_) => vec![(*name).to_owned()],
        Behind::Commands(commands) => {
            names_alone(commands).into_iter().map(|below| format!("{name} {below}")).collect()
        }
    };
    commands.iter().flat_map(below).collect()
}

fn names(command: &clap::Command) -> Vec<String> {
    let below = |sub: &clap::Command| match sub.get_name() {
        name if sub.has_subcommands() => names(sub).into_iter().map(|below| format!("{name} {below}")).collect(),
        name => vec![name.to_owned()],
    };
    command.get_subcommands().flat_map(below).collect()
}

#[test]
fn every_command_can_be_made_alone() {
    assert_eq!(names_alone(COMMANDS), names(&Cli::command()));
}

#[test]
fn a_command_alone_is_found_where_it_stands() {
    let words = |line: &str| words(&format!("barrow {line}"));
    for line in [
        "-q lock -o pylock.toml requests",
        "--cache-dir .cache --offline bundle -o build",
        "--cache-dir=cache cache --json dir",
        "cache remote prune --older-than 3",
        "sam build -n",
        "self -v version-check",
        "terraform",
        "bundle -o lock lock",
    ] {
        let alone = of_one_command(&words(line)).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(format!("{alone:?}"), format!("{:?}", Cli::try_parse_from(words(line)).unwrap()), "{line}");
    }
    for line in ["", "-q", "cache", "cache remote", "cache lock dir", "help bundle", "bundle", "lock --handler a.b"] {
        assert!(of_one_command(&words(line)).is_none(), "{line}");
    }
    // The value of an option may be called like a command.
    let line = words("--cache-dir lock bundle -o build");
    assert!(of_one_command(&line).is_none());
    assert!(matches!(super::parse(&line).unwrap().command, super::Command::Bundle(_)));
}

#[test]
fn the_version_is_what_the_parser_says() {
    for word in ["--version", "-V"] {
        let said = crate::version::asked_for(&words(&format!("barrow {word}")));
        assert_eq!(said, Some(Cli::command().render_version()));
        assert_eq!(said, Some(Cli::try_parse_from(["barrow", word]).unwrap_err().to_string()));
        assert_eq!(crate::version::asked_for(&words(&format!("barrow bundle {word}"))), None);
    }
}

#[test]
fn every_link_of_the_manual_leads_somewhere() {
    for page in pages() {
        let text = fs_err::read_to_string(&page).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace)) {
            let path = target.split('#').next().unwrap_or_default();
            let place = page.parent().unwrap().join(path);
            assert!(path.is_empty() || place.exists(), "{}: {target}", page.display());
        }
    }
}

/// Every command that does something, with its name.
fn leaves(command: &clap::Command) -> Vec<&clap::Command> {
    let subs: Vec<_> = command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help").collect();
    if subs.is_empty() { vec![command] } else { subs.into_iter().flat_map(leaves).collect() }
}

/// Options that are about another thing in each command: what is written, where, and what is replaced.
const OF_THE_COMMAND: &[&str] = &[
    "layer",
    "output",
    "force",
    "list",
    "check",
    "sbom",
    "deny-license",
    "format",
    "report",
    "ignore",
    "lock",
    "strict",
    "handler",
    "parameter-overrides",
    "jobs",
    "github",
    "help",
];

#[test]
fn an_option_is_the_same_in_every_command() {
    let shown = super::shown();
    let mut known = std::collections::BTreeMap::new();
    for command in leaves(&shown) {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let Some(long) = arg.get_long().filter(|long| !OF_THE_COMMAND.contains(long)) else { continue };
            let said =
                (arg.get_short(), arg.get_help().map(ToString::to_string), arg.get_help_heading().map(str::to_owned));
            let values = arg.get_value_names().map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
            let (first, as_first) =
                known.entry(long.to_owned()).or_insert((command.get_name(), (said.clone(), values.clone())));
            assert!(*as_first == (said, values), "--{long} of {} is not that of {first}", command.get_name());
        }
    }
    assert!(known.len() > 80, "{}", known.len());
}

#[test]
fn what_may_be_repeated_says_so() {
    let shown = super::shown();
    for command in leaves(&shown) {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let is_list = matches!(arg.get_action(), clap::ArgAction::Append)
                && arg.get_num_args().is_none_or(|count| count.max_values() == 1);
            let Some(long) = arg.get_long().filter(|_| is_list) else { continue };
            // The target is given once but for locks, layers and mirrors.
            let is_told = help.contains("may be repeated") || matches!(long, "runtime" | "arch");
            assert!(is_told, "--{long} of {} may be repeated: {help}", command.get_name());
        }
    }
}

#[test]
fn every_option_of_a_command_has_a_heading() {
    let shown = super::shown();
    for command in leaves(&shown) {
        let listed = command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_long().is_some());
        let bare: Vec<_> =
            listed.filter(|arg| arg.get_help_heading().is_none() && arg.get_long() != Some("help")).collect();
        assert!(
            bare.is_empty(),
            "{}: {:?}",
            command.get_name(),
            bare.iter().map(|arg| arg.get_long()).collect::<Vec<_>>()
        );
    }
}
