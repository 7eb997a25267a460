//! Names that are tied to two places at once.
//!
//! Markers split ties by target, as those of torch by platform. So what contradicts itself is told where the markers
//! always hold, and else for the target that a run is for.

use super::problem::Problem;
use super::{Manifest, Pin, RequirementEntry};
use crate::spec::{MarkerEnvironment, MarkerTree};

impl Manifest {
    /// What is tied to two places at once for one target, as the first of them says it.
    pub fn contradiction_for(&self, markers: &MarkerEnvironment) -> Option<String> {
        let holds = |marker: &MarkerTree| marker.evaluate(markers, &[]);
        self.contradictions(holds).first().map(ToString::to_string)
    }

    /// What is tied to two places at once, among the ties for whose marker `counts` answers true.
    pub(super) fn contradictions(&self, counts: impl Fn(&MarkerTree) -> bool) -> Vec<Problem> {
        let pins: Vec<&Pin> = self.pins.iter().filter(|pin| counts(&pin.marker)).collect();
        let is_placed = |entry: &&RequirementEntry| entry.direct.is_some() && counts(&entry.requirement.marker);
        let placed: Vec<&RequirementEntry> = self.constraints.iter().filter(is_placed).collect();
        let mut found = Vec::new();
        for (at, pin) in pins.iter().enumerate() {
            if let Some(other) = pins[..at].iter().find(|other| other.name == pin.name && other.index != pin.index) {
                let message = format!(
                    "`{}` is tied to the index `{}` here, and to `{}` at {}",
                    pin.name, pin.index, other.index, other.origin
                );
                found.push(Problem::whole(pin.origin.clone(), &message, None));
            }
        }
        for (at, entry) in placed.iter().enumerate() {
            let name = &entry.requirement.name;
            if let Some(other) =
                placed[..at].iter().find(|other| other.requirement.name == *name && !agree(entry, other))
            {
                let message = format!(
                    "`{name}` is tied to one place here, `{}`, and to another at {}: `{}`",
                    entry.text, other.origin, other.text
                );
                found.push(Problem::whole(entry.origin.clone(), &message, None));
            }
            if let Some(pin) = pins.iter().find(|pin| pin.name == *name) {
                let message =
                    format!("`{name}` is tied to a place here, and to the index `{}` at {}", pin.index, pin.origin);
                found.push(Problem::whole(entry.origin.clone(), &message, None));
            }
        }
        found
    }
}

/// Whether two entries lead to the same place.
fn agree(one: &RequirementEntry, two: &RequirementEntry) -> bool {
    match (&one.direct, &two.direct) {
        (Some(one), Some(two)) => one.is_same_place(two),
        _ => true,
    }
}
