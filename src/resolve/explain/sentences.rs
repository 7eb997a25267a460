//! The derivation as sentences.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use pubgrub::{Ranges, Term};

use super::super::conclude::target_name;
use super::super::needs;
use super::super::package::Package;
use super::super::provider::{Known, Provider};
use super::super::sourced::SourcedVersion;
use super::derivation::{Fact, Node};
use super::versions;
use crate::spec::PackageName;

/// Lines of requirements of one project on another that are told one by one; of more, the first and last are.
const MOST_REQUIREMENTS: usize = 3;
/// Reasons that are told for the versions of one project.
const MOST_REASONS: usize = 4;

/// Tells the whole derivation, one sentence a line.
pub(super) fn tell(provider: &Provider<'_>, tree: &Rc<Node>) -> String {
    let mut teller = Teller { provider, lines: Vec::new(), numbers: HashMap::new(), uses: HashMap::new() };
    teller.count(tree);
    match &**tree {
        Node::Fact(fact) => {
            let text = teller.fact(fact);
            teller.lines.push(format!("{}, so there is no solution.", capitalized(&text)));
        }
        _ => {
            teller.derived(tree, true);
        }
    }
    teller.lines.join("\n")
}

struct Teller<'t, 'a> {
    provider: &'t Provider<'a>,
    lines: Vec<String>,
    /// The numbers of conclusions that are used again.
    numbers: HashMap<*const Node, usize>,
    uses: HashMap<*const Node, usize>,
}

impl Teller<'_, '_> {
    fn count(&mut self, node: &Rc<Node>) {
        let uses = self.uses.entry(Rc::as_ptr(node)).or_default();
        *uses += 1;
        if *uses > 1 {
            return;
        }
        match &**node {
            Node::Fact(_) => {}
            Node::Derived { causes, .. } => causes.iter().for_each(|cause| self.count(cause)),
            Node::Versions { rest, .. } => rest.iter().for_each(|node| self.count(node)),
        }
    }

    /// Tells a derived node: first what it stands on and is derived itself, then the conclusion.
    fn derived(&mut self, node: &Rc<Node>, is_last: bool) {
        let mut reasons: Vec<String> = Vec::new();
        let mut derived: Vec<&Rc<Node>> = Vec::new();
        let mut facts: Vec<&Fact> = Vec::new();
        match &**node {
            Node::Fact(fact) => facts.push(fact),
            Node::Derived { causes, .. } => {
                for cause in causes {
                    match &**cause {
                        Node::Fact(fact) => facts.push(fact),
                        _ => derived.push(cause),
                    }
                }
            }
            Node::Versions { requirements, rest, .. } => {
                reasons.push(self.requirements(requirements));
                for node in rest {
                    match &**node {
                        Node::Fact(fact) => facts.push(fact),
                        _ => derived.push(node),
                    }
                }
            }
        }
        let before = self.lines.len();
        for cause in derived.iter().rev().skip(1).rev().chain(derived.last()) {
            if !self.numbers.contains_key(&Rc::as_ptr(cause)) {
                self.derived(cause, false);
            }
        }
        let told_just_now = derived.last().is_some_and(|last| {
            self.lines.len() > before && !self.lines.is_empty() && self.uses.get(&Rc::as_ptr(last)).copied() <= Some(1)
        });
        for (place, cause) in derived.iter().enumerate() {
            let is_the_last = place + 1 == derived.len();
            if is_the_last && told_just_now {
                continue;
            }
            let conclusion = self.conclusion(terms(cause));
            match self.numbers.get(&Rc::as_ptr(cause)) {
                Some(number) => reasons.push(format!("{conclusion} ({number})")),
                None => reasons.push(conclusion),
            }
        }
        let mut told: Vec<String> = facts.iter().map(|fact| self.fact(fact)).collect();
        told.append(&mut reasons);
        let reasons = told;
        let opening = if told_just_now { "And because" } else { "Because" };
        let reasons = join_and(&reasons);
        let conclusion = self.conclusion(terms(node));
        let mut line = match (is_last, told_just_now) {
            (true, true) if reasons.is_empty() => "So there is no solution.".to_owned(),
            (true, _) => format!("{opening} {reasons}, {conclusion}."),
            (false, _) => format!("{opening} {reasons}, {conclusion}."),
        };
        if self.uses.get(&Rc::as_ptr(node)).copied() > Some(1) {
            let number = self.numbers.len() + 1;
            self.numbers.insert(Rc::as_ptr(node), number);
            line.push_str(&format!(" ({number})"));
        }
        self.lines.push(line);
    }

    fn fact(&self, fact: &Fact) -> String {
        match fact {
            Fact::Requires { package: Package::Root, required, .. } => self.user_requires(required),
            Fact::Requires { package, range, required, required_range } => {
                let who = versions::package_in(self.provider, package, range);
                format!("{who} requires {}", self.required(package, range, required, required_range))
            }
            Fact::NoVersions { package, range } => self.no_versions(package, range),
            Fact::Unusable { package, range, reason } => {
                let who = versions::package_in(self.provider, package, range);
                format!("{who} cannot be used: {reason}")
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
    fn user_requires(&self, required: &Package) -> String {
        let name = required.name();
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
                format!("`{}`{origin}", without_marker(&applied.requirement))
            })
            .collect();
        format!("you require {}", join_and(&lines))
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
        for requirement in needs::requirements_of(self.provider, &metadata, extra) {
            if requirement.name != *required_name {
                continue;
            }
            for applied in needs::with_overrides(self.provider, requirement, None, None) {
                let text = match &applied.origin {
                    Some(origin) => format!("`{}` (override, {origin})", without_marker(&applied.requirement)),
                    None => format!("`{}`", without_marker(&applied.requirement)),
                };
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        (!texts.is_empty()).then(|| join_and(&texts))
    }

    fn no_versions(&self, package: &Package, range: &Ranges<SourcedVersion>) -> String {
        let Some(name) = package.name() else { return "nothing is left".to_owned() };
        match self.provider.project_if_known(name) {
            Some(Known::Unknown(asked)) => {
                let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
                if asked.is_empty() {
                    format!("no index lists `{name}`")
                } else {
                    format!("`{name}` is not on {}", asked.join(", "))
                }
            }
            Some(Known::Offline) => format!("nothing is known of `{name}` without a network"),
            Some(Known::Listed(listing)) => self.none_usable(name, package, &listing, range),
            None => format!("{} cannot be used", versions::package_in(self.provider, package, range)),
        }
    }

    /// Why none of the listed versions of a range can be used.
    fn none_usable(
        &self,
        name: &PackageName,
        package: &Package,
        listing: &super::super::listing::Listing,
        range: &Ranges<SourcedVersion>,
    ) -> String {
        let policy = &self.provider.policy;
        let rules = policy.rules(name);
        if listing.releases().is_empty() {
            return format!("the index lists no usable file of `{name}`");
        }
        let inside: Vec<_> = listing.releases().iter().filter(|release| range.contains(&release.version)).collect();
        if inside.is_empty() {
            let newest = listing.releases().last().map(|release| release.version.to_string()).unwrap_or_default();
            let oldest = listing.releases().first().map(|release| release.version.to_string()).unwrap_or_default();
            let exists = if newest == oldest {
                format!("the only version is {newest}")
            } else {
                format!("there are {} versions from {oldest} to {newest}", listing.releases().len())
            };
            return format!("no version of {} exists ({exists})", versions::with_range(package, range));
        }
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for release in inside.iter().rev() {
            let Some(reason) = listing.exclusion(policy, rules, release) else { continue };
            let reason = reason.to_string();
            let version = release.version.to_string();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, list)) => list.push(version),
                None => reasons.push((reason, vec![version])),
            }
        }
        let who = versions::package_in(self.provider, package, range);
        let target = target_name(self.provider);
        if let [(reason, _)] = reasons.as_slice() {
            return format!("{who} cannot be used for {target}: {reason}");
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
        format!("{who} cannot be used for {target} ({})", parts.join("; "))
    }

    /// What follows, of terms that cannot all hold.
    fn conclusion(&self, terms: &BTreeMap<Package, Term<Ranges<SourcedVersion>>>) -> String {
        let mut held: Vec<String> = Vec::new();
        let mut needed: Vec<String> = Vec::new();
        for (package, term) in terms {
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
            ([], []) => "your requirements cannot be met together".to_owned(),
            ([], needed) => format!("{} is needed", needed.join(" or ")),
            ([one], []) => format!("{one} cannot be used"),
            (held, []) => format!("{} cannot be used together", join_and(held)),
            ([one], needed) => format!("{one} requires {}", needed.join(" or ")),
            (held, needed) => format!("{} together require {}", join_and(held), needed.join(" or ")),
        }
    }
}

fn terms(node: &Node) -> &BTreeMap<Package, Term<Ranges<SourcedVersion>>> {
    static NONE: BTreeMap<Package, Term<Ranges<SourcedVersion>>> = BTreeMap::new();
    match node {
        Node::Fact(_) => &NONE,
        Node::Derived { terms, .. } | Node::Versions { terms, .. } => terms,
    }
}

/// A requirement without its marker, which is true where it is told.
fn without_marker(requirement: &crate::spec::Requirement) -> String {
    let mut plain = requirement.clone();
    plain.marker = crate::spec::MarkerTree::TRUE;
    plain.to_string()
}

fn join_and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_lowercase() && !text.starts_with('`') => first.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
