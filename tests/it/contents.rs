//! `--list`: what a bundle would hold, and what of the sources it would not.

use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder};

fn function(context: &TestContext) -> RunningIndex {
    context.write("function/handler.py", "import tiny\n");
    context.write("function/requirements.txt", "tiny\n");
    context.write("function/.barrowignore", "*.md\n");
    context.write("function/notes.md", "");
    context.write("function/.env", "x");
    context.write("function/big.csv", "1\n");
    context.write("function/node_modules/x.js", "");
    context.write("shared/log.py", "");
    context.write("shared/.env", "x");
    IndexServer::new().file(WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n")).start()
}

#[test]
fn what_is_in_and_what_is_not_and_why() {
    let context = TestContext::new();
    let server = function(&context);
    let mut list = context.barrow();
    list.args(["bundle", "function", "--list", "--source", "shared:common", "--exclude", "*.csv"]);
    list.args(["--index-url", &server.url()]);
    barrow_snapshot!(context, &mut list, @"
    exit code: 0
    ----- stdout -----
             0  common/log.py  (the source `shared`)
            12  handler.py  (the source folder)
             5  requirements.txt  (the source folder)
             7  tiny-1.0.dist-info/INSTALLER  (tiny 1.0)
            46  tiny-1.0.dist-info/METADATA  (tiny 1.0)
           332  tiny-1.0.dist-info/RECORD  (tiny 1.0)
            83  tiny-1.0.dist-info/WHEEL  (tiny 1.0)
             6  tiny.py  (tiny 1.0)
    8 files, 491 bytes

    not in it:
      .barrowignore  (an ignore file of barrow)
      .env  (credentials: variables with secrets)
      big.csv  (excluded by `*.csv`)
      node_modules/  (packages of Node.js)
      notes.md  (`*.md` in .barrowignore)
      shared/.env  (credentials: variables with secrets)
    ----- stderr -----
    Using function/requirements.txt
    Resolved 1 package for python3.14 on x86_64
    warning: left out: .env, shared/.env (credentials); --include to take them
    ");
    assert!(!context.path("out").exists());
    // The same without network, once it is cached, and as values.
    let mut again = context.barrow();
    again.args(["bundle", "function", "--list", "--json", "--offline", "--index-url", &server.url()]);
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = value["files"].as_array().unwrap().iter().find(|file| file["path"] == "tiny.py").unwrap();
    assert_eq!((&file["package"], &file["version"], &file["size_bytes"]), (&"tiny".into(), &"1.0".into(), &6.into()));
    let left = value["left_out"].as_array().unwrap().iter().find(|left| left["path"] == "node_modules/").unwrap();
    assert_eq!(left["why"], "packages of Node.js");
    // What is listed is what is bundled.
    let mut bundle = context.barrow();
    bundle.args(["bundle", "function", "-o", "out", "--index-url", &server.url()]);
    context.succeed(&mut bundle);
    let size: u64 = value["files"].as_array().unwrap().iter().map(|file| file["size_bytes"].as_u64().unwrap()).sum();
    assert_eq!(value["size_bytes"], size);
    let tree = context.tree("out");
    let files = tree.lines().filter(|line| !line.ends_with('/'));
    assert_eq!(files.count(), value["files"].as_array().unwrap().len());
    for file in value["files"].as_array().unwrap() {
        assert!(tree.contains(file["path"].as_str().unwrap()), "{file}");
    }
}

#[test]
fn a_layer_and_what_cannot_be_listed() {
    let context = TestContext::new();
    let server = function(&context);
    let mut list = context.barrow();
    list.args(["layer", "tiny", "--list", "--index-url", &server.url()]);
    let output = list.output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("python/tiny.py  (tiny 1.0)"));
    let without_place = context.barrow().args(["bundle", "function"]).output().unwrap();
    assert_eq!(without_place.status.code(), Some(2));
    assert!(context.show(&without_place).contains("--output"), "{}", context.show(&without_place));
    // What would be refused is refused here too.
    context.write("function/key.txt", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n");
    let refused =
        context.barrow().args(["bundle", "function", "--list", "--index-url", &server.url()]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(context.show(&refused).contains("`key.txt` holds a private key"), "{}", context.show(&refused));
}
