//! A layer that is spread over several: where they go, that they are one transaction, and what is said where they
//! cannot fit.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn index() -> RunningIndex {
    IndexServer::new()
        .file(WheelBuilder::new("alpha", "1.0").file("alpha.py", "a = 1\n"))
        .file(WheelBuilder::new("alpha", "1.1").file("alpha.py", "a = 11\n"))
        .file(WheelBuilder::new("boto3", "1.0").file("boto3.py", "aws = 1\n"))
        .file(WheelBuilder::new("boto3", "1.1").file("boto3.py", "aws = 11\n"))
        .start()
}

fn layer(context: &TestContext, index: &RunningIndex, arguments: &[&str]) -> std::process::Command {
    let mut command = context.barrow();
    command.args(["layer", "--index-url", &index.url(), "--runtime", "python3.13"]).args(arguments);
    command
}

#[test]
fn what_changes_often_has_a_layer_of_its_own_and_the_others_stay() {
    let context = TestContext::new();
    let index = index();
    let mut command = layer(&context, &index, &["alpha==1.0", "boto3==1.0", "-o", "layers.zip", "--split", "3"]);
    barrow_snapshot!(context, &mut command, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Resolved 2 packages for python3.13 on x86_64
    layers-1.zip: alpha (480 bytes; zip 1 KB)
    layers-2.zip: boto3 (482 bytes; zip 1 KB)
    Bundled 10 files (962 bytes) into 2 layers of layers.zip
    ");
    assert!(!context.path("layers.zip").exists() && !context.path("layers-3.zip").exists());
    let bytes = |name: &str| fs_err::read(context.path(name)).unwrap();
    let (first, second) = (bytes("layers-1.zip"), bytes("layers-2.zip"));
    // The same again is recognised, at every place.
    barrow_snapshot!(context, &mut command, @"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Resolved 2 packages for python3.13 on x86_64
    Nothing has changed since the last run
    layers-1.zip: alpha (480 bytes; zip 1 KB)
    layers-2.zip: boto3 (482 bytes; zip 1 KB)
    Bundled 10 files (962 bytes) into 2 layers of layers.zip
    ");
    fs_err::remove_file(context.path("layers-1.zip")).unwrap();
    context.succeed(&mut command);
    assert_eq!(bytes("layers-1.zip"), first);
    // A new version of one changes its layer and no other.
    let mut newer =
        layer(&context, &index, &["alpha==1.0", "boto3==1.1", "-o", "layers.zip", "--split", "3", "--json"]);
    let output = newer.output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((json["kind"].as_str(), json["layers"][1]["path"].as_str()), (Some("zip"), Some("layers-2.zip")));
    assert_eq!(json["layers"][1]["dists"], serde_json::json!(["boto3"]));
    assert_eq!(json["layers"][0]["zip_size_bytes"], first.len());
    assert_eq!(bytes("layers-1.zip"), first);
    assert_ne!(bytes("layers-2.zip"), second);
    // What is no layer any more goes; what somebody else put there does not.
    context.write("layers-3.zip", "mine");
    context.succeed(&mut layer(&context, &index, &["alpha==1.0", "-o", "layers.zip", "--split", "2"]));
    assert!(context.path("layers-1.zip").exists() && !context.path("layers-2.zip").exists());
    assert_eq!(bytes("layers-3.zip"), b"mine");
}

#[test]
fn folders_with_the_users_own_files_by_settings_and_by_units() {
    let context = TestContext::new();
    let index = index();
    context.write("shared/tool.py", "x = 1\n");
    context.write("shared/requirements.txt", "alpha==1.0\nboto3==1.0\n");
    let toml = format!(
        "index-url = \"{}\"\nruntime = \"python3.13\"\n[[layer]]\nname = \"shared\"\nsource = \"shared\"\nsplit = true\n\
         [[function]]\nname = \"function\"\nsource = \"shared\"\n[defaults]\nsplit = 2\n",
        index.url()
    );
    context.write("barrow.toml", &toml);
    context.succeed(context.barrow().args(["build", "--force"]));
    insta::assert_snapshot!(context.tree("build"), @"
    0755      -            -  function/
    0755      -            -  function/alpha-1.0.dist-info/
    0644      7 7f0b61dd0635  function/alpha-1.0.dist-info/INSTALLER
    0644     47 e033fdd6632b  function/alpha-1.0.dist-info/METADATA
    0644    337 d4eb7f16fc10  function/alpha-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  function/alpha-1.0.dist-info/WHEEL
    0644      6 cb78bd8a17f7  function/alpha.py
    0755      -            -  function/boto3-1.0.dist-info/
    0644      7 7f0b61dd0635  function/boto3-1.0.dist-info/INSTALLER
    0644     47 907a21dbe398  function/boto3-1.0.dist-info/METADATA
    0644    337 3d0b80c0dfb7  function/boto3-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  function/boto3-1.0.dist-info/WHEEL
    0644      8 9c0a850c842e  function/boto3.py
    0644     22 d8ae1114b056  function/requirements.txt
    0644      6 9e26bf369911  function/tool.py
    0755      -            -  shared-1/
    0755      -            -  shared-1/python/
    0755      -            -  shared-1/python/alpha-1.0.dist-info/
    0644      7 7f0b61dd0635  shared-1/python/alpha-1.0.dist-info/INSTALLER
    0644     47 e033fdd6632b  shared-1/python/alpha-1.0.dist-info/METADATA
    0644    337 d4eb7f16fc10  shared-1/python/alpha-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  shared-1/python/alpha-1.0.dist-info/WHEEL
    0644      6 cb78bd8a17f7  shared-1/python/alpha.py
    0755      -            -  shared-2/
    0755      -            -  shared-2/python/
    0755      -            -  shared-2/python/boto3-1.0.dist-info/
    0644      7 7f0b61dd0635  shared-2/python/boto3-1.0.dist-info/INSTALLER
    0644     47 907a21dbe398  shared-2/python/boto3-1.0.dist-info/METADATA
    0644    337 3d0b80c0dfb7  shared-2/python/boto3-1.0.dist-info/RECORD
    0644     83 54f9ee5c0610  shared-2/python/boto3-1.0.dist-info/WHEEL
    0644      8 9c0a850c842e  shared-2/python/boto3.py
    0644     22 d8ae1114b056  shared-2/python/requirements.txt
    0644      6 9e26bf369911  shared-2/python/tool.py
    ");
    // Together they load, and are checked together.
    context.succeed(context.barrow().args(["layer", "shared", "-o", "out", "--check"]).env("BARROW_SPLIT", "2"));
    assert!(context.path("out-1/python/alpha.py").exists() && context.path("out-2/python/tool.py").exists());
    // Nobody's folder is replaced, and then nothing is.
    fs_err::remove_dir_all(context.path("out-2")).unwrap();
    fs_err::remove_dir_all(context.path("out-1")).unwrap();
    context.write("out-2/mine.txt", "");
    let mut refused = context.barrow();
    barrow_snapshot!(context, refused.args(["layer", "shared", "-o", "out", "--split", "2"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Using shared/requirements.txt
    Resolved 2 packages for python3.13 on x86_64
    error: `[TEMP]/work/out-2` holds what barrow did not make (`mine.txt`), so it is left alone
    hint: name an empty or new folder, or replace what is there with --force
    ");
    assert!(!context.path("out-1").exists());
}

#[test]
fn mistakes_and_what_cannot_fit() {
    let context = TestContext::new();
    let index = index();
    barrow_snapshot!(context, &mut layer(&context, &index, &["alpha", "-o", "out", "--split", "6"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value '6' for '--split <N>': `6` is not a number of layers: a function can have from 1 to 5, and `true` stands for all

    For more information, try '--help'.
    ");
    context.write("barrow.toml", "split = \"many\"\n");
    barrow_snapshot!(context, &mut layer(&context, &index, &["alpha", "-o", "out"]), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value for `split` from [TEMP]/work/barrow.toml:1: `many` is not a number of layers: a function can have from 1 to 5, and `true` stands for all
    ");
    fs_err::remove_file(context.path("barrow.toml")).unwrap();
    let arguments = ["alpha", "boto3", "-o", "out", "--split", "2", "--max-size", "600B"];
    barrow_snapshot!(context, &mut layer(&context, &index, &arguments), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    Resolved 2 packages for python3.13 on x86_64
    error: the bundle is 964 bytes unzipped, 364 bytes more than the 600 bytes that you allow; largest:
      boto3 1.1 483 bytes, asked for by you (command line)
      alpha 1.1 481 bytes, asked for by you (command line)
    hint: `--exclude-runtime` would save 483 bytes (boto3)
    hint: without alpha and what only it needs, it would be 481 bytes less
    ");
    context.write(
        "barrow.toml",
        "[[layer]]\nname = \"a\"\npackages = [\"alpha\"]\noutput = \"x.zip\"\nsplit = 2\n\
                   [[layer]]\nname = \"b\"\npackages = [\"alpha\"]\noutput = \"x-2.zip\"\n",
    );
    barrow_snapshot!(context, context.barrow().arg("build"), @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a (python3.14, x86_64) and b (python3.14, x86_64) would both be made into `[TEMP]/work/x-2.zip`
    hint: name other outputs: `output` takes {name}, {runtime} and {arch}
    ");
}
