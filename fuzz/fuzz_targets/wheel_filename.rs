//! Names of wheels and sdists: printed as they were, and the same again from their parts.

#![no_main]

use std::str::FromStr as _;

use barrow::spec::{DistFilename, PackageName, SdistFilename, TagSet, WheelFilename};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(wheel) = WheelFilename::from_str(text) {
        check_wheel(text, &wheel);
    }
    // A project, and the name of a file on its page.
    if let Some((project, file)) = text.split_once('\n')
        && let Ok(project) = PackageName::from_str(project)
        && let Ok(sdist) = SdistFilename::parse(file, &project)
    {
        assert_eq!((sdist.as_str(), &sdist.name), (file, &project));
        let again = SdistFilename::parse(&format!("{project}-{}.zip", sdist.version), &project).expect("its parts");
        assert_eq!(again.version, sdist.version);
    }
});

fn check_wheel(text: &str, wheel: &WheelFilename) {
    assert_eq!(wheel.to_string(), text);
    assert!(!text.contains(['/', '\\', '\0', '\n', ' ']) && text.chars().all(|c| !c.is_control()));
    let sets = [wheel.pythons(), wheel.abis(), wheel.platforms()];
    assert_eq!(wheel.tags().count(), sets.map(|tags| tags.iter().count()).iter().product::<usize>());
    let build = wheel.build.as_ref().map_or(String::new(), |(number, rest)| format!("-{number}{rest}"));
    let (name, version) = (wheel.name.to_string().replace('-', "_"), wheel.version.to_string().replace('-', "_"));
    let tags = sets.map(TagSet::as_str);
    let composed = format!("{name}-{version}{build}-{}.whl", tags.join("-"));
    let again = WheelFilename::from_str(&composed).unwrap_or_else(|error| panic!("{composed}: {error}"));
    assert_eq!((&again.name, &again.version, &again.build), (&wheel.name, &wheel.version, &wheel.build));
    assert_eq!([again.pythons(), again.abis(), again.platforms()], sets);
    let listed = DistFilename::parse(text, &wheel.name).expect("a wheel of its own project");
    assert_eq!(listed.as_wheel(), Some(wheel));
}
