//! Links of a project folder that a copy of the folder would lack.

use std::fs::Metadata;
use std::path::{Component, Path};

use fs_err as fs;

/// What a link leads to, where a copy of the folder `root` would not have it: outside, as backends see it that build in
/// the folder itself. `None`: the copy has it too, there is nothing, or it is a folder around the link.
///
/// `root` is the real path of the folder.
pub(super) fn out_of(root: &Path, link: &Path) -> Option<Metadata> {
    let (target, folder) = (fs::canonicalize(link).ok()?, fs::canonicalize(link.parent()?).ok()?);
    if target.starts_with(root) && stays_inside(root, &folder, &fs::read_link(link).ok()?)
        || folder.starts_with(&target)
    {
        return None;
    }
    fs::metadata(&target).ok()
}

/// Whether a link of somebody else's folder, whose real path is `root`, leads out of it: by an absolute path, or upwards.
pub(super) fn leads_out(root: &Path, link: &Path) -> bool {
    let folder = link.parent().and_then(|folder| fs::canonicalize(folder).ok());
    let text = fs::read_link(link).ok();
    !folder.zip(text).is_some_and(|(folder, text)| !text.is_absolute() && stays_inside(root, &folder, &text))
}

/// Whether the text of a link leads through `root` alone: a copy lies elsewhere. An absolute one leads there from the
/// copy as well.
fn stays_inside(root: &Path, folder: &Path, text: &Path) -> bool {
    let Ok(below) = folder.strip_prefix(root) else { return false };
    let mut depth = below.components().count();
    text.is_absolute()
        || text.components().all(|part| match part {
            Component::ParentDir => depth.checked_sub(1).map(|less| depth = less).is_some(),
            Component::Normal(_) => {
                depth += 1;
                true
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_a_copy_would_lack() {
        let place = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(place.path()).unwrap().join("project");
        let outside = root.with_file_name("shared");
        fs::create_dir_all(root.join("pkg/inner")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        for file in [root.join("pkg/a.json"), outside.join("d.json")] {
            fs::write(file, "{}").unwrap();
        }
        let check = |text: &str, leads_out: bool| {
            let link = root.join("pkg/link");
            symlink(text, &link).unwrap();
            assert_eq!(out_of(&root, &link).is_some(), leads_out, "{text}");
            fs::remove_file(link).unwrap();
        };
        check("../../shared/d.json", true);
        check("../../shared", true);
        check(outside.to_str().unwrap(), true);
        check("../../project/pkg/a.json", true);
        check("a.json", false);
        check("../pkg/a.json", false);
        check("inner", false);
        check(root.join("pkg/a.json").to_str().unwrap(), false);
        check("nowhere", false);
        check("../..", false);
        check("..", false);
    }
}
