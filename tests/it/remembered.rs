//! Resolutions are remembered: when a second run asks no one and solves nothing, and when it must.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::raw_server::{RawServer, answer};
use crate::support::{IndexServer, RunningIndex, TestContext, WheelBuilder, sha256_hex};

fn app(version: &str) -> WheelBuilder {
    WheelBuilder::new("app", version).requires("dep>=1").file("app.py", "x = 1\n")
}

fn server() -> IndexServer {
    IndexServer::new().file(app("1.0").build()).file(WheelBuilder::new("dep", "1.0").file("dep.py", "").build())
}

/// What a run prints, and what it asked.
fn lock(context: &TestContext, index: &RunningIndex, more: &[&str]) -> (String, Vec<String>) {
    let before = index.requests().len();
    let mut command = context.barrow();
    command.args(["lock", "-r", "requirements.txt", "-o", "-", "--format", "json", "--index-url", &index.url()]);
    let output = command.args(more).output().unwrap();
    assert!(output.status.success(), "{}", context.show(&output));
    let mut asked: Vec<String> =
        index.requests()[before..].iter().map(|request| format!("{} {}", request.status, request.path)).collect();
    asked.sort();
    (String::from_utf8(output.stdout).unwrap(), asked)
}

/// Removes the metadata from the cache: whoever solves has to ask for it again.
fn forget_metadata(context: &TestContext) {
    fs_err::remove_dir_all(context.cache().join("metadata-v2")).unwrap();
}

#[test]
fn while_pages_are_fresh_no_one_is_asked() {
    let (context, index) = (TestContext::new(), server().max_age(600).start());
    context.write("requirements.txt", "app\n");
    let (first, asked) = lock(&context, &index, &[]);
    assert_eq!(asked.len(), 4, "{asked:?}");
    forget_metadata(&context);
    index.add(app("1.1").build());
    assert_eq!(lock(&context, &index, &[]), (first.clone(), Vec::new()));
    let install = |out: &str| {
        let mut command = context.barrow();
        context.succeed(command.args(["install", "-r", "requirements.txt", "-t", out, "--index-url", &index.url()]));
    };
    install("one");
    let before = index.requests().len();
    install("two");
    assert_eq!((index.requests().len(), context.tree("two")), (before, context.tree("one")));

    let (refreshed, _) = lock(&context, &index, &["--refresh"]);
    assert!(refreshed.contains("app-1.1") && !first.contains("app-1.1"), "{refreshed}");
}

#[test]
fn pages_that_are_not_fresh_are_asked_about_and_nothing_else() {
    let (context, index) = (TestContext::new(), server().start());
    context.write("requirements.txt", "app\n");
    let (first, _) = lock(&context, &index, &[]);
    forget_metadata(&context);
    let unchanged = vec!["304 /simple/app/".to_owned(), "304 /simple/dep/".to_owned()];
    assert_eq!(lock(&context, &index, &[]), (first, unchanged));
    index.add(app("1.1").build());
    let (newer, asked) = lock(&context, &index, &[]);
    assert!(newer.contains("app-1.1"), "{newer}");
    assert!(
        asked.contains(&"200 /simple/app/".to_owned()) && asked.contains(&"304 /simple/dep/".to_owned()),
        "{asked:?}"
    );
}

#[test]
fn digests_of_the_user_need_no_index() {
    let wheel = WheelBuilder::new("tiny", "1.0").file("tiny.py", "x = 1\n").build();
    let line = format!("tiny==1.0 --hash=sha256:{}\n", sha256_hex(&wheel.bytes));
    let (context, index) = (TestContext::new(), IndexServer::new().file(wheel).start());
    context.write("requirements.txt", line);
    let mut command = context.barrow();
    let url = index.url();
    context.succeed(command.args(["install", "-r", "requirements.txt", "-t", "one", "--index-url", &url]));
    drop(index);
    let mut command = context.barrow();
    context.succeed(command.args(["install", "-r", "requirements.txt", "-t", "two", "--index-url", &url]));
    assert_eq!(context.tree("two"), context.tree("one"));
}

#[test]
fn other_inputs_are_another_question() {
    let (context, index) = (TestContext::new(), server().max_age(600).file(app("0.9").build()).start());
    context.write("requirements.txt", "app\n");
    let (first, _) = lock(&context, &index, &[]);
    assert!(first.contains("app-1.0") && first.contains("\"line\": 1"), "{first}");
    context.write("requirements.txt", "# a comment\napp\n");
    let (moved, _) = lock(&context, &index, &[]);
    assert_eq!(moved, first.replace("\"line\": 1", "\"line\": 2"), "who asked is told anew");
    let (lowest, _) = lock(&context, &index, &["--resolution", "lowest"]);
    assert!(lowest.contains("app-0.9"), "{lowest}");
    context.write("requirements.txt", "app<1\n");
    assert!(lock(&context, &index, &[]).0.contains("app-0.9"));
}

#[test]
fn what_is_told_of_passed_over_versions_is_remembered() {
    let glibc = WheelBuilder::new("app", "2.0").tag("cp312-cp312-manylinux_2_99_x86_64").build();
    let (context, index) = (TestContext::new(), server().max_age(600).file(glibc).start());
    context.write("requirements.txt", "app\n");
    let (first, _) = lock(&context, &index, &["--runtime", "python3.12"]);
    assert!(first.contains("its wheels need glibc 2.99"), "{first}");
    forget_metadata(&context);
    assert_eq!(lock(&context, &index, &["--runtime", "python3.12"]), (first, Vec::new()));
}

#[test]
fn the_answer_of_a_private_index_is_for_those_who_may_ask() {
    let (context, index) = (TestContext::new(), server().max_age(600).credentials("me", "secret").start());
    let install = |url: &str, out: &str| {
        let mut command = context.barrow();
        command.args(["install", "app", "-t", out, "--index-url", url]).output().unwrap().status.success()
    };
    assert!(install(&index.url_with("me", "secret"), "one"));
    assert!(install(&index.url_with("me", "secret"), "two"));
    assert!(!install(&index.url(), "three"), "without credentials");
    assert!(!install(&index.url_with("other", "secret"), "four"), "as someone else");
}

/// A private index with `app` before a public one with `dep`.
struct Two {
    context: TestContext,
    private: RunningIndex,
    public: RunningIndex,
}

impl Two {
    fn new(public: IndexServer) -> Self {
        let dep = |version: &str| WheelBuilder::new("dep", version).file("dep.py", "").build();
        let (private, public) = (IndexServer::new().file(app("1.0").build()), public.file(dep("1.0")));
        let two = Self { context: TestContext::new(), private: private.start(), public: public.start() };
        two.context.write("requirements.txt", "app\n");
        two
    }

    /// What is locked, and what each index was asked.
    fn lock(&self, more: &[&str]) -> (String, Vec<String>, Vec<String>) {
        let before = self.private.requests().len();
        let url = self.private.url();
        let (locked, public) = lock(&self.context, &self.public, &[&["--extra-index-url", &url], more].concat());
        let private = self.private.requests();
        let mut private: Vec<String> =
            private[before..].iter().map(|request| format!("{} {}", request.status, request.path)).collect();
        private.sort();
        (locked, private, public)
    }
}

fn asked(lines: &[&str]) -> Vec<String> {
    lines.iter().map(ToString::to_string).collect()
}

#[test]
fn names_that_are_still_not_there_are_asked_for_and_nothing_is_solved() {
    for max_age in [None, Some(600)] {
        let two = Two::new(max_age.into_iter().fold(IndexServer::new(), IndexServer::max_age));
        let (first, private, _) = two.lock(&[]);
        assert!(private.contains(&"404 /simple/dep/".to_owned()), "{private:?}");
        forget_metadata(&two.context);
        let of_public = if max_age.is_some() { asked(&[]) } else { asked(&["304 /simple/dep/"]) };
        for _ in 0..2 {
            let again = two.lock(&[]);
            assert_eq!(again, (first.clone(), asked(&["304 /simple/app/", "404 /simple/dep/"]), of_public.clone()));
        }
        assert_eq!(two.lock(&["--offline"]), (first, asked(&[]), asked(&[])));
    }
}

#[test]
fn a_name_that_appears_on_the_first_index_is_taken_from_there() {
    let two = Two::new(IndexServer::new().max_age(600));
    let (first, ..) = two.lock(&[]);
    assert!(first.contains(&two.public.url()), "{first}");
    two.private.add(WheelBuilder::new("dep", "1.0").file("dep.py", "x = 'private'\n").build());
    let (appeared, private, public) = two.lock(&[]);
    assert!(!appeared.contains(&two.public.url()), "{appeared}");
    assert!(private.contains(&"200 /simple/dep/".to_owned()), "{private:?}");
    assert_eq!(public, asked(&[]));
    let again = asked(&["304 /simple/app/", "304 /simple/dep/"]);
    assert_eq!(two.lock(&[]), (appeared, again, asked(&[])));

    two.private.withdraw("dep-1.0-py3-none-any.whl");
    let (gone, private, _) = two.lock(&[]);
    assert!(private.contains(&"404 /simple/dep/".to_owned()), "{private:?}");
    assert_eq!(gone, first);
}

#[test]
fn an_index_that_fails_is_not_one_that_still_has_nothing() {
    let two = Two::new(IndexServer::new());
    two.lock(&[]);
    two.private.fail("/simple/dep/", 500);
    let mut command = two.context.barrow();
    command.args(["lock", "-r", "requirements.txt", "-o", "-", "--index-url", &two.public.url()]);
    let output = command.args(["--extra-index-url", &two.private.url()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", two.context.show(&output));
    assert!(two.context.show(&output).contains("500"));
}

#[test]
fn what_is_not_there_is_asked_for_however_fresh_the_page_is() {
    let wheels = ["1.0", "2.0"].map(|version| WheelBuilder::new("tiny", version).build());
    let is_published = Arc::new(AtomicBool::new(false));
    let shows_all = Arc::clone(&is_published);
    let server = RawServer::start(move |asked| {
        let named = wheels.iter().find(|wheel| asked.path.ends_with(&wheel.filename));
        if let Some(wheel) = named {
            return answer(200, &[], &wheel.bytes);
        }
        let shown = if shows_all.load(Ordering::SeqCst) { &wheels[..] } else { &wheels[..1] };
        let links = shown.iter().map(|wheel| format!("<a href=\"/files/{0}\">{0}</a>\n", wheel.filename));
        let headers = [("content-type", "text/html"), ("cache-control", "max-age=31536000")];
        answer(200, &headers, links.collect::<String>())
    });
    let context = TestContext::new();
    let (pages, url) =
        (|| server.asked().iter().filter(|asked| asked.path == "/simple/tiny/").count(), server.url("/simple/"));
    let lock = |requirement: &str| {
        let arguments = ["lock", requirement, "-o", "-", "--format", "requirements", "--index-url", &url];
        context.run(context.barrow().args(arguments))
    };
    let shown = lock("tiny");
    assert!(shown.contains("tiny==1.0") && pages() == 1, "{shown}");
    // Nothing is asked that is answered, and what fails is asked once more.
    is_published.store(true, Ordering::SeqCst);
    assert!(lock("tiny<2").contains("tiny==1.0") && pages() == 1);
    let shown = lock("tiny>=2");
    assert!(shown.contains("tiny==2.0") && pages() == 2, "{shown}");
    let shown = lock("tiny>=3");
    assert!(shown.starts_with("exit code: 1") && shown.contains("tiny") && pages() == 3, "{shown}");
    let shown = context.run(context.barrow().args(["lock", "tiny>=3", "-o", "-", "--offline", "--index-url", &url]));
    assert!(shown.starts_with("exit code: 1") && pages() == 3, "{shown}");
}
