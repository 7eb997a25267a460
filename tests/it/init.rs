//! `barrow init` from a SAM template and from serverless.yml.

use std::process::Output;

use crate::support::{TestContext, has};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn init(context: &TestContext) -> Output {
    context.barrow().args(["init", "--force"]).output().unwrap()
}

/// Writes the file; fails where one of the parts is not told.
#[track_caller]
fn init_tells(context: &TestContext, parts: &[&str]) -> Output {
    let output = init(context);
    let told = crate::support::said(&output);
    assert!(output.status.success(), "{told}");
    has(&told, parts);
    output
}

/// What the file that was written makes, a line each.
fn listed(context: &TestContext) -> String {
    let output = context.barrow().args(["build", "--list"]).output().unwrap();
    assert!(output.status.success(), "{}", crate::support::said(&output));
    text(&output.stdout)
        .lines()
        .map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" ") + "\n")
        .collect()
}

#[test]
fn a_sam_template_says_targets_and_handlers() {
    let context = TestContext::new();
    for folder in ["one", "two", "layer"] {
        context.write(&format!("{folder}/app.py"), "");
    }
    context.write(
        "template.yaml",
        "Globals:\n  Function: {Runtime: python3.13}\nResources:\n\
         \x20 One: {Type: AWS::Serverless::Function, Properties: {CodeUri: ./one/, Handler: app.handler}}\n\
         \x20 Two: {Type: AWS::Serverless::Function, Properties: {CodeUri: two, Architectures: [arm64]}}\n\
         \x20 Web: {Type: AWS::Serverless::Function, Properties: {CodeUri: web, Runtime: nodejs22.x}}\n\
         \x20 Odd: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Sub x}}\n\
         \x20 Shared: {Type: AWS::Serverless::LayerVersion, Metadata: {BuildMethod: python3.13}, Properties: {ContentUri: layer}}\n",
    );
    let output = init_tells(
        &context,
        &[
            "template.yaml:6: `Web` is not carried over: its runtime is nodejs22.x",
            "not carried over: template.yaml:7: `!Sub`",
            "`barrow sam build` builds template.yaml as it is",
            "Wrote barrow.toml from template.yaml with 3 units",
        ],
    );
    assert_eq!(
        listed(&context),
        "One function python3.13 x86_64\nTwo function python3.13 arm64\nShared layer python3.13 x86_64\n"
    );
    let written = fs_err::read_to_string(context.path("barrow.toml")).unwrap();
    assert!(written.contains("handler = \"app.handler\"") && written.contains("source = \"one\"\n"), "{written}");
    assert_eq!(text(&output.stdout), written);
}

#[test]
fn layers_of_a_sam_template_are_those_of_its_functions() {
    let context = TestContext::new();
    for folder in ["one", "two", "layer"] {
        context.write(&format!("{folder}/app.py"), "");
    }
    let layer = "Type: AWS::Serverless::LayerVersion, Metadata: {BuildMethod: python3.13}";
    let function = "Type: AWS::Serverless::Function, Properties: {Handler: app.handler,";
    context.write(
        "template.yaml",
        format!(
            "Globals:\n  Function: {{Runtime: python3.13, Layers: [!Ref Shared]}}\nResources:\n\
             \x20 One: {{{function} CodeUri: one, Layers: ['arn:aws:lambda:eu-west-1:1:layer:theirs:1', !Ref Gone]}}}}\n\
             \x20 Two: {{{function} CodeUri: two, Architectures: [arm64]}}}}\n\
             \x20 Shared: {{{layer}, Properties: {{ContentUri: layer}}}}\n\
             \x20 Gone: {{{layer}, Properties: {{ContentUri: gone}}}}\n"
        ),
    );
    let output = init_tells(
        &context,
        &[
            "template.yaml:4: a layer of `One` lies elsewhere",
            "the layer `Gone` of `One` in template.yaml is not carried over: it is no layer that is built here",
            "the layer `Shared` of `Two` in template.yaml is not carried over: it is for another runtime or processor",
        ],
    );
    let written = text(&output.stdout);
    assert_eq!(written.matches("layers = [\"Shared\"]\n").count(), 1, "{written}");
    let output = context.barrow().args(["build"]).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
}

const SERVERLESS: &str = "\
service: shop
provider:
  name: aws
  runtime: python3.12
  architecture: arm64
package:
  individually: true
  patterns: ['!node_modules/**', 'extra/**']
custom:
  pythonRequirements:
    slim: true
    noDeploy: [boto3]
    dockerizePip: true
functions:
  orders:
    module: services/orders
    handler: services/orders/app.handler
  users:
    handler: users.handler
    runtime: python3.13
    layers: [{Ref: SharedLambdaLayer}]
  odd:
    handler: ${self:custom.handler}
  web:
    handler: index.handler
    runtime: nodejs22.x
";

#[test]
fn a_serverless_file_says_what_it_says_without_variables() {
    let context = TestContext::new();
    context.write("serverless.yml", SERVERLESS);
    context.write("services/orders/app.py", "");
    context.write("users.py", "");
    context.write("requirements.txt", "");
    let output = init_tells(
        &context,
        &[
            "serverless.yml:8: `extra/**` is not carried over",
            "serverless.yml:13: `dockerizePip` is not carried over: no container is needed",
            "serverless.yml:21: `layers` of `users` are not carried over: what they bring is bundled",
            "serverless.yml:23: `handler` is not carried over: it has a variable",
            "`web` is not carried over: its runtime is nodejs22.x",
            "Wrote barrow.toml from serverless.yml with 2 units",
        ],
    );
    let expected = "orders function python3.12 arm64\nusers function python3.13 arm64\n";
    assert_eq!(listed(&context), expected);
    let written = text(&output.stdout);
    for part in [
        "source = \"services/orders\"",
        "handler = \"app.handler\"",
        "slim = true",
        "exclude-package = [\"boto3\"]",
        "exclude = [\"node_modules/**\"]",
        "requirement = \"requirements.txt\"",
    ] {
        assert!(written.contains(part), "{part}: {written}");
    }
    // One package for the whole service, and its dependencies in a layer.
    context.write(
        "serverless.yml",
        SERVERLESS.replace("individually: true", "individually: false").replace("slim: true", "layer: true"),
    );
    assert!(init(&context).status.success());
    let whole =
        "orders function python3.12 arm64\nshop function python3.13 arm64\nrequirements layer python3.12 arm64\n";
    assert_eq!(listed(&context), whole);
    assert!(fs_err::read_to_string(context.path("barrow.toml")).unwrap().contains("dependencies = false"));
}

/// Serverless starts with all files, and many services take them all away first: then only what is named is bundled.
#[test]
fn a_list_of_what_alone_is_packaged_stays_one() {
    for everything in ["!./**", "!**", "!**/*"] {
        let context = TestContext::new();
        for file in ["handlers/one.py", "handlers/two.py", "handlers/tests/t.py", "lib/a.py", "other/x.py"] {
            context.write(file, "def h(event, context): pass\n");
        }
        context.write("requirements.txt", "");
        let file = format!(
            "service: shop\nprovider: {{name: aws, runtime: python3.12}}\npackage:\n  individually: true\n  patterns:\n    - \"{everything}\"\n    - ./lib/**\nfunctions:\n  one:\n    handler: handlers/one.h\n    package: {{patterns: ['handlers/**', '!handlers/tests/**']}}\n  two:\n    handler: handlers/two.h\n    package: {{patterns: ['handlers/two.py']}}\n"
        );
        context.write("serverless.yml", file);
        init_tells(&context, &["Wrote barrow.toml from serverless.yml with 2 units"]);
        let written = fs_err::read_to_string(context.path("barrow.toml")).unwrap();
        context.write("barrow.toml", written.replace("# output = \"build/{name}.zip\"", "output = \"made/{name}\""));
        let output = context.barrow().arg("build").output().unwrap();
        assert!(output.status.success(), "{}", context.show(&output));
        for (path, is_there) in [
            ("one/handlers/one.py", true),
            ("one/lib/a.py", true),
            ("one/handlers/tests/t.py", false),
            ("one/other/x.py", false),
            ("two/handlers/two.py", true),
            ("two/handlers/one.py", false),
            ("two/lib/a.py", true),
        ] {
            assert_eq!(context.path(&format!("made/{path}")).exists(), is_there, "{everything}: {path}");
        }
    }
}

/// A pattern of Serverless starts in the folder of the service, and one of a module's function too.
#[test]
fn patterns_of_a_service_start_in_its_folder() {
    let context = TestContext::new();
    for file in [
        "config.json",
        "a.sql",
        "app/config.json",
        "app/a.sql",
        "svc/tests/t.py",
        "svc/a.sql",
        "svc/tests.py",
        "lib/a.py",
        "lib/b/c.py",
    ] {
        context.write(file, "");
    }
    context.write("requirements.txt", "");
    context.write("svc/requirements.txt", "");
    context.write("app/main.py", "def handler(event, context): pass\n");
    context.write("svc/two.py", "def handler(event, context): pass\n");
    context.write(
        "serverless.yml",
        "service: shop\nprovider: {name: aws, runtime: python3.12}\n\
         package: {patterns: ['!config.json', '!*.sql', '!lib/*', '!s*/tests/**', '!other/**', '!**/deep/**']}\n\
         functions:\n  api: {handler: app/main.handler}\n  two: {handler: two.handler, module: svc}\n",
    );
    let output = init_tells(&context, &["Wrote barrow.toml from serverless.yml with 2 units"]);
    let written = text(&output.stdout);
    has(
        &written,
        &[
            "exclude = [\"/config.json\", \"/*.sql\", \"lib/*\", \"!lib/*/\", \"s*/tests/**\", \"other/**\", \"**/deep/**\"]\n",
            "exclude = [\"tests/**\", \"**/deep/**\"]\n",
        ],
    );
    let output = context.barrow().arg("build").output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    for (path, is_there) in [
        ("shop/config.json", false),
        ("shop/a.sql", false),
        ("shop/app/config.json", true),
        ("shop/app/a.sql", true),
        ("shop/svc/tests/t.py", false),
        ("shop/lib/a.py", false),
        ("shop/lib/b/c.py", true),
        ("two/a.sql", true),
        ("two/tests.py", true),
        ("two/tests/t.py", false),
    ] {
        assert_eq!(context.path(&format!("build/{path}")).exists(), is_there, "{path}");
    }
}

/// The layer of the requirements is for the provider's target, and is that of the functions that name it.
#[test]
fn a_layer_of_requirements_is_that_of_the_functions_that_name_it() {
    let context = TestContext::new();
    context.write("app.py", "import alpha\n\ndef handler(event, context): pass\n");
    context.write("requirements.txt", "alpha\n");
    let service = |provider: &str, layers: &str| {
        format!(
            "service: shop\nprovider: {{name: aws, runtime: python3.12{provider}}}\n\
             custom: {{pythonRequirements: {{layer: true}}}}\nfunctions:\n  \
             edge: {{handler: app.handler, runtime: python3.11, layers: []}}\n  app: {{handler: app.handler{layers}}}\n"
        )
    };
    for (provider, layers) in [
        ("", ", layers: [{Ref: PythonRequirementsLambdaLayer}]"),
        ("", ", layers: [!Ref PythonRequirementsLambdaLayer]"),
        (", layers: [{Ref: PythonRequirementsLambdaLayer}]", ""),
    ] {
        context.write("serverless.yml", service(provider, layers));
        let output = init_tells(&context, &["are in the layer `requirements`", "with 3 units"]);
        assert!(!crate::support::said(&output).contains("bundled"), "{}", crate::support::said(&output));
        let written = text(&output.stdout);
        assert_eq!(written.matches("layers = [\"requirements\"]\n").count(), 1, "{written}");
        assert!(listed(&context).ends_with("requirements layer python3.12 x86_64\n"), "{}", listed(&context));
    }
    context.write("serverless.yml", service("", ", layers: ['arn:aws:lambda:eu-west-1:1:layer:x:1']"));
    init_tells(&context, &["`layers` of `app` are not carried over"]);
}

/// Functions may stand in files of their own; the target stands here.
#[test]
fn a_service_without_functions_keeps_its_target() {
    let context = TestContext::new();
    context.write("app.py", "");
    context.write("requirements.txt", "");
    for functions in ["", "functions: ${file(functions.yml)}\n"] {
        let provider = "provider: {name: aws, runtime: python3.11, architecture: arm64}";
        context.write("serverless.yml", format!("service: shop\n{provider}\n{functions}"));
        init_tells(&context, &["no functions are read here: the service is carried over as one function"]);
        assert_eq!(listed(&context), "shop function python3.11 arm64\n");
    }
}

/// A project's manifest stands above its code; a workspace's above its members.
#[test]
fn code_below_what_it_needs_is_found() {
    let project = "[project]\nname = \"shop\"\nversion = \"1.0\"\n";
    for (files, expected) in [
        (&["pyproject.toml", "src/shop/__init__.py", "tests/test_it.py"][..], "function"),
        (&["requirements.txt", "shop/app.py", "scripts/deploy.py"], "function"),
        (&["pyproject.toml", "packages/a/pyproject.toml", "packages/a/src/a/app.py", "scripts/x.py"], "packages-a"),
    ] {
        let context = TestContext::new();
        for file in files {
            context.write(file, if file.ends_with("pyproject.toml") { project } else { "" });
        }
        init_tells(&context, &["Wrote barrow.toml with 1 unit"]);
        assert!(listed(&context).starts_with(&format!("{expected} function")), "{}", listed(&context));
    }
    let context = TestContext::new();
    for file in ["pyproject.toml", "tests/test_it.py", "docs/a.md"] {
        context.write(file, if file.ends_with("pyproject.toml") { project } else { "" });
    }
    assert_eq!(init(&context).status.code(), Some(1));
}

/// A lock at the root of a workspace is that of its members, each of which is a function. Settings of a linter make no
/// member.
#[test]
fn members_of_a_locked_workspace_are_found() {
    let context = TestContext::new();
    context.write("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"services/*\"]\n");
    let mut lock = "version = 1\nrequires-python = \">=3.12\"\n".to_owned();
    for (name, code) in [("mail", "src/mail/app.py"), ("orders", "app.py")] {
        let project = format!("[project]\nname = \"{name}\"\nversion = \"1.0\"\nrequires-python = \">=3.12\"\n");
        context.write(&format!("services/{name}/pyproject.toml"), project);
        context.write(&format!("services/{name}/{code}"), "");
        lock += &format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ virtual = \"services/{name}\" }}\n"
        );
    }
    context.write("scripts/pyproject.toml", "[tool.ruff]\nline-length = 100\n");
    context.write("scripts/deploy.py", "");
    for has_lock in [false, true] {
        if has_lock {
            context.write("uv.lock", &lock);
        }
        init_tells(&context, &["Wrote barrow.toml with 2 units"]);
        let written = fs_err::read_to_string(context.path("barrow.toml")).unwrap();
        for name in ["mail", "orders"] {
            assert!(written.contains(&format!("source = \"services/{name}\"\n")), "{written}");
        }
    }
}

/// A file of another meaning stops nothing: folders say what they say.
#[test]
fn folders_count_where_files_say_nothing() {
    let context = TestContext::new();
    context.write("template.yaml", "a: 1\n");
    context.write("app/app.py", "");
    context.write("app/requirements.txt", "");
    let output = init(&context);
    assert!(
        crate::support::said(&output).contains("`template.yaml` is no template"),
        "{}",
        crate::support::said(&output)
    );
    assert!(listed(&context).starts_with("app function"));
    context.write("serverless.yml", "a: [\n");
    let output = init(&context);
    assert!(
        output.status.code() == Some(2) && crate::support::said(&output).contains("serverless.yml:2"),
        "{}",
        crate::support::said(&output)
    );
}

/// A repository that several tools know: one of them counts, and what is missing is told.
#[test]
fn what_lies_beside_is_told() {
    let context = TestContext::new();
    context.write(
        "template.yaml",
        "Globals:\n  Function: {Runtime: python3.13}\nResources:\n\
         \x20 Mail: {Type: AWS::Serverless::Function, Properties: {CodeUri: mail, Handler: app.handler}}\n\
         \x20 Gone: {Type: AWS::Serverless::Function, Properties: {CodeUri: gone, Handler: app.handler}}\n",
    );
    context.write("serverless.yml", SERVERLESS);
    context.write("mail/app.py", "");
    context.write("mail/Pipfile", "[packages]\nrequests = \"*\"\n");
    init_tells(
        &context,
        &[
            "`serverless.yml` is not read: template.yaml says what is built, and of both one counts",
            "`Gone` of template.yaml is not carried over: there is no folder `gone`",
            "`mail/Pipfile` has no lock beside it, and the lock is what is built: run `pipenv lock`",
            "Wrote barrow.toml from template.yaml with 1 unit",
        ],
    );
    assert_eq!(listed(&context), "Mail function python3.13 x86_64\n");
    // A template without anything to build leaves the word to the next file, and folders have the last one.
    context.write("template.yaml", "Resources:\n  A: {Type: AWS::S3::Bucket}\n");
    context.write("users.py", "");
    context.write("requirements.txt", "");
    context.write("services/orders/app.py", "");
    assert!(crate::support::said(&init(&context)).contains("Wrote barrow.toml from serverless.yml with 2 units"));
    for file in ["template.yaml", "serverless.yml", "users.py", "requirements.txt"] {
        fs_err::remove_file(context.path(file)).unwrap();
    }
    let output = init(&context);
    let told = crate::support::said(&output);
    assert!(output.status.code() == Some(1) && told.contains("`mail/Pipfile` has no lock beside it"), "{told}");
}

/// A runtime or processor of single functions is a package of its own, as it is for the plugin.
#[test]
fn functions_of_other_targets_are_other_units() {
    let context = TestContext::new();
    context.write("app.py", "");
    context.write(
        "serverless.yml",
        "service: shop\nprovider: {name: aws, runtime: python3.11}\nfunctions:\n\
         \x20 a: {handler: app.a, architecture: arm64}\n\
         \x20 b: {handler: app.b, runtime: python3.12}\n\
         \x20 c: {handler: app.c}\n\
         \x20 d: {handler: app.d}\n\
         \x20 own: {handler: app.e, package: {patterns: ['!docs/**']}}\n",
    );
    let output = init_tells(&context, &["Wrote barrow.toml from serverless.yml with 4 units"]);
    assert_eq!(
        listed(&context),
        "shop function python3.11 arm64\nshop-python3.12-x86_64 function python3.12 x86_64\n\
         shop-python3.11-x86_64 function python3.11 x86_64\nown function python3.11 x86_64\n"
    );
    assert!(text(&output.stdout).contains("handler = [\"app.c\", \"app.d\"]"), "{}", text(&output.stdout));
}

/// Locks come before the requirements file, unless the options say otherwise.
#[test]
fn requirements_of_a_service_are_those_of_the_plugin() {
    let check = |options: &str, files: &[&str], written: &str, told: &str| {
        let context = TestContext::new();
        for file in files {
            context.write(file, "");
        }
        context.write("app.py", "");
        context.write(
            "serverless.yml",
            format!(
                "service: shop\nprovider: {{name: aws, runtime: python3.12}}\ncustom:\n  pythonRequirements:\n\
                 \x20   {options}\nfunctions:\n  a: {{handler: app.h}}\n"
            ),
        );
        let output = init_tells(&context, &[told]);
        assert!(text(&output.stdout).contains(written), "{options}: {}", text(&output.stdout));
    };
    let both = ["poetry.lock", "requirements.txt", "needs.txt"].as_slice();
    check("usePoetry: true", both, "requirement = \"poetry.lock\"\n", "");
    check("slim: true", &["Pipfile.lock", "requirements.txt"], "requirement = \"Pipfile.lock\"\n", "");
    check("slim: true", &["requirements.txt"], "requirement = \"requirements.txt\"\n", "");
    check("{usePoetry: false, usePipenv: false}", both, "requirement = \"requirements.txt\"\n", "");
    check("fileName: needs.txt", both, "requirement = \"needs.txt\"\n", "");
    check("fileName: gone.txt", both, "dependencies = false\n", "");
    check("{layer: true}", both, "[[layer]]\nname = \"requirements\"\nrequirement = \"poetry.lock\"\n", "");
    check("poetryWithGroups: [main, web]", both, "group = [\"main\", \"web\"]\n", "");
    check("poetryOnlyGroups: [web]", both, "only-group = [\"web\"]\n", "");
    for (options, told) in [
        ("usePipenv: true", "serverless.yml:5: `usePipenv` is not carried over: there is no `Pipfile.lock`"),
        ("{usePoetry: true, fileName: needs.txt}", "`usePoetry` is not carried over: `fileName` comes before"),
        ("poetryWithoutGroups: [dev]", "`poetryWithoutGroups` is not carried over: name the groups"),
        ("vendor: lib", "`vendor` is not carried over: copy the folder"),
        ("oddOption: 1", "`oddOption` is not carried over: it is no option that is known"),
        ("poetryWithGroups: ['${self:custom.x}']", "`poetryWithGroups` is not carried over: it has a variable"),
    ] {
        check(options, both, "", told);
    }
}

/// What `barrow build` would refuse is not written.
#[test]
fn what_is_written_can_be_built() {
    let context = TestContext::new();
    for folder in ["a-b/c", "a/b-c", "a/b/c"] {
        context.write(&format!("{folder}/app.py"), "");
        context.write(&format!("{folder}/requirements.txt"), "");
    }
    init_tells(&context, &["with 3 units"]);
    let names: Vec<String> = listed(&context).lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["a-b-c", "a-b-c-2", "a-b-c-3"]);
    let function = |runtime: &str| {
        format!("Type: AWS::Serverless::Function, Properties: {{CodeUri: a/b-c, Handler: app.h, Runtime: {runtime}}}")
    };
    for (name, file, told) in [
        (
            "serverless.yml",
            "service: shop\nprovider: {name: aws, runtime: python3.7}\npackage: {individually: true}\nfunctions:\n\
             \x20 a: {handler: app.h}\n  b: {handler: app.h, runtime: python3.12}\n"
                .to_owned(),
            "serverless.yml:2: `runtime` is not carried over: barrow does not know python3.7",
        ),
        (
            "template.yaml",
            format!("Resources:\n  a: {{{}}}\n  b: {{{}}}\n", function("python3.7"), function("python3.12")),
            "template.yaml:2: the runtime of `a` is not carried over: barrow does not know python3.7",
        ),
    ] {
        context.write(name, file);
        init_tells(&context, &[told]);
        let listed = listed(&context);
        // That of one function is not that of the other.
        assert!(listed.contains("b function python3.12") && !listed.contains("a function python3.12"), "{listed}");
    }
}

/// The settings file of SAM counts as it does for `barrow sam build`.
#[test]
fn the_settings_of_sam_count() {
    let context = TestContext::new();
    context.write(
        "infra/main.yaml",
        "Parameters:\n  Rt: {Type: String, Default: python3.11}\nResources:\n\
         \x20 F: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../fn/, Handler: app.h, Runtime: !Ref Rt}}\n\
         \x20 G: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../fn, Handler: app.h, Runtime: !Ref Rt}}\n",
    );
    context.write("fn/app.py", "");
    context.write("needs.txt", "");
    context.write(
        "samconfig.toml",
        "version = 0.1\n[default.build.parameters]\ntemplate_file = \"infra/main.yaml\"\nmanifest = \"needs.txt\"\n\
         exclude = [\"G\"]\nparameter_overrides = \"Rt=python3.12 Odd=1\"\n",
    );
    let output = init_tells(
        &context,
        &["samconfig.toml says exclude, manifest", "`infra/main.yaml` has no parameter `Odd`", "with 1 unit"],
    );
    assert_eq!(listed(&context), "F function python3.12 x86_64\n");
    let written = text(&output.stdout);
    assert!(written.contains("source = \"fn\"\nrequirement = \"needs.txt\"\n"), "{written}");
}

#[test]
fn the_file_is_an_object_for_programs() {
    let context = TestContext::new();
    context.write("app/app.py", "");
    context.write("app/requirements.txt", "");
    let output = context.barrow().args(["init", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let written = fs_err::read_to_string(context.path("barrow.toml")).unwrap();
    assert_eq!(value["text"], written.as_str());
    let (unit, none) = (&value["units"][0], serde_json::Value::Null);
    assert_eq!((&unit["name"], &unit["kind"], &unit["runtime"]), (&"app".into(), &"function".into(), &none));
}
