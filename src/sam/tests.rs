//! Templates as people write them, and what cannot be read in them.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ResourceUse, SamConfig, Template, read_overrides};

fn template(text: &str, given: &[(&str, &str)]) -> Template {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Template::parse(Path::new("template.yaml"), text, given).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything that was found, a line each.
fn found(text: &str, given: &[(&str, &str)]) -> Vec<String> {
    let line = |found| match found {
        Ok(ResourceUse::Unit(unit)) => {
            let handler = unit.handler.map(|handler| format!(" {handler}")).unwrap_or_default();
            let layers: Vec<&str> = unit.layers.iter().map(|layer| layer.as_deref().unwrap_or("?")).collect();
            let layers = if layers.is_empty() { String::new() } else { format!(" +{}", layers.join(" +")) };
            let target = format!("{} {}", unit.runtime, unit.architecture);
            format!("{} {:?} {} {target}{handler}{layers}", unit.name, unit.kind, unit.source)
        }
        Ok(ResourceUse::Left(left)) => format!("{} left: {}", left.name, left.why),
        Ok(ResourceUse::Nested(nested)) => {
            format!("{} nested: {} {:?}", nested.name, nested.location, nested.parameters)
        }
        Err(error) => format!("{error}"),
    };
    template(text, given).resources().into_iter().map(line).collect()
}

const APPLICATION: &str = "\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Rt: {Type: String, Default: python3.12}
  Arch: {Type: CommaDelimitedList, Default: arm64}
  Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b}
Globals:
  Function:
    Runtime: !Ref Rt
    Architectures: !Ref Arch
    CodeUri: src/
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler}
  Two:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./two
      Runtime: python3.13
      Architectures: [x86_64]
      Handler: !Sub '${x}.handler'
  Node:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs22.x, CodeUri: web}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
  Inline:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: 'x', Runtime: !Sub 'a'}
  Bucket:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: s3://a/b}
  Packed:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: dist/function.zip}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Code: plain, Runtime: python3.11}
  PlainInline:
    Type: AWS::Lambda::Function
    Properties: {Code: {ZipFile: 'x'}, Runtime: python3.11}
  Made:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties: {CodeUri: made}
  Skipped:
    Type: AWS::Serverless::Function
    Metadata: {SkipBuild: True}
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: layer, CompatibleArchitectures: [arm64]}
  UvLayer:
    Type: AWS::Lambda::LayerVersion
    Metadata: {BuildMethod: python-uv, BuildArchitecture: arm64}
    Properties: {Content: uv, CompatibleRuntimes: [nodejs20.x, python3.12]}
  Ready:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: ready}
  Table:
    Type: AWS::DynamoDB::Table
  Child:
    Type: AWS::Serverless::Application
    Properties: {Location: child/template.yaml, Parameters: {Rt: !Ref Rt, Table: !GetAtt Table.Arn}}
  Hub:
    Type: AWS::Serverless::Application
    Properties: {Location: {ApplicationId: x, SemanticVersion: 1.0.0}}
";

#[test]
fn functions_and_layers_are_found() {
    assert_eq!(
        found(APPLICATION, &[]),
        [
            "One Function src/ python3.12 arm64 app.handler",
            "Two Function ./two python3.13 x86_64",
            "Node left: its runtime is nodejs22.x",
            "Image left: it is a container image",
            "Plain Function plain python3.11 x86_64",
            "Made left: its BuildMethod is makefile",
            "Layer Layer layer python3.13 arm64",
            "UvLayer Layer uv python3.12 arm64",
            "Child nested: child/template.yaml {\"Rt\": \"python3.12\"}",
        ]
    );
    let given = found(APPLICATION, &[("Rt", "python3.10"), ("Arch", "x86_64"), ("Colour", "red")]);
    assert_eq!(given[0], "One Function src/ python3.10 x86_64 app.handler");
    assert_eq!(template(APPLICATION, &[("Colour", "red")]).parameters().unknown(), ["Colour"]);
}

#[test]
fn layers_of_a_function_are_found_with_their_content() {
    let text = "\
Parameters: {Where: {Type: String, Default: made}}
Globals: {Function: {Runtime: python3.13, Layers: [!Ref All]}}
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: one, Layers: ['arn:aws:lambda:eu-west-1:1:layer:x:1', {Ref: Own}]}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Code: plain, Runtime: python3.13, Layers: [!Ref Own]}
  All:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: !Ref Where}
  Own:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: own.zip}
  Far:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: s3://a/b}
";
    let units = found(text, &[]);
    assert_eq!(units[0], "One Function one python3.13 x86_64 +All +? +Own");
    assert_eq!(units[1], "Plain Function plain python3.13 x86_64 +Own");
    let template = template(text, &[]);
    let content = ["All", "Own", "Far", "One", "Absent"].map(|name| template.layer_content(name));
    assert_eq!(content, [Some("made".to_owned()), Some("own.zip".to_owned()), None, None, None]);
}

#[test]
fn what_cannot_be_known_is_an_error_with_its_line() {
    let check = |properties: &str, expected: &str| {
        let text = format!(
            "Parameters:\n  P: {{Type: String}}\n  S: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: x}}\n\
             Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: src\n{properties}"
        );
        assert_eq!(found(&text, &[]), [expected], "{properties}");
    };
    check("      Runtime: !Ref P\n", "template.yaml:9: the parameter `P` has no default, and no value was given");
    check("      Runtime: !Ref S\n", "template.yaml:9: the parameter `S` has no default, and no value was given");
    check(
        "      Runtime: !Ref AWS::Region\n",
        "template.yaml:9: `AWS::Region` is no parameter of this template, so its value is not known before the deployment",
    );
    for (value, what) in [
        ("!Sub 'python${V}'", "`!Sub`"),
        ("{Fn::If: [a, b, c]}", "`Fn::If`"),
        ("!FindInMap [a, b, c]", "`!FindInMap`"),
        ("[python3.12]", "a list"),
    ] {
        check(
            &format!("      Runtime: {value}\n"),
            &format!(
                "template.yaml:9: {what} cannot be read before the deployment: only texts and `!Ref` to a parameter with a \
                 value can"
            ),
        );
    }
    check("      Handler: a.b\n", "template.yaml:5: `A` has no Runtime");
    check(
        "      Runtime: python3.12\n      Architectures: [x86_64, arm64]\n",
        "template.yaml:10: a function has one architecture, and here is also `arm64`",
    );
    check(
        "      Runtime: python3.12\n    Metadata: {BuildProperties: {ParentPackageMode: auto}}\n",
        "template.yaml:10: `ParentPackageMode` asks for another layout than barrow makes",
    );
    let looped = "Resources:\n  Fn::ForEach::Functions: [A, [B], {}]\n";
    assert_eq!(
        found(looped, &[]),
        ["template.yaml:2: resources made by `Fn::ForEach::Functions` cannot be read before the deployment"]
    );
    let hostile = "Resources:\n  ../../x: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12}}\n";
    assert_eq!(
        found(hostile, &[]),
        ["template.yaml:2: `../../x` is not the name of a resource: those have letters and digits only"]
    );
    for (text, part) in [("a: 1\n", ":1: a template has"), ("Resources: {\n", ":2: not valid YAML")] {
        let error = Template::parse(Path::new("t.yaml"), text, BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn values_of_parameters_are_read_in_both_forms() {
    let check = |texts: &[&str], expected: &[(&str, &str)]| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let expected: BTreeMap<String, String> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(read_overrides(&texts), Ok(expected), "{texts:?}");
    };
    check(&["A=1", "B=two"], &[("A", "1"), ("B", "two")]);
    check(&["A=1 B='two words' C=\"x \\\"y\\\"\""], &[("A", "1"), ("B", "two words"), ("C", "x \"y\"")]);
    check(&["A=two words", "B=x=y"], &[("A", "two words"), ("B", "x=y")]);
    check(&["ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue='a,b c'"], &[("A", "1"), ("B", "a,b c")]);
    check(&["A="], &[("A", "")]);
    assert_eq!(read_overrides(&["nothing".to_owned()]), Err("nothing".to_owned()));
}

fn rewritten(text: &str, built: &[(&str, &str)]) -> String {
    let built = built.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
    template(text, &[]).rewritten(&built, Path::new("/app"), Path::new("/app/.aws-sam/build")).unwrap()
}

#[test]
fn the_template_keeps_all_but_its_paths() {
    let text = "\
# A comment.
Globals:
  Function:
    CodeUri: src/   # of all
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./one # here
      Environment: {Variables: {A: !Sub '${X}', CodeUri: ./one}}
  Two:
    Type: AWS::Serverless::Function
    Properties:
        Handler: a.b
  Three:
    Type: AWS::Serverless::Function
  Web:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: web, Runtime: nodejs22.x}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      DefinitionUri: api/openapi.yaml
      DefinitionBody:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: ./include.yaml}}
  Job:
    Type: AWS::Glue::Job
    Properties: {Command: {ScriptLocation: '../job.py'}}
  Other:
    Type: AWS::Serverless::Api
    Properties: {DefinitionUri: s3://a/b}
  Child:
    Type: AWS::Serverless::Application
    Properties:
      Location: child/template.yaml
";
    let expected = text
        .replace("CodeUri: ./one # here", "CodeUri: One # here")
        .replace("        Handler: a.b", "        CodeUri: Two\n        Handler: a.b")
        .replace(
            "  Three:\n    Type: AWS::Serverless::Function",
            "  Three:\n    Properties: {\"CodeUri\": \"Three\"}\n    Type: AWS::Serverless::Function",
        )
        .replace("{CodeUri: web,", "{CodeUri: ../../web,")
        .replace("api/openapi.yaml", "../../api/openapi.yaml")
        .replace("./include.yaml", "../../include.yaml")
        .replace("'../job.py'", "../../../job.py")
        .replace("child/template.yaml", "Child/template.yaml");
    let built = [("One", "One"), ("Two", "Two"), ("Three", "Three"), ("Child", "Child/template.yaml")];
    assert_eq!(rewritten(text, &built), expected);
}

#[test]
fn what_is_borrowed_leads_to_the_right_place_too() {
    let function = "Type: AWS::Serverless::Function";
    let text = format!(
        "x-common: &common {{CodeUri: app, Runtime: nodejs22.x}}
Resources:
  F: {{{function}, Properties: &p {{CodeUri: &c app, Runtime: python3.12}}}}
  G: {{{function}, Properties: {{CodeUri: *c, Runtime: python3.13}}}}
  N: {{{function}, Properties: {{CodeUri: *c, Runtime: nodejs22.x}}}}
  M:
    {function}
    Properties:
      <<: *p
      Runtime: nodejs22.x
  O: {{{function}, Properties: {{<<: *common}}}}
  Job: {{Type: AWS::Glue::Job, Properties: &job {{Command: {{ScriptLocation: job.py}}}}}}
  Same: {{Type: AWS::Glue::Job, Properties: *job}}
"
    );
    let expected = text
        .replace("&c app", "&c F")
        .replace("CodeUri: *c, Runtime: python", "CodeUri: G, Runtime: python")
        .replace("CodeUri: *c, Runtime: node", "CodeUri: ../../app, Runtime: node")
        .replace("      <<: *p", "      CodeUri: ../../app\n      <<: *p")
        .replace("{<<: *common}", "{\"CodeUri\": \"../../app\", <<: *common}")
        .replace("ScriptLocation: job.py", "ScriptLocation: ../../job.py");
    assert_eq!(rewritten(&text, &[("F", "F"), ("G", "G")]), expected);
    let refused = |text: &str, part: &str| {
        let built = BTreeMap::from([("F".to_owned(), "F".to_owned())]);
        let error = template(text, &[]).rewritten(&built, Path::new("/a"), Path::new("/b")).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    let shared = format!("Resources:\n  F: {{{function}, Properties: &p {{CodeUri: app}}}}\n");
    refused(
        &format!("{shared}  N: {{{function}, Properties: *p}}\n"),
        "`N` cannot be written: it must be written out, and not",
    );
    let merged = format!("x: &x {{Properties: {{CodeUri: app}}}}\nResources:\n  F: {{<<: *x, {function}}}\n");
    refused(&merged, "`F` cannot be written: its `Properties` must be written out");
}

#[test]
fn anchors_and_json_keep_their_meaning() {
    let text = "\
Resources:
  One: {Type: AWS::Serverless::Function, Properties: &p {CodeUri: &src ./one, Handler: a.b}}
  Two:
    Type: AWS::Serverless::Function
    Properties:
      <<: *p
      Environment: {Variables: {SOURCE: *src}}
";
    let new = rewritten(text, &[("One", "One"), ("Two", "Two")]);
    assert_eq!(
        new,
        text.replace("&src ./one", "&src One")
            .replace("      <<: *p", "      CodeUri: Two\n      <<: *p")
            .replace("SOURCE: *src", "SOURCE: ./one")
    );
    let json = "{\n  \"Resources\": {\n    \"A\": {\n      \"Type\": \"AWS::Lambda::Function\",\n      \"Properties\": {\n        \
                \"Code\": \"src\"\n      }\n    }\n  }\n}\n";
    assert_eq!(rewritten(json, &[("A", "A")]), json.replace("\"src\"", "\"A\""));
    let alias = "x: &p {CodeUri: a}\nResources:\n  A: {Type: AWS::Serverless::Function, Properties: *p}\n";
    let built = BTreeMap::from([("A".to_owned(), "A".to_owned())]);
    let error = template(alias, &[]).rewritten(&built, Path::new("/a"), Path::new("/b")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template.yaml:3: the path of `A` cannot be written: it must be written out as a mapping"
    );
}

/// What counts of a settings file of SAM, in TOML and in YAML.
#[test]
fn settings_of_sam_are_read_in_both_languages() {
    let toml = "\
version = 0.1
[default.global.parameters]
region = \"eu-west-1\"
base_dir = \"one\"
[default.build.parameters]
template = \"a.yaml\"
base_dir = \"two\"
exclude = [\"A\", \"B\"]
cached = true
colour = 1
parameter_overrides = [\"A=1 B='two words'\", {C = 3, D = [\"x\", \"y\"], E = true}]
";
    let yaml = "\
version: 0.1
default:
  global: {parameters: {region: eu-west-1, base_dir: one}}
  build:
    parameters:
      template: a.yaml
      base_dir: two
      exclude: [A, B]
      cached: true
      colour: 1
      parameter_overrides: [\"A=1 B='two words'\", {C: 3, D: [x, y], E: true}]
";
    for (file, text, line) in [("samconfig.toml", toml, 10), ("samconfig.yaml", yaml, 10)] {
        let config = SamConfig::parse(Path::new(file), text, "default").unwrap();
        assert_eq!(config.template_file.as_deref(), Some(Path::new("a.yaml")));
        assert_eq!(config.base_dir.as_deref(), Some(Path::new("two")));
        assert_eq!(config.exclude, ["A", "B"]);
        let values: Vec<String> =
            config.parameter_overrides.unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(values, ["A=1", "B=two words", "C=3", "D=x,y", "E=true"]);
        assert_eq!(config.unknown, [("colour".to_owned(), line)], "{file}");
        assert_eq!(config.passed_over.into_iter().collect::<Vec<_>>(), ["cached"]);
        let other = SamConfig::parse(Path::new(file), text, "prod").unwrap();
        assert!(!other.has_environment && other.taken.is_empty());
    }
    let both =
        "[default.global.parameters]\ntemplate_file = \"long\"\n[default.build.parameters]\ntemplate = \"short\"\n";
    let config = SamConfig::parse(Path::new("samconfig.toml"), both, "default").unwrap();
    assert_eq!(config.template_file.as_deref(), Some(Path::new("long")));
}

#[test]
fn what_is_excluded_is_not_read() {
    let text = "\
Resources:
  Odd: {Type: AWS::Serverless::Function, Properties: {Runtime: !Sub x}}
  Child: {Type: AWS::Serverless::Application, Properties: {Location: child.yaml}}
";
    let found = template(text, &[]).resources_but(|name| ["Odd", "Child"].contains(&name));
    assert!(matches!(&found[..], [Ok(ResourceUse::Nested(nested))] if nested.name == "Child"), "{found:?}");
}
