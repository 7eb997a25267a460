//! Borders and habits that no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils", "common", "helpers", "core", "types"];

/// Crates that only some rooms may name, so that replacing one stays a small job.
const HOMES: [(&str, &[&str]); 23] = [
    ("reqwest", &["http"]),
    ("rustls", &["http"]),
    ("reqsign_aws_v4", &["http"]),
    ("reqsign_core", &["http"]),
    ("ring", &["http", "signing"]),
    ("pubgrub", &["resolve"]),
    ("flate2", &["archive"]),
    ("libdeflater", &["archive"]),
    ("brotli_decompressor", &["archive"]),
    ("zstd", &["archive"]),
    ("tar", &["archive"]),
    ("sha2", &["spec"]),
    ("pep440_rs", &["spec"]),
    ("pep508_rs", &["spec"]),
    ("tl", &["spec"]),
    ("clap", &["bin"]),
    ("ruff_python_ast", &["python"]),
    ("ruff_python_parser", &["python"]),
    ("ruff_python_stdlib", &["python"]),
    ("ruff_text_size", &["python"]),
    ("spdx", &["spec"]),
    ("saphyr_parser", &["yaml"]),
    ("zip", &["check", "inventory"]),
];

/// Most lines that a file may have: beyond, there are two nouns in it.
const LONGEST: usize = 600;

/// Most lines of code that a function may have: beyond, there are steps in it that have no names.
const LONGEST_FUNCTION: usize = 60;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(relative: &str) -> String {
    fs_err::read_to_string(top().join(relative)).expect("the file belongs to the project")
}

/// One source file: path below `src`, text.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The names of the modules from the crate's root down to this file (`http/mod.rs` → `http`).
    fn modules(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.path.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into()).collect();
        if names.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
            names.pop();
        }
        names
    }

    /// The room that the file belongs to; none for `lib.rs`.
    fn room(&self) -> Option<String> {
        self.modules().into_iter().next()
    }

    /// Numbered lines of code: comments are left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        numbered.filter(|(_, line)| !line.starts_with("//"))
    }

    /// The same without the tests at the end of the file.
    fn own_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().take_while(|(_, line)| *line != "mod tests {")
    }

    /// Whether the file holds tests.
    fn is_test(&self) -> bool {
        self.modules().iter().any(|name| name == "tests")
    }
}

fn sources() -> Vec<Source> {
    let root = top().join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).expect("the sources can be read") {
            let path = entry.expect("the sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs_err::read_to_string(&path).expect("sources are UTF-8");
                found.push(Source { path: path.strip_prefix(&root).expect("it was found below").to_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The rooms in the order of `lib.rs`.
fn rooms() -> Vec<String> {
    let library = read("src/lib.rs");
    let names =
        library.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// Fails with everything that was found.
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

/// Whether `text` names the crate or module `name` as the start of a path (`name::`), and not as part of another name.
fn names(text: &str, name: &str) -> bool {
    let path = format!("{name}::");
    text.match_indices(&path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

/// The rooms that a line of code names through `crate::`.
fn rooms_named(line: &str) -> Vec<String> {
    let name_at = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut named = Vec::new();
    for (at, found) in line.match_indices("crate::") {
        let rest = &line[at + found.len()..];
        match rest.strip_prefix('{') {
            // The first name of each branch, nested braces aside.
            Some(group) => {
                let mut depth = 0;
                let mut branch = String::new();
                for c in group.chars().chain(",".chars()) {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth <= 0 => {
                            named.push(name_at(branch.trim()));
                            branch.clear();
                            continue;
                        }
                        _ => {}
                    }
                    branch.push(c);
                }
            }
            None => named.push(name_at(rest)),
        }
    }
    named
}

#[test]
fn a_room_imports_only_rooms_above_it() {
    let rooms = rooms();
    let place = |room: &str| rooms.iter().position(|other| other == room);
    let mut found = Vec::new();
    for source in sources() {
        let Some(own) = source.room().as_deref().and_then(place) else { continue };
        for (number, line) in source.code() {
            for named in rooms_named(line) {
                if place(&named).is_some_and(|other| other > own) {
                    found.push(format!("{}:{number}: {line}", source.path.display()));
                }
            }
            // As many `super` as there are modules above lead to the crate's root, past the rule.
            if line.contains(&"super::".repeat(source.modules().len())) {
                found.push(format!("{}:{number}: {line}", source.path.display()));
            }
        }
    }
    none(&found, "a room imports only rooms above it in src/lib.rs");
}

/// The names of a `use super::…;` statement: `a::B`, `{a, b::C}`.
fn names_of_super(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, start) in text.match_indices("use super::") {
        let is_statement = text[..at].ends_with(['\n', ' ']) || at == 0;
        let rest = &text[at + start.len()..];
        let Some(statement) = rest.split(';').next().filter(|_| is_statement) else { continue };
        let mut branches = Vec::new();
        let (mut depth, mut branch) = (0, String::new());
        let inner = statement.trim().strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(statement);
        for c in inner.chars().chain([',']) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => branches.push(std::mem::take(&mut branch)),
                _ => {}
            }
            if c != ',' || depth > 0 {
                branch.push(c);
            }
        }
        let parts = |branch: String| branch.trim().split("::").map(|part| part.trim().to_owned()).collect();
        found.extend(branches.into_iter().filter(|branch| !branch.trim().is_empty()).map(parts));
    }
    found
}

/// The modules that lines of code name through `super::` within an expression: `super::a::f()`.
fn inline_supers(source: &Source) -> Vec<Vec<String>> {
    let lines = source.own_code().filter(|(_, line)| !line.contains("use "));
    let name_at = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let found = lines.flat_map(|(_, line)| {
        let places = line.match_indices("super::").filter(|(at, _)| !line[..*at].ends_with("::"));
        places.map(|(at, found)| vec![name_at(&line[at + found.len()..])]).collect::<Vec<_>>()
    });
    found.filter(|path| path[0] != "super").collect()
}

/// For each name that a room's `mod.rs` hands on, the file that it comes from.
fn handed_on(text: &str) -> BTreeMap<String, String> {
    let mut from = BTreeMap::new();
    for statement in text.split(';') {
        let Some((_, path)) = statement.rsplit_once("use ") else { continue };
        let path = path.trim().trim_start_matches("self::");
        let Some((file, names)) = path.split_once("::") else { continue };
        for name in names.trim_matches(['{', '}']).split(',') {
            let name = name.rsplit("::").next().unwrap_or(name).trim().trim_matches('}');
            from.insert(name.to_owned(), file.to_owned());
        }
    }
    from
}

/// A circle of imports among the files of a room, if there is one.
fn circle(imports: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit<'a>(
        file: &'a String,
        imports: &'a BTreeMap<String, BTreeSet<String>>,
        open: &mut Vec<&'a String>,
        done: &mut BTreeSet<&'a String>,
    ) -> Option<Vec<String>> {
        if let Some(at) = open.iter().position(|other| *other == file) {
            return Some(open[at..].iter().map(|name| (*name).clone()).collect());
        }
        if !done.contains(file) {
            open.push(file);
            let found = imports.get(file).into_iter().flatten().find_map(|next| visit(next, imports, open, done));
            if found.is_some() {
                return found;
            }
            open.pop();
            done.insert(file);
        }
        None
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|file| visit(file, imports, &mut Vec::new(), &mut done))
}

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let all = sources();
    let mut folders: BTreeMap<Vec<String>, Vec<&Source>> = BTreeMap::new();
    for source in all.iter().filter(|it| !it.is_test()) {
        if let Some((_, folder)) = source.modules().split_last().filter(|(_, folder)| !folder.is_empty()) {
            folders.entry(folder.to_vec()).or_default().push(source);
        }
    }
    let mut found = Vec::new();
    for (folder, files) in &folders {
        let own_name = |file: &Source| file.modules().last().cloned().expect("it has a name");
        let names: BTreeSet<String> = files.iter().map(|file| own_name(file)).collect();
        let door = all.iter().find(|it| it.modules() == *folder);
        let from = door.map(|door| handed_on(&door.text)).unwrap_or_default();
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in files {
            let own = own_name(file);
            for path in names_of_super(&file.text).into_iter().chain(inline_supers(file)) {
                let Some(first) = path.first() else { continue };
                let target = if names.contains(first) { Some(first) } else { from.get(first) };
                if let Some(target) = target.filter(|target| **target != own && names.contains(*target)) {
                    imports.entry(own.clone()).or_default().insert(target.clone());
                }
            }
        }
        if let Some(files) = circle(&imports) {
            found.push(format!("{}: {} → {}", folder.join("/"), files.join(" → "), files[0]));
        }
    }
    assert!(folders.len() > 40, "the folders are looked through");
    none(&found, "files of a folder do not import each other in a circle");
}

/// For each module of the program the others that it names.
fn modules_of_the_program() -> BTreeMap<String, BTreeSet<String>> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources().iter().filter(|it| it.room().as_deref() == Some("bin") && !it.is_test()) {
        // `bin`, `barrow`, and then the module; `main.rs` has none.
        let Some(own) = source.modules().get(2).cloned() else { continue };
        let lines = source.own_code();
        let others = lines.flat_map(|(_, line)| rooms_named(line)).filter(|name| *name != own);
        named.entry(own.clone()).or_default().extend(others);
    }
    named
}

#[test]
fn no_modules_of_the_program_import_each_other_in_a_circle() {
    let found = circle(&modules_of_the_program());
    assert_eq!(found, None, "modules of the program do not import each other in a circle");
}

#[test]
fn commands_are_called_from_one_place() {
    let mut callers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (own, others) in modules_of_the_program() {
        for named in others {
            callers.entry(named).or_default().insert(own.clone());
        }
    }
    assert_eq!(callers["commands"].iter().collect::<Vec<_>>(), ["dispatch"], "only `dispatch` calls commands");
    assert_eq!(callers.get("dispatch"), None, "only `main` dispatches");
    let below_all = |module: &str| callers[module].contains("output") && callers[module].contains("failure");
    assert!(below_all("paint") && !callers["output"].contains("failure"), "a failure knows nothing of the output");
}

#[test]
fn a_crate_stays_in_its_home() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            for (name, homes) in HOMES {
                if names(line, name) && source.room().is_some_and(|room| !homes.contains(&room.as_str())) {
                    found.push(format!("{}:{number}: `{name}` belongs to {homes:?}", source.path.display()));
                }
            }
        }
    }
    none(&found, "an outside crate has one home");
}

#[test]
fn a_module_is_named_by_a_noun() {
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| source.modules().iter().any(|name| EMPTY_NAMES.contains(&name.as_str())))
        .map(|source| source.path.display().to_string())
        .collect();
    none(&found, "these names say nothing about what is inside");
}

/// The name of the type that a line defines for other files to use; `None`: it defines none.
fn shared_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    let rest = if rest.starts_with('(') { rest.split_once(')')?.1 } else { rest };
    let rest = ["struct ", "enum ", "trait ", "type "].iter().find_map(|word| rest.trim_start().strip_prefix(word))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn the_name_of_a_type_has_one_meaning() {
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources().iter().filter(|it| !it.is_test()) {
        for name in source.text.lines().filter_map(shared_type) {
            defined.entry(name.to_owned()).or_default().push(source.path.display().to_string());
        }
    }
    assert!(defined.len() > 400, "definitions are found");
    // Rooms call their errors so, and whoever uses one says the room.
    defined.remove("Error");
    let twice = defined.iter().filter(|(_, files)| files.len() > 1);
    let found: Vec<String> = twice.map(|(name, files)| format!("{name}: {}", files.join(", "))).collect();
    none(&found, "types that other files use have names of their own");
}

#[test]
fn a_file_says_what_it_is_for_and_is_short() {
    let mut found = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if !source.text.starts_with("//! ") {
            found.push(format!("{}: no `//!` in the first line", source.path.display()));
        }
        if lines > LONGEST && !source.is_test() {
            found.push(format!("{}: {lines} lines", source.path.display()));
        }
    }
    none(&found, "a file starts with its purpose and has one noun");
}

/// The functions of a file as `(line, name, lines of code)`; blank lines and comments do not count. What stands behind
/// `mod tests {` is left out.
fn functions(text: &str) -> Vec<(usize, &str, usize)> {
    let lines: Vec<&str> = text.lines().take_while(|line| *line != "mod tests {").collect();
    let name_at = |line: &str| {
        let at = line.find("fn ")?;
        let mut words = line[..at].split_whitespace();
        let is_start =
            words.all(|word| word.starts_with("pub") || word.ends_with(')') || ["const", "async"].contains(&word));
        is_start.then_some(at + "fn ".len())
    };
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(at) = name_at(line) else { continue };
        let name = line[at..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if line.ends_with([';', '}']) {
            found.push((start + 1, name, 1));
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let body = lines[start..].iter().take_while(|line| **line != end);
        let code = body.filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count() + 1;
        found.push((start + 1, name, code));
    }
    found
}

#[test]
fn a_function_is_short() {
    let sources = sources();
    let mut count = 0;
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        for (line, name, code) in functions(&source.text) {
            count += 1;
            if code > LONGEST_FUNCTION {
                found.push(format!("{}:{line}: `{name}` has {code} lines", source.path.display()));
            }
        }
    }
    assert!(count > 3000, "functions are found: {count}");
    none(&found, "a function is a list of steps with names");
}

#[test]
fn only_one_constant_names_a_registry() {
    let hosts = ["pypi.org", "pythonhosted.org", "test.pypi"];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (at, line) in source.text.lines().enumerate() {
            if hosts.iter().any(|host| line.contains(host)) {
                found.push(format!("{}:{}: {}", source.path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found.len() <= 1, "registries are called by name:\n  {}", found.join("\n  "));
    none(
        &found.into_iter().filter(|line| !line.contains("const ")).collect::<Vec<_>>(),
        "only a constant names a host",
    );
}

/// The contents of the first `count` fenced `sh` blocks.
fn shell_blocks(markdown: &str, count: usize) -> Vec<String> {
    markdown
        .split("```sh\n")
        .skip(1)
        .take(count)
        .map(|rest| rest.split("```").next().unwrap_or_default().trim_end().to_owned())
        .collect()
}

#[test]
fn the_readme_starts_with_the_commands_that_ci_runs() {
    let blocks = shell_blocks(&read("README.md"), 2);
    for block in &blocks {
        assert_eq!(block.lines().count(), 1, "one line that does all the set-up itself:\n{block}");
    }
    let ci = read(".ci/run");
    assert!(ci.lines().any(|line| line.trim() == blocks[1]), ".ci/run does not call `{}`", blocks[1]);
}

#[test]
fn a_dependency_says_what_it_is_for() {
    let manifest = read("Cargo.toml");
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && line.contains('=') && !line.contains("  # ") && !line.contains(" # ") {
            found.push(line.to_owned());
        }
    }
    none(&found, "a comment in Cargo.toml says what each dependency is for");
}

#[test]
fn no_unsafe_code() {
    let mut found = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            // `unsafe_code` is the lint, `unsafe-best-match` the user's word.
            if line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').any(|word| word == "unsafe") {
                found.push(format!("{}:{number}: {line}", source.path.display()));
            }
        }
    }
    found.retain(|line| !line.contains("#[error("));
    none(&found, "SECURITY.md says that there is no unsafe code");
}

/// Places that a text names: files of the project, each with the name of something in it or without.
fn places(markdown: &str) -> Vec<(&str, Option<&str>)> {
    let quoted = markdown.split('`').skip(1).step_by(2);
    let ours = quoted.filter(|text| text.starts_with("src/") || text.starts_with("tests/"));
    ours.map(|text| text.split_once("::").map_or((text, None), |(file, name)| (file, Some(name)))).collect()
}

#[test]
fn security_names_tests_and_limits_that_exist() {
    let security = read("SECURITY.md");
    let mut found = Vec::new();
    for (file, name) in places(&security) {
        let path = top().join(file.split(' ').next().unwrap_or(file));
        let is_there = match name {
            None => path.exists(),
            Some(name) => fs_err::read_to_string(&path).is_ok_and(|text| {
                ["fn ", "def ", "const ", "pub "].iter().any(|word| {
                    let defined = format!("{word}{name}");
                    text.match_indices(&defined).any(|(at, _)| {
                        !text[at + defined.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                    })
                })
            }),
        };
        if !is_there {
            found.push(format!("{file} {}", name.unwrap_or_default()));
        }
    }
    none(&found, "SECURITY.md names what is not there");
    for number in 1..=14 {
        let promise = security.split(&format!("\n{number}. **")).nth(1).expect("the promises are numbered");
        let promise = promise.split("\n\n").next().unwrap_or_default();
        let promise = promise.split(&format!("\n{}. **", number + 1)).next().unwrap_or_default();
        assert!(!places(promise).is_empty(), "promise {number} has no test");
    }
}

/// Where the library may name flags all the same, by the beginning of the path, and why.
const NAMES_FLAGS: [(&str, &str); 10] = [
    ("requirements/", "these are words of requirements files, as their authors write them"),
    ("resolve/hashes.rs", "lines of requirements files, to be copied into one"),
    ("lock/requirements.rs", "it writes requirements files"),
    ("lock/model.rs", "commands of other tools"),
    ("lock/pdm.rs", "commands of other tools"),
    ("supply/inquiry.rs", "words of requirements files"),
    (
        "ops/too_large.rs",
        "a run tells how much each of the options would save, and the hints of the error say the same",
    ),
    ("check/", "the catalogue of findings is prose for people, and the library owns it"),
    ("request/input_key.rs", "parts of the key have the names of the options"),
    ("request/index_key.rs", "parts of the key have the names of the options"),
];

/// Warnings that go with what was published and are told again, as they are, by later runs.
const WARNS_OF_FLAGS: [&str; 5] =
    ["bundle/slim/selection.rs", "publish/marking.rs", "ops/own_files.rs", "ops/left_out.rs", "ops/mirror/folder.rs"];

/// Whether a line of code has a text in which a flag stands among other words.
fn talks_of_a_flag(line: &str) -> bool {
    let is_flag = |at: usize| {
        let rest = line[at..].trim_start_matches('-');
        let before = line[..at].chars().next_back();
        let word: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        let text = rest.split('"').next().unwrap_or_default();
        let is_whole_text = before == Some('"') && !text.contains(' ');
        !word.is_empty() && before.is_some_and(|c| " `(\"".contains(c)) && !is_whole_text
    };
    line.match_indices("--").any(|(at, _)| is_flag(at))
}

#[test]
fn the_library_gives_kinds_and_values_and_the_command_line_has_the_words() {
    let mut found = Vec::new();
    let exceptions = NAMES_FLAGS.iter().map(|(file, _)| *file).chain(WARNS_OF_FLAGS);
    let mut unused: BTreeSet<&str> = exceptions.clone().collect();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let path = source.path.to_string_lossy();
        let lines: Vec<String> = source
            .own_code()
            .filter(|(_, line)| talks_of_a_flag(line))
            .map(|(number, line)| format!("{path}:{number}: {line}"))
            .collect();
        match exceptions.clone().find(|start| path.starts_with(start)) {
            _ if source.room().as_deref() == Some("bin") || lines.is_empty() => {}
            Some(known) => {
                unused.remove(known);
            }
            None => found.extend(lines),
        }
    }
    found.extend(unused.iter().map(|file| format!("{file} names no flag: strike it off the list")));
    none(&found, "sentences that name flags stand in src/bin");
}

/// Most files that a question of ARCHITECTURE.md may send a reader to.
const MOST_FILES: usize = 8;

#[test]
fn architecture_sends_readers_to_few_files_and_they_are_there() {
    let architecture = read("ARCHITECTURE.md");
    let table = architecture.split("\n## To understand").nth(1).expect("there is a list of what to read");
    let table = table.split("\n## ").next().unwrap_or_default();
    let is_source = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "rs");
    let mut found = Vec::new();
    for row in table.lines().filter(|line| line.contains(".rs`")).filter(|line| line.starts_with("| ")) {
        let files: Vec<&str> = row.split('`').skip(1).step_by(2).filter(|name| is_source(name)).collect();
        if files.len() > MOST_FILES {
            found.push(format!("more than {MOST_FILES} files: {row}"));
        }
        let is_there = |file: &str| top().join("src").join(file).is_file() || top().join(file).is_file();
        found.extend(files.iter().filter(|file| !is_there(file)).map(|file| format!("{file} is not there")));
    }
    assert!(table.matches(".rs`").count() > 20, "the table is read");
    none(&found, "ARCHITECTURE.md says what to read");
}

#[test]
fn the_rules_see_what_they_look_for() {
    assert_eq!(rooms_named("use crate::spec::Version;"), ["spec"]);
    assert_eq!(rooms_named("use crate::{cache::{Cache, Bucket}, http};"), ["cache", "http"]);
    assert_eq!(rooms_named("let x = crate::index::Index::new(crate::http::Client);"), ["index", "http"]);
    assert!(names("use tar::Archive;", "tar") && !names("start::now()", "tar") && !names("crate::tar::x", "tar"));
    assert_eq!(shell_blocks("a\n```sh\none\n```\nb\n```sh\ntwo\nthree\n```\n", 2), ["one", "two\nthree"]);
    assert!(talks_of_a_flag("\"raise it with `--max-size`\"") && talks_of_a_flag("\"--no-build forbids it\""));
    assert!(
        !talks_of_a_flag("field(\"--no-build\", 1)") && !talks_of_a_flag("\"a--b\"") && !talks_of_a_flag("\"-- x\"")
    );
    assert!(rooms().len() > 10 && sources().len() > 30);
    let text = "pub(super) fn one(\n    a: u8,\n) {\n\n    // why\n    a();\n}\n    async fn two() {}\n// fn no() {\nmod tests {\nfn three() {}\n";
    assert_eq!(functions(text), [(1, "one", 5), (8, "two", 1)]);
    assert_eq!(shared_type("pub(in crate::http) struct Token<'a> {"), Some("Token"));
    assert_eq!((shared_type("pub type Item = u8;"), shared_type("struct Own;")), (Some("Item"), None));
    assert_eq!((shared_type("pub fn one() {}"), shared_type("pub use a::Struct;")), (None, None));
}
