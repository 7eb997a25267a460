//! Names that nearly every user of Python knows, for one who mistyped one of them. Nothing is ever installed by this
//! list.

use crate::spec::PackageName;

/// The names, sorted; lines with `#` say where they come from.
const LIST: &str = include_str!("popular.txt");

/// From this length on a name may have two slips: of short names, two slips make too many others.
const LONG: usize = 10;

/// Popular names that are one slip away from `name`, the nearest first.
pub(super) fn nearest_to(name: &PackageName) -> Vec<PackageName> {
    let text: &str = name.as_ref();
    let most = if text.len() >= LONG { 2 } else { 1 };
    let close = names().filter(|known| known.len().abs_diff(text.len()) <= most).filter_map(|known| {
        let distance = strsim::osa_distance(text, known);
        (1..=most).contains(&distance).then_some((distance, known))
    });
    let mut close: Vec<(usize, &str)> = close.collect();
    close.sort_unstable();
    close.into_iter().filter_map(|(_, known)| known.parse().ok()).collect()
}

fn names() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_what_it_says() {
        let all: Vec<&str> = names().collect();
        assert_eq!(all.len(), 2000);
        assert!(all.is_sorted(), "sorted by bytes");
        for name in all {
            assert_eq!(name.parse::<PackageName>().unwrap().as_ref(), name, "normalized");
        }
    }

    #[test]
    fn one_slip() {
        let check = |name: &str, expected: &[&str]| {
            let found: Vec<String> = nearest_to(&name.parse().unwrap()).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{name}");
        };
        check("nunpy", &["numpy"]);
        check("reqeusts", &["requests"]);
        check("request", &["requests"]);
        check("beatifulsoup4", &["beautifulsoup4"]);
        check("beautifulsop4", &["beautifulsoup4"]);
        check("numpy", &[]);
        check("internal-tool", &[]);
    }
}
