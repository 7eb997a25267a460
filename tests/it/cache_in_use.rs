//! A cache that is removed while others use it: nobody fails, and nobody waits for ever.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{TestContext, WheelBuilder};

/// Wheels in a folder in two versions, and a requirements file for each of them.
fn write(context: &TestContext) {
    for version in ["1.0", "2.0"] {
        let mut lines = String::new();
        for number in 0..6 {
            let name = format!("many{number}");
            let mut wheel = WheelBuilder::new(&name, version);
            for file in 0..60 {
                wheel = wheel.file(&format!("{name}/m{file}.py"), version);
            }
            let wheel = wheel.build();
            context.write(&format!("links/{}", wheel.filename), &wheel.bytes);
            lines += &format!("{name}=={version}\n");
        }
        context.write(&format!("r{version}.txt"), lines);
    }
    context.write("app/handler.py", "");
}

fn bundle(context: &TestContext, version: &str, out: &str) -> Command {
    let mut command = context.barrow();
    command.args(["bundle", "app", "-r", &format!("r{version}.txt"), "-o", out, "--no-index", "--find-links", "links"]);
    command
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The output of a command that has waited while a lock was held, and succeeds once it is released.
fn succeeds_after(child: Child, lock: std::fs::File) -> String {
    std::thread::sleep(Duration::from_millis(700));
    let mut child = child;
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    drop(lock);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn runs_beside_one_that_removes_the_cache_succeed() {
    let context = TestContext::new();
    write(&context);
    std::thread::scope(|scope| {
        let runs: Vec<_> = ["out", "out.zip"]
            .map(|out| {
                let context = &context;
                scope.spawn(move || {
                    for turn in 0..6 {
                        context.succeed(&mut bundle(context, if turn % 2 == 0 { "1.0" } else { "2.0" }, out));
                    }
                })
            })
            .into_iter()
            .collect();
        while runs.iter().any(|run| !run.is_finished()) {
            context.succeed(context.barrow().args(["cache", "clean", "-q"]));
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    context.succeed(context.barrow().args(["cache", "clean"]));
    assert!(!context.cache().exists(), "nothing is left of the locks");
}

#[test]
fn removing_the_cache_waits_for_runs_and_runs_wait_for_that() {
    let context = TestContext::new();
    write(&context);
    context.succeed(&mut bundle(&context, "1.0", "out"));
    let used = fs_err::File::open(context.cache()).unwrap().into_parts().0;
    used.lock_shared().unwrap();
    let mut clean = context.barrow();
    clean.args(["cache", "clean"]);
    let said = succeeds_after(start(clean), used);
    assert!(said.contains("Waiting for the runs that use the cache to end"), "{said}");
    assert!(!context.cache().exists());

    context.succeed(&mut bundle(&context, "1.0", "out"));
    let turn = fs_err::File::create(context.cache().join("clean.lock")).unwrap().into_parts().0;
    turn.lock().unwrap();
    // Where nothing has changed, nothing of the cache is needed that could go.
    assert!(context.succeed(&mut bundle(&context, "1.0", "out")).contains("Nothing has changed"));
    let said = succeeds_after(start(bundle(&context, "2.0", "out")), turn);
    assert!(said.contains("Waiting for `barrow cache clean` to end"), "{said}");
    // The file of one that was killed stops nobody.
    assert!(context.cache().join("clean.lock").exists());
    let said = context.succeed(&mut bundle(&context, "1.0", "out"));
    assert!(!said.contains("Waiting"), "{said}");
}
