//! The examples of the library do what they say.

use crate::support::{IndexServer, TestContext, WheelBuilder};

#[path = "../../examples/bundle.rs"]
#[expect(dead_code, reason = "its `main` is for those who run it")]
mod bundle;
#[path = "../../examples/resolve.rs"]
#[expect(dead_code, reason = "its `main` is for those who run it")]
mod resolve;

#[test]
fn a_resolution_is_printed() {
    let context = TestContext::new();
    let tiny = WheelBuilder::new("tiny", "1.0").requires("dep>=2");
    let index = IndexServer::new().file(tiny).file(WheelBuilder::new("dep", "2.0")).start();
    let cache = context.path("cache").display().to_string();
    let arguments = [index.url(), cache, "tiny".to_owned()];
    let lines = resolve::run(arguments.into_iter()).unwrap();
    assert_eq!(lines, ["dep 2.0 from dep-2.0-py3-none-any.whl", "tiny 1.0 from tiny-1.0-py3-none-any.whl"]);
    assert!(resolve::run(std::iter::empty()).unwrap_err().to_string().contains("index URL"));
}

#[test]
fn a_function_is_bundled_and_left_alone() {
    let context = TestContext::new();
    let index = IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "answer = 42\n")).start();
    context.write("app/handler.py", "import tiny\n");
    context.write("app/requirements.txt", "tiny\n");
    let place = |name: &str| context.path(name).display().to_string();
    let arguments = [index.url(), place("state"), place("app"), place("out")];
    let first = bundle::run(&arguments).unwrap();
    assert!(first.ends_with(" bytes") && context.path("out/tiny.py").is_file(), "{first}");
    let asked = index.requests().len();
    assert_eq!(bundle::run(&arguments).unwrap(), first, "the same, and nothing is done");
    assert!(index.requests().len() <= asked + 1, "at most the page is asked for again");
    assert!(bundle::run(&[]).is_err());
}
