//! SAM's own settings file, as `barrow sam build` takes it.

use std::process::Output;

use crate::support::{TestContext, said};

const TEMPLATE: &str = "\
Parameters:
  Rt: {Type: String}
Globals:
  Function: {CodeUri: orders, Runtime: !Ref Rt}
Resources:
  Orders: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler}}
  Odd: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler, Runtime: !Sub x}}
  Child: {Type: AWS::Serverless::Application, Properties: {Location: child.yaml}}
";
const CHILD: &str = "\
Resources:
  Inner: {Type: AWS::Serverless::Function, Properties: {CodeUri: orders, Runtime: python3.12}}
";
const SETTINGS: &str = "\
version = 0.1
[default.global.parameters]
stack_name = \"shop\"
parameter_overrides = \"Rt=python3.9\"
[default.build.parameters]
template_file = \"infra/app.yaml\"
base_dir = \"code\"
build_dir = \"made\"
exclude = [\"Odd\"]
cached = true
parallel = true
colour = \"red\"
parameter_overrides = \"Rt=\\\"python3.12\\\"\"
[default.deploy.parameters]
capabilities = \"CAPABILITY_IAM\"
[prod.build.parameters]
template = \"infra/app.yaml\"
base_dir = \"code\"
exclude = \"Odd\"
manifest = \"all.txt\"
[prod.build.parameters.parameter_overrides]
Rt = \"python3.13\"
Subnets = [\"a\", \"b\"]
";

fn application() -> TestContext {
    let context = TestContext::new();
    context.write("infra/app.yaml", TEMPLATE);
    context.write("infra/child.yaml", CHILD);
    context.write("code/orders/app.py", "");
    context.write("all.txt", "");
    context.write("samconfig.toml", SETTINGS);
    context
}

fn build(context: &TestContext, arguments: &[&str]) -> Output {
    context.barrow().args(["sam", "build", "--no-index"]).args(arguments).output().unwrap()
}

/// The runtimes of what was built, by logical ids.
fn built(context: &TestContext, arguments: &[&str]) -> (String, String) {
    let output = build(context, &[&["--json"], arguments].concat());
    assert!(output.status.success(), "{}", said(&output));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let units = answer["units"].as_array().unwrap().iter();
    let units: Vec<String> =
        units.map(|unit| format!("{} {}", unit["name"].as_str().unwrap(), unit["runtime"].as_str().unwrap())).collect();
    (units.join(", "), said(&output))
}

#[test]
fn what_sam_would_take_is_taken() {
    let context = application();
    let (units, told) = built(&context, &[]);
    assert_eq!(units, "Orders python3.12, Child/Inner python3.12", "{told}");
    assert!(
        context.path("made/Orders/app.py").is_file() && context.path("made/Child/Inner/app.py").is_file(),
        "{told}"
    );
    let template = fs_err::read_to_string(context.path("made/template.yaml")).unwrap();
    assert!(template.contains("Location: Child/template.yaml") && template.contains("Runtime: !Sub x"), "{template}");
    for part in [
        "samconfig.toml says base_dir, build_dir, exclude, parameter_overrides, template_file; no part here have cached, parallel",
        "samconfig.toml:12: `colour` is no parameter of `sam build` that counts here",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("stack_name") && !told.contains("capabilities"), "{told}");
}

#[test]
fn the_command_line_comes_before_it() {
    let context = application();
    let (units, _) = built(&context, &["--parameter-overrides", "Rt=python3.11", "-b", ".aws-sam/build"]);
    assert_eq!(units, "Orders python3.11, Child/Inner python3.12");
    assert!(context.path(".aws-sam/build/Orders/app.py").is_file() && !context.path("made").exists());
    // Beside a template that is named, no settings file lies here.
    let output = build(&context, &["-t", "infra/app.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("app.yaml:4: the parameter `Rt` has no default"), "{}", said(&output));
    // Its paths start where SAM is started, whoever names it.
    let (units, _) = built(&context, &["-t", "infra/app.yaml", "--samconfig", "samconfig.toml"]);
    assert_eq!(units, "Orders python3.12, Child/Inner python3.12");
    let output = build(&context, &["--no-config"]);
    assert!(said(&output).contains("there is none of template.yaml"), "{}", said(&output));
}

#[test]
fn environments_and_forms() {
    let context = application();
    let (units, told) = built(&context, &["--config-env", "prod"]);
    assert_eq!(units, "Orders python3.13, Child/Inner python3.12", "{told}");
    let output = build(&context, &["--config-env", "test"]);
    assert!(
        said(&output).contains("`samconfig.toml` has no environment `test`, so nothing of it counts"),
        "{}",
        said(&output)
    );
    // A requirements file of the command line comes in the place of the one there.
    context.write("all.txt", "absent\n");
    assert_eq!(build(&context, &["--config-env", "prod"]).status.code(), Some(1));
    context.write("none.txt", "");
    built(&context, &["--config-env", "prod", "-r", "none.txt"]);
    // TOML comes first of several.
    context.write("samconfig.yaml", "default: {build: {parameters: {template_file: nowhere.yaml}}}\n");
    built(&context, &[]);
    fs_err::remove_file(context.path("samconfig.toml")).unwrap();
    let output = build(&context, &[]);
    assert!(output.status.code() == Some(2) && said(&output).contains("nowhere.yaml"), "{}", said(&output));
    context.write(
        "samconfig.yaml",
        "version: 0.1\ndefault:\n  global:\n    parameters: {parameter_overrides: [Rt=python3.13, {Other: null}]}\n  build:\n    \
         parameters:\n      template_file: infra/app.yaml\n      base_dir: code\n      exclude: Odd\n      use_container: true\n",
    );
    let (units, told) = built(&context, &[]);
    assert_eq!(units, "Orders python3.13, Child/Inner python3.12", "{told}");
    assert!(told.contains("no part here have use_container"), "{told}");
}

#[test]
fn what_cannot_be_taken_is_said_with_its_line() {
    let context = application();
    let check = |settings: &str, part: &str| {
        context.write("samconfig.toml", settings);
        let output = build(&context, &[]);
        assert!(output.status.code() == Some(2) && said(&output).contains(part), "{settings}: {}", said(&output));
    };
    let build_table = "[default.build.parameters]\n";
    check("[default\n", "samconfig.toml:1: not valid TOML");
    check(&format!("{build_table}template_file = [\"a\"]\n"), "samconfig.toml:2: `template_file` must be a text");
    check(&format!("{build_table}exclude = {{a = 1}}\n"), "samconfig.toml:2: `exclude` must be a text or a list");
    check(&format!("{build_table}hook_name = \"terraform\"\n"), "samconfig.toml:2: `hook_name` makes the template");
    check(&format!("{build_table}parameter_overrides = \"Rt\"\n"), "samconfig.toml:2: `Rt` of `parameter_overrides`");
    check(
        &format!("{build_table}[default.build.parameters.parameter_overrides]\nRt = {{a = 1}}\n"),
        "`Rt` of `parameter_overrides` must be a text",
    );
    let output = build(&context, &["--samconfig", "absent.toml"]);
    assert!(output.status.code() == Some(2) && said(&output).contains("absent.toml"), "{}", said(&output));
    fs_err::remove_file(context.path("samconfig.toml")).unwrap();
    let output = build(&context, &["--config-env", "prod"]);
    assert!(said(&output).contains("--config-env prod: there is no samconfig.toml"), "{}", said(&output));
}

/// What is left to SAM is added by a second run, which is told as it has to be typed.
#[test]
fn both_builds_are_put_together() {
    let context = application();
    context.write("infra/app.yaml", TEMPLATE.replace("Runtime: !Sub x", "Runtime: nodejs22.x"));
    context
        .write("samconfig.toml", SETTINGS.replace("exclude = [\"Odd\"]\n", "").replace("build_dir = \"made\"\n", ""));
    let told = said(&build(&context, &[]));
    for part in [
        "`sam build --exclude Orders --exclude Inner` builds the rest",
        "`barrow sam build -t .aws-sam/build/template.yaml --build-dir .aws-sam/all --samconfig samconfig.toml \
         --base-dir .aws-sam/build` then adds these",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
