//! Outputs share no byte that is written through by accident: edited as people edit, one changes nothing but itself.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{IndexServer, TestContext, WheelBuilder, tree};

/// The user who runs everything when the tests are run by the one whom no mode stops.
const NOBODY: u32 = 65534;

/// Ways to edit a file in place, as shell commands; each names the program that it needs.
const EDITS: &[(&str, &str)] = &[
    ("sh", "echo '# changed' >> \"$1\""),
    ("truncate", "truncate -s 3 \"$1\""),
    (
        "python3",
        "python3 -c 'import mmap,sys; m=mmap.mmap(open(sys.argv[1],\"r+b\").fileno(),0); m[0:1]=b\"#\"; m.flush()' \"$1\"",
    ),
    ("sed", "sed -i 's/x/y/' \"$1\""),
    ("strip", "strip \"$1\""),
    ("cp", "cp /etc/hosts \"$1\""),
];

fn is_root() -> bool {
    fs_err::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// Lets `command` be run by someone whom modes stop.
fn as_ordinary_user(mut command: Command) -> Command {
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Gives everything below `folder` to that user.
fn give_away(folder: &Path) {
    if !is_root() {
        return;
    }
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in fs_err::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            give_away(&entry.path());
        } else {
            chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

fn outputs(link_mode: &str) -> TestContext {
    let context = TestContext::new();
    let native = fs_err::read("/bin/true").unwrap_or_default();
    let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n").file("tiny_native.so", native);
    let server = IndexServer::new().file(wheel).start();
    give_away(&context.path("."));
    for out in ["one", "two"] {
        let mut command = context.barrow();
        command.args(["install", "tiny", "-t", out, "--link-mode", link_mode, "--index-url", &server.url()]);
        context.succeed(&mut as_ordinary_user(command));
    }
    context
}

#[test]
fn no_edit_of_one_output_reaches_another() {
    let linked = outputs("hardlink");
    let file = |name: &str| linked.path("one").join(name);
    let inode = |name: &str| fs_err::metadata(linked.path(name)).unwrap().ino();
    if inode("one/tiny.py") != inode("two/tiny.py") {
        // A file system without hard links shares nothing.
        return;
    }
    let before = (tree(&linked.path("two")), tree(&linked.path("cache")));
    assert_eq!(fs_err::metadata(file("tiny.py")).unwrap().permissions().mode() & 0o7777, 0o444);
    for (program, edit) in EDITS {
        let name = if *program == "strip" { "tiny_native.so" } else { "tiny.py" };
        let mut command = Command::new("sh");
        command.args(["-c", edit, "sh"]).arg(file(name)).current_dir(linked.path("one"));
        let done = as_ordinary_user(command).output().unwrap();
        let replaced = inode(&format!("one/{name}")) != inode(&format!("two/{name}"));
        assert!(!done.status.success() || replaced, "`{edit}` wrote into a file that others share");
        assert_eq!(tree(&linked.path("two")), before.0, "after `{edit}`");
        assert_eq!(tree(&linked.path("cache")), before.1, "after `{edit}`");
    }
}

#[test]
fn copies_and_zips_are_private_and_writable() {
    let copied = outputs("copy");
    let mode = |name: &str| fs_err::metadata(copied.path(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("one/tiny.py"), 0o644);
    let mut command = Command::new("sh");
    command.args(["-c", "echo '# changed' >> \"$1\"", "sh"]).arg(copied.path("one/tiny.py"));
    assert!(as_ordinary_user(command).status().unwrap().success());
    assert_eq!(fs_err::read_to_string(copied.path("two/tiny.py")).unwrap(), "x = 1\n");
}
