//! The projects of a bundle by their `.dist-info` folders: who owns which file, and what each requires.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::CheckOptions;
use super::code::Code;
use super::finding::{Finding, Grade};
use super::tree::{RuntimeTree, ends_in};
use crate::archive::folder_and_name;
use crate::reporter::counted;
use crate::resolve::contains;
use crate::spec::{
    CoreMetadata, ExtraName, HashAlgorithm, HashDigest, Hasher, PackageName, RecordLine, Requirement, Version,
    VersionOrUrl, normalized_record_path, read_record, sha256,
};
use crate::target::Target;

/// An installed project.
pub(super) struct Dist {
    pub(super) name: PackageName,
    pub(super) version: Version,
    /// Its `.dist-info` folder in the runtime.
    folder: String,
    metadata: CoreMetadata,
    /// The digest of its RECORD, which the same wheel has in every bundle.
    pub(super) record_digest: Option<HashDigest>,
    /// `Import-Name` (PEP 794).
    import_names: Vec<String>,
    /// Lines of RECORD with the places of their files.
    record: Vec<(String, RecordLine)>,
    /// Why its RECORD cannot be read.
    record_fault: Option<String>,
}

/// All projects of a bundle.
pub(super) struct Dists {
    pub(super) all: Vec<Dist>,
    /// The number of the project that owns a file.
    owners: HashMap<String, usize>,
    /// Top-level folders and files that belong to projects.
    tops: HashSet<String>,
}

impl Dists {
    /// Reads every `.dist-info` folder that lies in a place where Python searches.
    pub(super) fn read(tree: &RuntimeTree, roots: &[String]) -> Self {
        let mut all = Vec::new();
        for root in roots {
            let mut names: Vec<&String> = tree.names(root).iter().filter(|name| name.ends_with(".dist-info")).collect();
            names.sort_unstable();
            all.extend(names.into_iter().filter_map(|name| Dist::read(tree, root, name)));
        }
        let mut owners = HashMap::new();
        let mut tops = HashSet::new();
        for (number, dist) in all.iter().enumerate() {
            let root = folder_and_name(&dist.folder).0;
            for (path, _) in &dist.record {
                owners.entry(path.clone()).or_insert(number);
                if let Some(top) = path.strip_prefix(root).and_then(|rest| rest[1..].split('/').next()) {
                    tops.insert(format!("{root}/{top}"));
                }
            }
        }
        Self { all, owners, tops }
    }

    /// The project that a file belongs to.
    pub(super) fn owner(&self, path: &str) -> Option<&Dist> {
        self.owners.get(path).map(|number| &self.all[*number])
    }

    /// Whether a file belongs to a project, or lies in the folder of one.
    pub(super) fn is_third_party(&self, path: &str, roots: &[String]) -> bool {
        let is_in_tops = |root: &String| {
            let top = path.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/')?.split('/').next());
            // A folder that several share, as namespaces are, may hold the user's own files as well.
            top.is_some_and(|top| top.contains(".dist-info") || self.tops.contains(&format!("{root}/{top}")))
                && !self.tops.is_empty()
        };
        self.owners.contains_key(path) || roots.iter().any(is_in_tops)
    }

    /// The top-level folders and files of the project that a file belongs to.
    pub(super) fn tops_beside(&self, path: &str) -> Vec<String> {
        let Some(owner) = self.owner(path) else { return Vec::new() };
        let root = folder_and_name(&owner.folder).0;
        let top = |path: &str| Some(format!("{root}/{}", path.strip_prefix(root)?.split('/').nth(1)?));
        let mut tops: Vec<String> = owner.record.iter().filter_map(|(path, _)| top(path)).collect();
        tops.sort();
        tops.dedup();
        tops
    }

    /// The project of this name.
    pub(super) fn named(&self, name: &PackageName) -> Option<&Dist> {
        self.all.iter().find(|dist| dist.name == *name)
    }

    /// The number of the project that a file belongs to, in [`Self::all`].
    pub(super) fn owner_number(&self, path: &str) -> Option<usize> {
        self.owners.get(path).copied()
    }

    /// What a file is called in groups: its project, else its top-level folder.
    pub(super) fn group(&self, path: &str, tree: &RuntimeTree) -> String {
        if let Some(dist) = self.owner(path) {
            return dist.name.to_string();
        }
        let label = tree.label(path);
        let top = label.split('/').next().unwrap_or(path);
        // Libraries that were grafted into a wheel lie beside its package.
        top.strip_suffix(".libs").unwrap_or(top).to_owned()
    }

    /// The modules at the top that each project brings, with whether it is certain to be imported: it is the one that
    /// the project is known by, and the bundle is not there for another project, which may import it on a condition.
    pub(super) fn top_modules(&self, target: &Target) -> Vec<(String, bool)> {
        let required = self.required(target);
        let mut modules = Vec::new();
        for dist in &self.all {
            let is_wanted = !required.contains(&dist.name);
            let root = folder_and_name(&dist.folder).0;
            let mut own: Vec<String> = Vec::new();
            for (path, _) in &dist.record {
                let Some(rest) = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')) else { continue };
                let name = match rest.split_once('/') {
                    Some((top, "__init__.py")) => Some(top),
                    Some(_) => None,
                    None => rest.strip_suffix(".py").or_else(|| rest.strip_suffix(".so")?.split('.').next()),
                };
                own.extend(name.filter(|name| !is_beside_the_point(name)).map(str::to_owned));
            }
            own.sort_unstable();
            own.dedup();
            let is_main = |module: &String| {
                own.len() == 1 || module.parse::<PackageName>().is_ok_and(|module| module == dist.name)
            };
            modules.extend(own.iter().map(|module| (module.clone(), is_wanted && is_main(module))));
        }
        modules
    }

    /// The projects that others of the bundle require, by extras too where a project asks for these.
    fn required(&self, target: &Target) -> HashSet<&PackageName> {
        let requirements =
            || self.all.iter().flat_map(|dist| dist.metadata.requires_dist.iter().map(move |it| (dist, it)));
        let mut extras: HashMap<&PackageName, Vec<ExtraName>> = HashMap::new();
        for (_, requirement) in requirements() {
            extras.entry(&requirement.name).or_default().extend(requirement.extras.iter().cloned());
        }
        let is_asked = |(dist, requirement): &(&Dist, &Requirement)| {
            let extras = extras.get(&dist.name).map_or(&[][..], Vec::as_slice);
            requirement.name != dist.name && requirement.marker.evaluate(target.markers(), extras)
        };
        requirements().filter(is_asked).map(|(_, requirement)| &requirement.name).collect()
    }

    /// The project of the bundle that says it brings a module.
    pub(super) fn bringing(&self, module: &str) -> Option<&Dist> {
        self.all.iter().find(|dist| dist.import_names.iter().any(|name| name == module))
    }

    /// What is wrong by the metadata of the projects: versions, requirements, the Python that they are for.
    pub(super) fn findings(&self, tree: &RuntimeTree, options: &CheckOptions) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.two_versions(tree, &mut findings);
        for dist in &self.all {
            dist.requires_python(tree, &options.target, &mut findings);
            self.requirements(dist, tree, options, &mut findings);
        }
        findings
    }

    fn two_versions(&self, tree: &RuntimeTree, findings: &mut Vec<Finding>) {
        let mut by_place: BTreeMap<(&str, &PackageName), Vec<&Dist>> = BTreeMap::new();
        for dist in &self.all {
            let root = folder_and_name(&dist.folder).0;
            by_place.entry((root, &dist.name)).or_default().push(dist);
        }
        for ((_, name), dists) in by_place.into_iter().filter(|(_, dists)| dists.len() > 1) {
            let versions: Vec<String> = dists.iter().map(|dist| dist.version.to_string()).collect();
            let message = format!("{name} is installed {} times: {}", dists.len(), versions.join(" and "));
            findings.push(
                Finding::new(Code::TwoVersions, Grade::Error, name.to_string(), message)
                    .file(tree.label(&dists[1].folder))
                    .fix("bundle into an empty folder: the files of one were written over those of the other"),
            );
        }
    }

    fn requirements(&self, dist: &Dist, tree: &RuntimeTree, options: &CheckOptions, findings: &mut Vec<Finding>) {
        let CheckOptions { target, elsewhere, .. } = options;
        for requirement in &dist.metadata.requires_dist {
            if !requirement.marker.evaluate(target.markers(), &[]) {
                continue;
            }
            let specifiers = match &requirement.version_or_url {
                Some(VersionOrUrl::VersionSpecifier(specifiers)) => Some(specifiers),
                _ => None,
            };
            let wanted = specifiers.map(ToString::to_string).unwrap_or_default();
            let problem = match self.named(&requirement.name) {
                Some(other) if specifiers.is_none_or(|specifiers| contains(specifiers, &other.version)) => continue,
                Some(other) => format!("the bundle has {} {}", other.name, other.version),
                None if target.runtime().provides(&requirement.name) => continue,
                None if elsewhere.iter().any(|brought| brought.name == requirement.name) => continue,
                None => "it is not in the bundle".to_owned(),
            };
            let message =
                format!("{} {} requires {}{wanted}, and {problem}", dist.name, dist.version, requirement.name);
            findings.push(
                Finding::new(Code::UnmetRequirement, Grade::Warning, requirement.name.to_string(), message)
                    .file(tree.label(&format!("{}/METADATA", dist.folder)))
                    .fix("resolve the requirements together"),
            );
        }
    }

    /// What RECORD says about the files. `digests` are those of the files that could be read.
    pub(super) fn record_findings(&self, tree: &RuntimeTree, digests: &HashMap<usize, HashDigest>) -> Vec<Finding> {
        let mut findings = Vec::new();
        // Of one path that several projects bring, the file is that of one of them.
        let (mut changed, mut intact) = (BTreeMap::new(), HashSet::new());
        for dist in &self.all {
            let mut lost: Vec<&str> = Vec::new();
            for (path, entry) in &dist.record {
                match tree.file(path) {
                    None if may_be_absent(path) => {}
                    None => lost.push(path),
                    Some(_) if is_cached_bytecode(path) => {}
                    Some(file) if differs(entry, file, tree, digests) => {
                        changed.entry(file).or_insert(dist);
                    }
                    Some(file) => {
                        intact.insert(file);
                    }
                }
            }
            findings.extend(dist.lost(&lost, tree));
            findings.extend(dist.unread(tree));
        }
        findings.extend(changed.into_iter().filter(|(file, _)| !intact.contains(file)).map(|(file, dist)| {
            let message = format!("it is not the file that {} {} installed", dist.name, dist.version);
            let finding = Finding::of_file(Code::ChangedFile, Grade::Error, &tree.files[file].label, message);
            finding.fix(format!("install {} again", dist.name))
        }));
        findings.extend(self.unlisted(tree));
        findings
    }

    /// Files within packages that no RECORD lists. Where a project came without one, nobody knows what is its own.
    fn unlisted(&self, tree: &RuntimeTree) -> Vec<Finding> {
        if self.all.iter().any(|dist| dist.record.is_empty()) {
            return Vec::new();
        }
        let package =
            |(path, number): (&'_ String, &usize)| Some((path.strip_suffix("/__init__.py")?.to_owned(), *number));
        let packages: HashMap<String, usize> = self.owners.iter().filter_map(package).collect();
        let mut strays: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for file in &tree.files {
            if self.owners.contains_key(&file.path) || file.is_link || may_be_absent(&file.path) {
                continue;
            }
            let mut above = std::iter::successors(file.path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/'));
            if let Some(number) = above.find_map(|(folder, _)| packages.get(folder)) {
                strays.entry(*number).or_default().push(&file.label);
            }
        }
        strays.into_iter().filter_map(|(number, files)| self.all[number].strays(&files)).collect()
    }

    /// The files whose digests RECORD promises.
    pub(super) fn promised_files(&self, tree: &RuntimeTree) -> Vec<usize> {
        let mut files: Vec<usize> = self
            .all
            .iter()
            .flat_map(|dist| &dist.record)
            .filter(|(path, _)| !is_cached_bytecode(path))
            .filter(|(_, line)| promised(line).is_some_and(|hash| hash.algorithm() == HashAlgorithm::Sha256))
            .filter_map(|(path, _)| tree.file(path))
            .collect();
        files.sort_unstable();
        files.dedup();
        files
    }
}

impl Dist {
    fn read(tree: &RuntimeTree, root: &str, name: &str) -> Option<Self> {
        let folder = format!("{root}/{name}");
        let bytes = |file: &str| tree.read(tree.file(&format!("{folder}/{file}"))?).ok();
        let text = bytes("METADATA")?;
        let metadata = CoreMetadata::parse(&text).ok()?;
        let record = bytes("RECORD");
        let record_digest = record.as_deref().map(sha256);
        let lines = record.map_or(Ok(Vec::new()), |record| read_record(&record));
        let record_fault = lines.as_ref().err().map(ToString::to_string);
        let lines = lines.unwrap_or_default().into_iter();
        let record = lines.filter_map(|line| Some((place(root, &line.path)?, line))).collect();
        Some(Self {
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            import_names: import_names(&text),
            folder,
            metadata,
            record_digest,
            record,
            record_fault,
        })
    }

    /// Whether it was built for every platform: native files in it are for those that they are for.
    pub(super) fn is_for_any(&self, tree: &RuntimeTree) -> bool {
        let wheel = tree.file(&format!("{}/WHEEL", self.folder)).and_then(|file| tree.read(file).ok());
        let text = wheel.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut tags = text.lines().filter_map(|line| line.strip_prefix("Tag:")).peekable();
        tags.peek().is_some() && tags.all(|tag| tag.trim_end().ends_with("-any"))
    }

    fn requires_python(&self, tree: &RuntimeTree, target: &Target, findings: &mut Vec<Finding>) {
        let Some(specifiers) = &self.metadata.requires_python else { return };
        if !contains(specifiers, target.python_full_version()) {
            let message = format!(
                "{} {} is for Python {specifiers}, and {} has {}",
                self.name,
                self.version,
                target.runtime(),
                target.python_full_version()
            );
            findings.push(
                Finding::new(Code::RequiresPython, Grade::Warning, self.name.to_string(), message)
                    .file(tree.label(&format!("{}/METADATA", self.folder)))
                    .fix(format!("bundle again for {}", target.runtime())),
            );
        }
    }

    /// The finding that these files lie in its packages and are none of its own.
    fn strays(&self, files: &[&str]) -> Option<Finding> {
        let first = files.iter().find(|path| is_code(path)).or(files.first())?;
        let (count, are) = (files.len(), if files.len() == 1 { "file lies" } else { "files lie" });
        let message = format!(
            "{count} {are} in the packages of {} {} and {} in no RECORD, such as `{first}`",
            self.name,
            self.version,
            if count == 1 { "is" } else { "are" },
        );
        Some(
            Finding::new(Code::UnlistedFile, Grade::Note, self.name.to_string(), message)
                .file(*first)
                .fix("find out who put it there"),
        )
    }

    /// The finding that its RECORD tells nothing.
    fn unread(&self, tree: &RuntimeTree) -> Option<Finding> {
        let fault = self.record_fault.as_ref()?;
        let message =
            format!("the RECORD of {} {} is malformed ({fault}): its files were not compared", self.name, self.version);
        let label = &tree.label(&format!("{}/RECORD", self.folder)).into_owned();
        let finding = Finding::of_file(Code::NotRead, Grade::Note, label, message);
        Some(finding.fix(format!("install {} again", self.name)))
    }

    fn lost(&self, lost: &[&str], tree: &RuntimeTree) -> Option<Finding> {
        let first = lost.iter().find(|path| is_code(path)).or(lost.first())?;
        let grade = if is_code(first) { Grade::Warning } else { Grade::Note };
        let count = lost.len();
        let message = format!(
            "{} of {} {} {} not here, such as `{}`",
            counted(count, "file"),
            self.name,
            self.version,
            if count == 1 { "is" } else { "are" },
            tree.label(first),
        );
        Some(
            Finding::new(Code::LostFile, grade, self.name.to_string(), message)
                .file(tree.label(&format!("{}/RECORD", self.folder)))
                .fix(format!("install {} again, unless it was made slimmer on purpose", self.name)),
        )
    }
}

/// `Import-Name` of the metadata (PEP 794), without what stands behind a semicolon.
fn import_names(metadata: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(metadata);
    let header = text.lines().take_while(|line| !line.is_empty());
    let names = header.filter_map(|line| line.strip_prefix("Import-Name:"));
    names.filter_map(|name| Some(name.split(';').next()?.trim().to_owned())).filter(|name| !name.is_empty()).collect()
}

/// The place of a path of RECORD; `None` for one that leads out of the folder, as scripts do.
fn place(root: &str, path: &str) -> Option<String> {
    let normal = normalized_record_path(path);
    let is_inside = !path.starts_with('/') && !normal.is_empty() && normal.split('/').all(|part| part != "..");
    is_inside.then(|| format!("{root}/{normal}"))
}

/// The digest that a line of RECORD promises.
fn promised(line: &RecordLine) -> Option<&HashDigest> {
    line.hash.as_ref().ok()?.as_ref()
}

/// Whether a file is certainly not the one of a line of RECORD. `digests` has the sha256 of files.
fn differs(line: &RecordLine, file: usize, tree: &RuntimeTree, digests: &HashMap<usize, HashDigest>) -> bool {
    match promised(line) {
        Some(hash) if hash.algorithm() == HashAlgorithm::Sha256 => {
            digests.get(&file).is_some_and(|actual| actual != hash)
        }
        Some(hash) => tree.read(file).is_ok_and(|bytes| {
            let mut hasher = Hasher::new(hash.algorithm());
            hasher.update(&bytes);
            hasher.finish() != *hash
        }),
        None => matches!(line.size, Ok(Some(size)) if size != tree.files[file].size),
    }
}

/// Files that installers list, and that bundles do without.
fn may_be_absent(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ends_in(name, ".pyc") || matches!(name, "INSTALLER" | "REQUESTED" | "direct_url.json" | "RECORD" | "uv_cache.json")
}

/// Bytecode beside its source: whoever compiles writes it anew, over what a wheel brought.
fn is_cached_bytecode(path: &str) -> bool {
    ends_in(path, ".pyc") && folder_and_name(path).0.ends_with("/__pycache__")
}

/// Files whose absence could break an import: no tests, no scripts, no data.
fn is_code(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    let is_beside = path.split('/').any(|part| is_beside_the_point(part) || part == "bin" || part == "scripts");
    matches!(ending, Some("py" | "so")) && !is_beside
}

/// Folders of tests, documents and examples, which nobody imports who does not look for them.
pub(super) fn is_beside_the_point(name: &str) -> bool {
    matches!(
        name,
        "test"
            | "tests"
            | "testing"
            | "_tests"
            | "benchmarks"
            | "bench"
            | "docs"
            | "doc"
            | "examples"
            | "example"
            | "conftest"
            | "setup"
    )
}
