//! `barrow sam build`: what it writes, and what it refuses.

use std::process::Output;

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", "one"))
        .file(WheelBuilder::new("native", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64").file("native/x86.py", ""))
        .file(WheelBuilder::new("native", "1.0").tag("cp313-cp313-manylinux_2_17_aarch64").file("native/arm.py", ""))
        .start()
}

fn build(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> Output {
    let mut command = context.barrow();
    command.args(["sam", "build", "--index-url", &index.url()]).args(arguments).output().unwrap()
}

fn read(context: &TestContext, path: &str) -> String {
    fs_err::read_to_string(context.path(path)).unwrap()
}

const TEMPLATE: &str = "\
# An application.
Transform: AWS::Serverless-2016-10-31
Parameters:
  Runtime:
    Type: String
    Default: python3.12
Globals:
  Function:
    Runtime: !Ref Runtime
    Timeout: 3   # seconds
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: services/orders/
      Handler: app.handler
      Layers: [!Ref Shared]
  Arm:
    Type: AWS::Lambda::Function
    Properties:
      Code: services/arm
      Runtime: python3.13
      Architectures: [arm64]
      Role: !GetAtt Role.Arn
  Shared:
    Type: AWS::Serverless::LayerVersion
    Metadata:
      BuildMethod: python3.12
    Properties:
      ContentUri: shared
  Web:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: web, Runtime: nodejs22.x, Handler: index.handler}
";

fn application(context: &TestContext) {
    context.write("template.yaml", TEMPLATE);
    context.write("services/orders/app.py", "import native\n");
    context.write("services/orders/requirements.txt", "native\n");
    context.write("services/arm/app.py", "import native\n");
    context.write("services/arm/requirements.txt", "native\n");
    context.write("shared/helpers.py", "import tiny\n");
    context.write("shared/requirements.txt", "tiny\n");
    context.write("web/index.js", "");
}

#[test]
fn functions_and_layers_are_built_for_their_own_targets() {
    let (context, index) = (TestContext::new(), index());
    application(&context);
    // What the template says counts more than what anyone else says.
    context.write("barrow.toml", "runtime = \"python3.9\"\narch = \"arm64\"\n");
    let output = build(&context, &index, &[]);
    let told = crate::support::said(&output);
    assert!(output.status.success(), "{told}");
    for path in [
        "Orders/app.py",
        "Orders/native/x86.py",
        "Arm/native/arm.py",
        "Shared/python/helpers.py",
        "Shared/python/tiny/__init__.py",
    ] {
        assert!(context.path(".aws-sam/build").join(path).is_file(), "{path}: {told}");
    }
    assert!(told.contains("template.yaml:31: `Web` is left to SAM: its runtime is nodejs22.x"), "{told}");
    assert!(told.contains("sam build --exclude Orders --exclude Arm --exclude Shared"), "{told}");
    let expected = TEMPLATE
        .replace("services/orders/", "Orders")
        .replace("Code: services/arm", "Code: Arm")
        .replace("ContentUri: shared", "ContentUri: Shared")
        .replace("CodeUri: web", "CodeUri: ../../web");
    assert_eq!(read(&context, ".aws-sam/build/template.yaml"), expected);

    let again = build(&context, &index, &["--json"]);
    let answer: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    let states: Vec<&str> =
        answer["units"].as_array().unwrap().iter().map(|unit| unit["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["unchanged", "unchanged", "unchanged"]);
    assert_eq!(answer["template"], ".aws-sam/build/template.yaml");
    assert_eq!(answer["units"][0]["handlers"][0], "app.handler");
}

#[test]
fn a_name_of_a_function_behind_exclude_is_told_what_leaves_functions_out() {
    let (context, index) = (TestContext::new(), index());
    application(&context);
    let output = build(&context, &index, &["--exclude", "Orders"]);
    let shown = context.show(&output);
    assert!(output.status.success() && context.path(".aws-sam/build/Orders").is_dir(), "{shown}");
    assert!(shown.contains("`--exclude Orders` leaves out files of that name"), "{shown}");
}

/// The folder of a function is what `barrow bundle` makes of it.
#[test]
fn a_function_is_a_bundle() {
    let (context, index) = (TestContext::new(), index());
    application(&context);
    assert!(build(&context, &index, &["--parameter-overrides", "Runtime=python3.12"]).status.success());
    let mut alone = context.barrow();
    alone.args(["bundle", "services/orders", "-o", "alone", "--runtime", "python3.12", "--index-url", &index.url()]);
    assert!(alone.output().unwrap().status.success());
    assert_eq!(context.tree(".aws-sam/build/Orders"), context.tree("alone"));
}

#[test]
fn templates_within_templates_are_built_too() {
    let (context, index) = (TestContext::new(), index());
    context.write(
        "infra/main.yaml",
        "Resources:\n  Child:\n    Type: AWS::Serverless::Application\n    Properties:\n      Location: child/template.yaml\n      \
         Parameters:\n        Rt: python3.13\n",
    );
    context.write(
        "infra/child/template.yaml",
        "Parameters:\n  Rt: {Type: String}\nResources:\n  Inner:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         CodeUri: ../../code\n      Runtime: !Ref Rt\n      Architectures: [arm64]\n",
    );
    context.write("code/app.py", "");
    context.write("code/requirements.txt", "native\n");
    let output = build(&context, &index, &["-t", "infra/main.yaml", "--build-dir", "out"]);
    assert!(output.status.success(), "{}", crate::support::said(&output));
    assert!(context.path("out/Child/Inner/native/arm.py").is_file());
    assert!(read(&context, "out/template.yaml").contains("Location: Child/template.yaml\n"));
    assert!(read(&context, "out/Child/template.yaml").contains("CodeUri: Inner\n"));
}

/// A function that cannot be built leaves the template as it was, so that nothing half-new is deployed.
#[test]
fn the_template_is_written_when_all_are_made() {
    let (context, index) = (TestContext::new(), index());
    application(&context);
    assert!(build(&context, &index, &[]).status.success());
    let before = read(&context, ".aws-sam/build/template.yaml");
    context.write("template.yaml", TEMPLATE.replace("Timeout: 3", "Timeout: 4"));
    context.write("services/arm/requirements.txt", "absent\n");
    let output = build(&context, &index, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(crate::support::said(&output).contains("1 of 3 could not be built"), "{}", crate::support::said(&output));
    assert_eq!(read(&context, ".aws-sam/build/template.yaml"), before);
    context.write("services/arm/requirements.txt", "native\n");
    assert!(build(&context, &index, &[]).status.success());
    assert!(read(&context, ".aws-sam/build/template.yaml").contains("Timeout: 4"));
}

/// `.aws-sam/build` is made by tools only, so what another one left there is replaced; elsewhere it is not.
#[test]
fn what_sam_left_is_replaced_and_what_users_have_is_not() {
    let (context, index) = (TestContext::new(), index());
    application(&context);
    context.write(".aws-sam/build/Orders/stale.py", "");
    assert!(build(&context, &index, &[]).status.success());
    assert!(!context.path(".aws-sam/build/Orders/stale.py").exists());
    context.write("mine/Orders/precious.txt", "");
    let output = build(&context, &index, &["--build-dir", "mine"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(crate::support::said(&output).contains("--force"), "{}", crate::support::said(&output));
    assert!(context.path("mine/Orders/precious.txt").exists() && !context.path("mine/template.yaml").exists());
}

/// Templates of the user's are not replaced: neither those that are built, nor others that lie where to.
#[test]
fn templates_of_others_are_left_alone() {
    let (context, index) = (TestContext::new(), index());
    application(&context);
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = build(&context, &index, arguments);
        let told = crate::support::said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        for part in parts {
            assert!(told.contains(part), "{part}: {told}");
        }
    };
    for arguments in [&["-b", "."][..], &["-b", ".", "--force"], &["-b", "linked", "--force"]] {
        if !context.path("linked").exists() {
            fs_err::os::unix::fs::symlink(".", context.path("linked")).unwrap();
        }
        refused(arguments, &["template.yaml` is a template that is built here", "--build-dir"]);
        assert_eq!(read(&context, "template.yaml"), TEMPLATE);
        assert!(!context.path("Orders").exists(), "nothing is built");
    }
    context.write("mine/template.yaml", "Resources: {}\n");
    refused(&["-b", "mine"], &["mine/template.yaml` is not what barrow wrote there", "--force"]);
    assert_eq!(read(&context, "mine/template.yaml"), "Resources: {}\n");
    assert!(!context.path("mine/Orders").exists(), "nothing is built");
    assert!(build(&context, &index, &["-b", "mine", "--force"]).status.success());
    // What barrow wrote is barrow's, also when the template has changed.
    context.write("template.yaml", TEMPLATE.replace("Timeout: 3", "Timeout: 4"));
    assert!(build(&context, &index, &["-b", "mine"]).status.success());
    let written = read(&context, "mine/template.yaml");
    assert!(written.contains("Timeout: 4"));
    // What someone has edited since is not, but for the usual place; what is the same anyway is nobody's loss.
    context.write("mine/template.yaml", "Resources: {}\n");
    refused(&["-b", "mine"], &["is not what barrow wrote there"]);
    context.write("mine/template.yaml", written);
    assert!(build(&context, &index, &["-b", "mine"]).status.success());
    context.write(".aws-sam/build/template.yaml", "Resources: {}\n");
    assert!(build(&context, &index, &[]).status.success());
    assert!(read(&context, ".aws-sam/build/template.yaml").contains("Timeout: 4"));
}

#[test]
fn nested_templates_of_others_are_left_alone() {
    let (context, index) = (TestContext::new(), index());
    let outer = "Resources:\n  Child:\n    Type: AWS::Serverless::Application\n    Properties: {Location: Child/template.yaml}\n";
    let inner = "Resources:\n  Inner:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: ../code, Runtime: \
                 python3.13}\n";
    context.write("main.yaml", outer);
    context.write("Child/template.yaml", inner);
    context.write("code/app.py", "");
    for arguments in [&["-t", "main.yaml", "-b", "."][..], &["-t", "main.yaml", "-b", ".", "--force"]] {
        let output = build(&context, &index, arguments);
        let told = crate::support::said(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("Child/template.yaml` is a template that is built here"), "{told}");
    }
    context.write("out/Child/template.yaml", "Resources: {}\n");
    let output = build(&context, &index, &["-t", "main.yaml", "-b", "out"]);
    assert!(crate::support::said(&output).contains("Child/template.yaml` is not what barrow wrote there"));
    assert_eq!(read(&context, "Child/template.yaml"), inner);
    assert_eq!(read(&context, "out/Child/template.yaml"), "Resources: {}\n");
    assert!(!context.path("out/Child/Inner").exists() && !context.path("out/template.yaml").exists());
}

#[test]
fn what_cannot_be_built_is_said_with_its_line() {
    let (context, index) = (TestContext::new(), index());
    let check = |template: Option<String>, arguments: &[&str], exit: i32, parts: &[&str]| {
        if let Some(template) = &template {
            context.write("template.yaml", template);
        }
        let output = build(&context, &index, arguments);
        let told = crate::support::said(&output);
        assert_eq!(output.status.code(), Some(exit), "{told}");
        for part in parts {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!context.path(".aws-sam").exists());
    };
    check(None, &[], 2, &["template.yaml, template.yml, template.json", "-t"]);
    check(None, &["-t", "absent.yaml"], 2, &["absent.yaml"]);
    application(&context);
    let with = |old: &str, new: &str| Some(TEMPLATE.replace(old, new));
    check(with("Code: services/arm", "Code: nowhere"), &[], 2, &["template.yaml:18: the code of `Arm`", "nowhere"]);
    check(with("Runtime: python3.13", "Runtime: python2.7"), &[], 2, &["template.yaml:18: `Arm`", "python2.7"]);
    check(with("[arm64]", "[riscv]"), &[], 2, &["template.yaml:18: `Arm`", "riscv"]);
    check(with("    Default: python3.12\n", ""), &[], 2, &["template.yaml:8: ", "--parameter-overrides Runtime=VALUE"]);
    check(with("Runtime: python3.13", "Runtime: !Sub 'x'"), &[], 2, &["template.yaml:22: `!Sub`", "sam build"]);
    check(with("Timeout: 3", "Timeout: [3"), &[], 2, &["template.yaml:", "not valid YAML"]);
    check(with("x", "x"), &["--parameter-overrides", "Runtime"], 2, &["`Runtime` of --parameter-overrides"]);
    check(
        Some("Resources:\n  A: {Type: AWS::S3::Bucket}\n".to_owned()),
        &[],
        1,
        &["no Python function or layer", "BuildMethod"],
    );
}

const LOCKED: &str = "\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: app.handler}}
Resources:
  ByUv: {Type: AWS::Serverless::Function, Properties: {CodeUri: services/uv}}
  ByPoetry: {Type: AWS::Serverless::Function, Properties: {CodeUri: services/poetry}}
  ByPipenv: {Type: AWS::Serverless::Function, Properties: {CodeUri: services/pipenv}}
  ByPylock: {Type: AWS::Serverless::Function, Properties: {CodeUri: services/pylock}}
  Above: {Type: AWS::Serverless::Function, Properties: {CodeUri: mono/functions/one}}
";

/// Four functions with a lock of their own and one below the lock of a project; an index that has a newer version by
/// now.
fn locked_application(context: &TestContext) -> RunningIndex {
    let wheel = WheelBuilder::new("tiny", "1.0").file("tiny/__init__.py", "one").build();
    let digest = crate::support::sha256_hex(&wheel.bytes);
    let index = IndexServer::new().file(wheel).file(WheelBuilder::new("tiny", "2.0")).start();
    let (url, files) = (index.url(), index.url().replace("/simple/", "/files"));
    context.write("template.yaml", LOCKED);
    for folder in ["uv", "poetry", "pipenv", "pylock"] {
        context.write(&format!("services/{folder}/app.py"), "import tiny\n");
    }
    let project =
        "[project]\nname = \"service\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"tiny\"]\n";
    let uv_lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"service\"\nversion = \"0.1.0\"\n\
         source = {{ virtual = \".\" }}\ndependencies = [\n    {{ name = \"tiny\" }},\n]\n\n[package.metadata]\n\
         requires-dist = [{{ name = \"tiny\" }}]\n\n[[package]]\nname = \"tiny\"\nversion = \"1.0\"\n\
         source = {{ registry = \"{url}\" }}\nwheels = [\n    {{ url = \"{files}/tiny-1.0-py3-none-any.whl\", \
         hash = \"sha256:{digest}\" }},\n]\n"
    );
    for folder in ["services/uv", "mono"] {
        context.write(&format!("{folder}/pyproject.toml"), project);
        context.write(&format!("{folder}/uv.lock"), &uv_lock);
    }
    context.write("mono/functions/one/app.py", "import tiny\n");
    context.write(
        "services/poetry/pyproject.toml",
        "[tool.poetry]\nname = \"service\"\nversion = \"0.1.0\"\npackage-mode = false\n\n[tool.poetry.dependencies]\n\
         python = \"^3.9\"\ntiny = \"*\"\n",
    );
    context.write(
        "services/poetry/poetry.lock",
        format!(
            "[[package]]\nname = \"tiny\"\nversion = \"1.0\"\ndescription = \"\"\noptional = false\npython-versions = \">=3.8\"\n\
             groups = [\"main\"]\nfiles = [\n    {{file = \"tiny-1.0-py3-none-any.whl\", hash = \"sha256:{digest}\"}},\n]\n\n\
             [metadata]\nlock-version = \"2.1\"\npython-versions = \"^3.9\"\ncontent-hash = \"{}\"\n",
            "0".repeat(64)
        ),
    );
    context.write(
        "services/pipenv/Pipfile.lock",
        format!(
            "{{\"_meta\": {{\"pipfile-spec\": 6, \"sources\": [{{\"name\": \"ours\", \"url\": \"{url}\"}}]}},\n \
             \"default\": {{\"tiny\": {{\"hashes\": [\"sha256:{digest}\"], \"version\": \"==1.0\"}}}}, \"develop\": {{}}}}\n"
        ),
    );
    let lock = ["lock", "tiny<2", "-o", "services/pylock/pylock.toml", "--runtime", "python3.12", "--index-url", &url];
    context.succeed(context.barrow().args(lock));
    index
}

#[test]
fn functions_with_locks_have_what_is_locked() {
    let context = TestContext::new();
    let index = locked_application(&context);
    let output = build(&context, &index, &[]);
    let told = crate::support::said(&output);
    assert!(output.status.success(), "{told}");
    for unit in ["ByUv", "ByPoetry", "ByPipenv", "ByPylock", "Above"] {
        let place = context.path(".aws-sam/build").join(unit);
        assert!(place.join("app.py").is_file() && place.join("tiny-1.0.dist-info").is_dir(), "{unit}: {told}");
        assert!(!place.join("tiny-2.0.dist-info").exists(), "{unit}: {told}");
    }
}

#[test]
fn a_lock_that_does_not_hold_stops_all_functions() {
    let context = TestContext::new();
    let index = locked_application(&context);
    let lock = read(&context, "services/uv/uv.lock");
    let stops = |parts: &[&str]| {
        let output = build(&context, &index, &["--no-cache"]);
        let told = crate::support::said(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        for part in parts {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!context.path(".aws-sam/build/template.yaml").exists(), "{told}");
    };
    let project = read(&context, "services/uv/pyproject.toml");
    context.write("services/uv/pyproject.toml", project.replace("\"tiny\"", "\"tiny>=2\""));
    stops(&["ByUv", "out of date", "`uv lock`"]);
    context.write("services/uv/pyproject.toml", project);
    let digest = lock.split("sha256:").nth(1).unwrap()[..64].to_owned();
    context.write("services/uv/uv.lock", lock.replace(&digest, &"0".repeat(64)));
    stops(&["ByUv", "services/uv/uv.lock:", "tiny-1.0-py3-none-any.whl"]);
}
