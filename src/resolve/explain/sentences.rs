//! The derivation as sentences.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use pubgrub::{Ranges, Term};

use super::super::conclude::target_name;
use super::super::listing::ListedVersions;
use super::super::needs::{self, Applied};
use super::super::package::Package;
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;
use super::derivation::{Derivation, DerivationNode, Fact, NodeId};
use super::versions;
use crate::spec::{IndexOrigin, PackageName, push_new};
use crate::target::join_and;

/// Most requirements of one project on another that are told one by one; of more, the first and the last are told.
const MOST_REQUIREMENTS: usize = 3;
/// Most steps of a derivation that is told as a whole; of a longer one only the facts are told.
const DEEPEST: usize = 60;
/// Most pairs of projects, and most problems, that are told of such a longer derivation.
const MOST_GROUPS: usize = 12;
/// Most reasons that are told for the versions of one project.
const MOST_REASONS: usize = 2;

/// Tells the whole derivation, one sentence a line.
pub(super) fn tell(provider: &Provider<'_>, derivation: &Derivation<'_>, facts: &[Fact]) -> String {
    let user_lines = facts.iter().filter(|fact| is_users(fact)).count();
    let end =
        if user_lines > 1 { "your requirements cannot be met together" } else { "your requirements cannot be met" };
    let mut teller = Teller { provider, derivation, lines: Vec::new(), told: HashSet::new(), end };
    if derivation.depth(derivation.root()) > DEEPEST {
        return teller.too_long(facts);
    }
    match derivation.node(derivation.root()) {
        DerivationNode::Fact(fact) => {
            let text = teller.fact(fact);
            teller.lines.push(format!("{}.", capitalized(&text)));
        }
        DerivationNode::Derived { causes: [one, other], .. } => {
            match (derivation.node(*one), derivation.node(*other)) {
                (DerivationNode::Fact(one), DerivationNode::Fact(other)) if is_problem(one) != is_problem(other) => {
                    let (need, problem) = if is_problem(one) { (other, one) } else { (one, other) };
                    let text = format!("{}, but {}", teller.fact(need), teller.fact(problem));
                    teller.lines.push(format!("{}.", capitalized(&text)));
                }
                _ => teller.derived(derivation.root()),
            }
        }
        DerivationNode::Versions { .. } => teller.derived(derivation.root()),
    }
    teller.lines.join("\n")
}

struct Teller<'t, 'a> {
    provider: &'t Provider<'a>,
    derivation: &'t Derivation<'t>,
    lines: Vec<String>,
    /// Conclusions that have been told: each is told once.
    told: HashSet<String>,
    /// The last conclusion.
    end: &'static str,
}

impl Teller<'_, '_> {
    /// Tells a derived node: first what it stands on and is derived itself, then the conclusion.
    fn derived(&mut self, place: NodeId) {
        let derivation = self.derivation;
        let mut derived: Vec<NodeId> = Vec::new();
        let mut facts: Vec<&Fact> = Vec::new();
        let mut needs: Vec<String> = Vec::new();
        let causes: &[NodeId] = match derivation.node(place) {
            DerivationNode::Fact(fact) => {
                facts.push(fact);
                &[]
            }
            DerivationNode::Derived { causes, .. } => causes,
            DerivationNode::Versions { requirements, rest, .. } => {
                needs.push(self.requirements(requirements));
                rest
            }
        };
        for cause in causes {
            match derivation.node(*cause) {
                DerivationNode::Fact(fact) => facts.push(fact),
                _ => derived.push(*cause),
            }
        }
        let conclusion = self.conclusion(place);
        // Two derived causes: the longer story first, so that the shorter one stands right before what follows from it.
        derived.sort_by_key(|cause| std::cmp::Reverse(derivation.size(*cause)));
        let mut told_just_now = None;
        for cause in &derived {
            let said = self.conclusion(*cause);
            if !self.told.contains(&said) && said != conclusion {
                self.derived(*cause);
                told_just_now = Some(said);
            }
        }
        for cause in &derived {
            let said = self.conclusion(*cause);
            if told_just_now.as_ref() != Some(&said) && said != conclusion {
                needs.push(said);
            }
        }
        let (problems, mut requires): (Vec<&Fact>, Vec<&Fact>) = facts.into_iter().partition(|fact| is_problem(fact));
        requires.sort_by_key(|fact| !is_users(fact));
        let mut reasons: Vec<String> = requires.into_iter().map(|fact| self.fact(fact)).collect();
        reasons.append(&mut needs);
        let problems: Vec<String> = problems.into_iter().map(|fact| self.fact(fact)).collect();
        let because = match (reasons.as_slice(), problems.as_slice()) {
            ([], problems) => join_and(problems),
            (reasons, []) => join_and(reasons),
            (reasons, problems) => format!("{}, but {}", join_and(reasons), join_and(problems)),
        };
        let line = match (because.is_empty(), told_just_now.is_some()) {
            (true, _) => format!("So {conclusion}."),
            (false, true) => format!("And because {because}, {conclusion}."),
            (false, false) => format!("Because {because}, {conclusion}."),
        };
        self.told.insert(conclusion);
        self.lines.push(line);
    }

    /// What is told instead of a derivation that nobody would read: who requires whom in it, and what cannot be used.
    fn too_long(&self, facts: &[Fact]) -> String {
        let mut lines = Vec::new();
        for fact in facts.iter().filter(|fact| is_users(fact)) {
            lines.push(format!("{}.", capitalized(&self.fact(fact))));
        }
        let mut groups: BTreeMap<(&Package, &Package), Vec<Fact>> = BTreeMap::new();
        for fact in facts {
            if let Fact::Requires { package, required, .. } = fact
                && *package != Package::Root
            {
                groups.entry((package, required)).or_default().push(fact.clone());
            }
        }
        let left_out = groups.len().saturating_sub(MOST_GROUPS);
        lines.extend(groups.values().take(MOST_GROUPS).map(|group| format!("{}.", self.requirements(group))));
        if left_out > 0 {
            lines.push(format!("{left_out} more projects require each other."));
        }
        let problems: Vec<&Fact> = facts.iter().filter(|fact| is_problem(fact)).collect();
        lines.extend(problems.iter().take(MOST_GROUPS).map(|fact| format!("{}.", capitalized(&self.fact(fact)))));
        lines.push(format!("No choice of versions meets all of this, so {}.", self.end));
        lines.join("\n")
    }

    fn fact(&self, fact: &Fact) -> String {
        match fact {
            Fact::Requires { package: Package::Root, required, required_range, .. } => {
                self.user_requires(required, required_range)
            }
            Fact::Requires { package, range, required, required_range } => {
                let who = versions::package_in(self.provider, package, range);
                format!("{who} requires {}", self.required(package, range, required, required_range))
            }
            Fact::NoVersions { package, range } => self.no_versions(package, range),
            Fact::Unusable { package, range, reason } => {
                let who = versions::package_in(self.provider, package, range);
                format!("{} ({reason})", cannot_be_used(&who))
            }
        }
    }

    /// Several requirements of versions of one project on another.
    fn requirements(&self, facts: &[Fact]) -> String {
        let mut sorted: Vec<&Fact> = facts.iter().collect();
        sorted.sort_by_key(|fact| match fact {
            Fact::Requires { range, .. } => range.bounding_range().map(|(lower, _)| match lower {
                std::ops::Bound::Unbounded => None,
                std::ops::Bound::Included(version) | std::ops::Bound::Excluded(version) => Some(version.clone()),
            }),
            _ => None,
        });
        if sorted.len() <= MOST_REQUIREMENTS {
            let told: Vec<String> = sorted.iter().rev().map(|fact| self.fact(fact)).collect();
            return told.join(", ");
        }
        let (Some(first), Some(last)) = (sorted.last(), sorted.first()) else { return String::new() };
        let middle = sorted.len() - 2;
        format!("{}, {} ({middle} more requirements between)", self.fact(first), self.fact(last))
    }

    /// The user's own requirements on a package, with their places.
    fn user_requires(&self, required: &Package, range: &Ranges<SourcedVersion>) -> String {
        let name = required.name();
        let mut has_direct = false;
        let lines: Vec<String> = needs::user_requirements(self.provider)
            .into_iter()
            .filter(|applied| {
                Some(&applied.requirement.name) == name
                    && match required {
                        Package::Extra(_, extra) => applied.requirement.extras.contains(extra),
                        _ => true,
                    }
            })
            .map(|applied| {
                let origin = applied.origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
                has_direct |= applied.direct.is_some();
                format!("`{}`{origin}", without_marker(&applied.requirement))
            })
            .collect();
        let listed = name.and_then(|name| self.provider.project_if_known(name));
        let required = join_and(&lines);
        match (range.is_empty(), lines.len()) {
            (false, _) => format!("you require {required}"),
            (true, 2..) if has_direct => format!("you require {required}, which no one file can meet"),
            (true, 2..) => format!("you require {required}, which no version can meet"),
            (true, _) => match listed {
                Some(Known::Listed(_)) if required.contains("===") => {
                    format!(
                        "you require {required}, but the index writes that version otherwise, and `===` compares texts"
                    )
                }
                _ => format!("you require {required}, which no version can meet"),
            },
        }
    }

    /// What a version requires, as its metadata says it.
    fn required(
        &self,
        package: &Package,
        range: &Ranges<SourcedVersion>,
        required: &Package,
        required_range: &Ranges<SourcedVersion>,
    ) -> String {
        self.requirement_text(package, range, required)
            .unwrap_or_else(|| format!("`{}`", versions::with_range(required, required_range)))
    }

    fn requirement_text(
        &self,
        package: &Package,
        range: &Ranges<SourcedVersion>,
        required: &Package,
    ) -> Option<String> {
        let name = package.name()?;
        let required_name = required.name()?;
        let extra = if let Package::Extra(_, extra) = package { Some(extra) } else { None };
        let metadata = self.provider.known_metadata_in(name, range)?;
        let mut texts: Vec<String> = Vec::new();
        let is_required = |applied: &Applied| applied.requirement.name == *required_name;
        for applied in needs::applied_of(self.provider, &metadata, extra).filter(is_required) {
            let origin = applied.origin.map(|origin| format!(" (override, {origin})")).unwrap_or_default();
            push_new(&mut texts, format!("`{}`{origin}", without_marker(&applied.requirement)));
        }
        (!texts.is_empty()).then(|| join_and(&texts))
    }

    fn no_versions(&self, package: &Package, range: &Ranges<SourcedVersion>) -> String {
        let Some(name) = package.name() else { return "nothing is left".to_owned() };
        if let Some(demand) = &self.provider.policy.rules(name).demand {
            let who = versions::with_range(package, range);
            return format!("{who} is not what the constraint `{}` at {} demands", demand.text, demand.origin);
        }
        match self.provider.project_if_known(name) {
            Some(Known::Unknown(asked)) => {
                let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
                if asked.is_empty() {
                    format!("no index was asked for `{name}`")
                } else {
                    format!("`{name}` is not on {}", asked.join(", "))
                }
            }
            Some(Known::Offline) => format!("nothing is known of `{name}` without a network"),
            Some(Known::Listed(listing)) => self.none_usable(name, package, &listing, range),
            None => cannot_be_used(&versions::package_in(self.provider, package, range)),
        }
    }

    /// Why none of the listed versions of a range can be used.
    fn none_usable(
        &self,
        name: &PackageName,
        package: &Package,
        listing: &ListedVersions,
        range: &Ranges<SourcedVersion>,
    ) -> String {
        let policy = &self.provider.policy;
        let rules = policy.rules(name);
        if listing.len() == 0 {
            return nothing_listed(name, listing);
        }
        let inside: Vec<_> = listing.releases().filter(|release| range.contains(&release.version)).collect();
        if inside.is_empty() {
            let newest = listing.releases().next_back().map(|release| release.version.to_string()).unwrap_or_default();
            let oldest = listing.releases().next().map(|release| release.version.to_string()).unwrap_or_default();
            let exists = if newest == oldest {
                format!("the only version is {newest}")
            } else {
                format!("there are {} versions from {oldest} to {newest}", listing.len())
            };
            return format!("no version of {} exists ({exists})", versions::with_range(package, range));
        }
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for release in inside.iter().rev() {
            let reason = listing.exclusion(policy, rules, release);
            let Some(reason) = reason.or_else(|| self.provider.screened(name, &release.version)) else { continue };
            let reason = reason.to_string();
            let version = release.version.to_string();
            let place = *places.entry(reason.clone()).or_insert(reasons.len());
            match reasons.get_mut(place) {
                Some((_, list)) => list.push(version),
                None => reasons.push((reason, vec![version])),
            }
        }
        let who = versions::package_in(self.provider, package, range);
        let target = target_name(self.provider);
        if let [(reason, _)] = reasons.as_slice() {
            return format!("{} for {target} ({reason})", cannot_be_used(&who));
        }
        let left_out = reasons.len().saturating_sub(MOST_REASONS);
        let mut parts: Vec<String> = reasons
            .iter()
            .take(MOST_REASONS)
            .map(|(reason, list)| match list.as_slice() {
                [one] => format!("{one}: {reason}"),
                [newest, .., oldest] if list.len() > 3 => {
                    format!("{} versions from {oldest} to {newest}: {reason}", list.len())
                }
                _ => format!("{}: {reason}", list.join(", ")),
            })
            .collect();
        if left_out > 0 {
            parts.push(format!("{left_out} more reasons"));
        }
        format!("{} for {target} ({})", cannot_be_used(&who), parts.join("; "))
    }

    /// What follows from a node: of its terms, not all can hold.
    fn conclusion(&self, place: NodeId) -> String {
        let terms = match self.derivation.node(place) {
            DerivationNode::Fact(fact) => return self.fact(fact),
            DerivationNode::Derived { terms, .. } | DerivationNode::Versions { terms, .. } => terms,
        };
        let terms: BTreeMap<_, _> = terms.iter().filter(|(package, _)| **package != Package::Root).collect();
        let mut held: Vec<String> = Vec::new();
        let mut needed: Vec<String> = Vec::new();
        for (package, term) in &terms {
            // A project beside its own extra in the same conclusion says nothing more.
            let beside_extra = matches!(package, Package::Project(name)
                if terms.keys().any(|other| matches!(other, Package::Extra(of, _) if of == name)));
            match term {
                Term::Positive(_) if beside_extra && terms.len() > 1 => {}
                Term::Positive(range) => held.push(versions::package_in(self.provider, package, range)),
                Term::Negative(range) => needed.push(versions::package_in(self.provider, package, range)),
            }
        }
        match (held.as_slice(), needed.as_slice()) {
            ([], []) => self.end.to_owned(),
            ([], needed) => format!("{} is needed", needed.join(" or ")),
            ([one], []) => cannot_be_used(one),
            ([one, other], []) => match (one.strip_prefix(EVERY), other.strip_prefix(EVERY)) {
                (Some(one), Some(other)) => format!("no version of {one} goes with any version of {other}"),
                (Some(every), None) => format!("{other} goes with no version of {every}"),
                (None, Some(every)) => format!("{one} goes with no version of {every}"),
                (None, None) => format!("{one} and {other} cannot be used together"),
            },
            (held, []) => format!("{} cannot be used together", join_and(held)),
            ([one], needed) => format!("{one} requires {}", needed.join(" or ")),
            (held, needed) => format!("{} together require {}", join_and(held), needed.join(" or ")),
        }
    }
}

/// That the pages which list a project have no file that anybody could install, whose they are, and why not.
fn nothing_listed(name: &PackageName, listing: &ListedVersions) -> String {
    let mut indexes: Vec<String> = listing.pages().filter_map(|page| page.origin.as_ref()).map(shown_index).collect();
    indexes.dedup();
    let mut reasons: Vec<String> = listing
        .pages()
        .flat_map(|page| &page.skipped)
        .map(|skipped| {
            let is_named = skipped.reason.contains(&skipped.filename);
            if is_named { skipped.reason.clone() } else { format!("`{}`: {}", skipped.filename, skipped.reason) }
        })
        .collect();
    let left_out = reasons.len().saturating_sub(MOST_REASONS);
    reasons.truncate(MOST_REASONS);
    if left_out > 0 {
        reasons.push(format!("{left_out} more files"));
    }
    let why = match (reasons.as_slice(), indexes.is_empty()) {
        ([], true) => String::new(),
        ([], false) => " (its page names no wheel and no source distribution)".to_owned(),
        (reasons, _) => format!(" ({})", reasons.join("; ")),
    };
    match indexes.as_slice() {
        [] => format!("the index lists no usable file of `{name}`{why}"),
        [one] => format!("the index {one} lists no usable file of `{name}`{why}"),
        several => format!("the indexes {} list no usable file of `{name}`{why}", join_and(several)),
    }
}

fn shown_index(origin: &Arc<IndexOrigin>) -> String {
    match &origin.name {
        Some(name) => format!("`{name}` ({})", origin.url),
        None => origin.url.to_string(),
    }
}

/// How [`versions::package_in`] begins when a range holds all versions.
const EVERY: &str = "every version of ";

fn cannot_be_used(who: &str) -> String {
    match who.strip_prefix(EVERY) {
        Some(name) => format!("no version of {name} can be used"),
        None => format!("{who} cannot be used"),
    }
}

/// Whether a fact says that something does not exist or cannot be used.
fn is_problem(fact: &Fact) -> bool {
    !matches!(fact, Fact::Requires { .. })
}

fn is_users(fact: &Fact) -> bool {
    matches!(fact, Fact::Requires { package: Package::Root, .. })
}

/// A requirement without its marker, which is true where it is told.
fn without_marker(requirement: &crate::spec::Requirement) -> String {
    let mut plain = requirement.clone();
    plain.marker = crate::spec::MarkerTree::TRUE;
    plain.to_string()
}

/// Starts a sentence, but leaves names of projects as they are.
fn capitalized(text: &str) -> String {
    for (word, start) in [("you ", "You "), ("no ", "No "), ("nothing ", "Nothing "), ("the ", "The ")] {
        if let Some(rest) = text.strip_prefix(word) {
            return format!("{start}{rest}");
        }
    }
    text.to_owned()
}
