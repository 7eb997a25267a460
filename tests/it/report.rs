//! `--report`: the page about what was made, from outside. That it works in a browser is tried by `tests/report/run`.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    let tiny =
        |version: &str| WheelBuilder::new("tiny", version).requires("dep").file("tiny/tests/test.py", "0123456789");
    let yanked = crate::support::Listed::new(tiny("2.0")).yanked("broken");
    IndexServer::new()
        .file(tiny("1.0"))
        .file(yanked)
        .file(WheelBuilder::new("dep", "1.0").file("dep.py", "").metadata_line("License: MIT"))
        .file(WheelBuilder::new("boto3", "1.0").file("boto3.py", ""))
        .start()
}

fn data(context: &TestContext, file: &str) -> serde_json::Value {
    let page = fs_err::read_to_string(context.path(file)).unwrap();
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_page_says_what_is_there_who_asked_and_what_was_passed_over() {
    let context = TestContext::new();
    let index = index();
    context.write("app/handler.py", "import tiny\n");
    context.write("app/requirements.txt", "tiny\n");
    let bundle = || {
        let mut command = context.barrow();
        command.args(["bundle", "app", "-o", "out", "--index-url", &index.url(), "--report", "app/report.html"]);
        context.succeed(&mut command);
        data(&context, "app/report.html")
    };
    let first = bundle();
    let part = &first["parts"][0];
    let names: Vec<&str> =
        part["dists"].as_array().unwrap().iter().map(|dist| dist["name"].as_str().unwrap()).collect();
    assert_eq!((part["label"].as_str(), names), (Some("out"), vec!["dep", "tiny"]));
    assert_eq!(part["dists"][0]["by"], serde_json::json!([["tiny", "dep"]]));
    assert_eq!(part["dists"][0]["license"], "MIT");
    assert_eq!(part["dists"][1]["by"][0][0], serde_json::Value::Null);
    assert_eq!(part["dists"][1]["passed"], serde_json::json!([["2.0", "it is yanked: broken"]]));
    assert_eq!(part["dists"][1]["slim"], 10);
    assert_eq!(part["own"][0][0], "handler.py");
    assert!(part["changes"].is_null() && part["findings"].is_array());
    // It lies among the sources, and is none of them; the same again says the same, but that there was a last run.
    let mut again = bundle();
    assert!(!context.path("out/report.html").exists());
    assert_eq!(again["parts"][0]["changes"], serde_json::json!([]));
    again["parts"][0]["changes"] = serde_json::Value::Null;
    assert_eq!(again, first);
}

#[test]
fn each_layer_and_each_unit_is_a_part() {
    let context = TestContext::new();
    let index = index();
    let mut command = context.barrow();
    command.args(["layer", "tiny", "boto3", "-o", "layers.zip", "--split", "2", "--index-url", &index.url()]);
    context.succeed(command.args(["--report", "layers.html", "--slim"]));
    let layers = data(&context, "layers.html");
    let part = |at: usize| &layers["parts"][at];
    assert_eq!(part(0)["label"], "layers.zip, layer 1");
    assert_eq!(part(1)["dists"][0]["name"], "boto3");
    assert_eq!((part(0)["slimmed"].as_bool(), &part(0)["leftOut"]), (Some(true), &serde_json::json!([1, 10])));
    assert!(part(0)["zip"].as_u64() > Some(100));
    let toml = format!(
        "index-url = \"{}\"\n[[layer]]\nname = \"a\"\npackages = [\"dep\"]\n[[layer]]\nname = \"b\"\npackages = [\"tiny\"]\n",
        index.url()
    );
    context.write("barrow.toml", &toml);
    context.succeed(context.barrow().args(["build", "--report", "all.html"]));
    assert_eq!(data(&context, "all.html")["parts"].as_array().unwrap().len(), 2);
}

#[test]
fn a_function_is_looked_at_together_with_its_layers() {
    let context = TestContext::new();
    let index = index();
    context.write("fn/handler.py", "import tiny\n");
    context.write("fn/requirements.txt", "tiny\n");
    let write = |layers: &str| {
        let url = index.url();
        let text = format!(
            "index-url = \"{url}\"\n[[layer]]\nname = \"base\"\npackages = [\"tiny\"]\n[[function]]\nname = \"fn\"\nsource = \"fn\"\n{layers}"
        );
        context.write("barrow.toml", &text);
    };
    let findings = || {
        context.succeed(context.barrow().args(["build", "--report", "all.html"]));
        let page = data(&context, "all.html");
        let mut parts = page["parts"].as_array().unwrap().iter();
        let part = parts.find(|part| part["label"].as_str().unwrap().starts_with("fn "));
        part.unwrap_or_else(|| panic!("{page}"))["findings"].clone()
    };
    write("layers = [\"base\"]\n");
    assert_eq!(findings(), serde_json::json!([]));
    // The same without what the layer brings is a finding, so the page does look.
    write("no-deps = true\n");
    assert!(findings().to_string().contains("tiny"), "{}", findings());
}

#[test]
fn what_is_no_report_is_left_alone() {
    let context = TestContext::new();
    let index = index();
    context.write("app/requirements.txt", "dep\n");
    context.write("mine.html", "<!doctype html>\n<p>mine");
    let bundle = |report: &str| {
        let mut command = context.barrow();
        command.args(["bundle", "app", "-o", "out", "--index-url", &index.url(), "--report", report]);
        command
    };
    barrow_snapshot!(context, &mut bundle("mine.html"), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Using app/requirements.txt
    error: `mine.html` is no report of barrow, so it is left alone
    hint: name another file for the report
    ");
    barrow_snapshot!(context, &mut bundle("out/report.html"), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Using app/requirements.txt
    error: the report `out/report.html` would lie in the output
    hint: name a file beside it
    ");
    barrow_snapshot!(context, &mut bundle("app"), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Using app/requirements.txt
    error: `app` is a folder, so it is left alone
    hint: name another file for the report
    ");
    assert!(!context.path("out").exists());
    assert_eq!(fs_err::read_to_string(context.path("mine.html")).unwrap(), "<!doctype html>\n<p>mine");
}

#[test]
fn a_page_about_requirements_and_about_a_finished_output() {
    let context = TestContext::new();
    let index = index();
    context.write("requirements.txt", "tiny\n");
    let tree = |words: &[&str]| {
        let mut command = context.barrow();
        command.args(["tree", "--index-url", &index.url()]).args(words);
        command
    };
    // Of what was chosen, sizes are known and files are not.
    let shown = context.run(&mut tree(&["-r", "requirements.txt", "--report", "chosen.html"]));
    assert!(shown.contains("tiny 1.0") && shown.contains("Wrote the report"), "{shown}");
    let chosen = data(&context, "chosen.html");
    let part = &chosen["parts"][0];
    assert_eq!((part["label"].as_str(), part["findings"].is_null()), (Some("requirements.txt"), true));
    assert_eq!(part["dists"][1]["passed"], serde_json::json!([["2.0", "it is yanked: broken"]]));
    assert!(part["dists"][1]["size"].as_u64() > Some(10) && part["dists"][1]["files"] == serde_json::json!([]));
    // Of what lies there, files are known, and the target only where somebody says it.
    let mut layer = context.barrow();
    context.succeed(layer.args(["layer", "tiny", "-o", "layer.zip", "--index-url", &index.url()]));
    context.succeed(&mut tree(&["layer.zip", "--report", "there.html"]));
    let there = data(&context, "there.html");
    let part = &there["parts"][0];
    assert_eq!((part["label"].as_str(), part["runtime"].is_null()), (Some("layer.zip"), true));
    assert!(part["findings"].is_null() && part["zip"].as_u64() > Some(100));
    assert!(part["dists"][1]["files"].as_array().unwrap().len() > 3 && part["dists"][1]["slim"] == 10);
    context.succeed(&mut tree(&["layer.zip", "--report", "there.html", "--runtime", "python3.13"]));
    let there = data(&context, "there.html");
    assert!(there["parts"][0]["findings"].is_array() && there["parts"][0]["runtime"] == "python3.13");
    context.write("mine.html", "<p>mine");
    let refused = context.run(&mut tree(&["layer.zip", "--report", "mine.html"]));
    assert!(refused.starts_with("exit code: 2") && refused.contains("is no report of barrow"), "{refused}");
    let both = context.run(context.barrow().args(["bundle", ".", "--list", "--report", "list.html"]));
    assert!(both.starts_with("exit code: 2") && both.contains("cannot be used with"), "{both}");
}
