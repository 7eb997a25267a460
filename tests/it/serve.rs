//! `barrow serve`: each run that it serves is what a process of its own would have done, at that moment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::TestContext;

const INDEX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wheels-fixtures/simple");

/// A server, and both of its pipes.
struct Server {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Server {
    fn start(context: &TestContext) -> Self {
        let mut command = barrow(context);
        command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (questions, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, questions, answers }
    }

    /// What a run prints, and how it ended.
    fn ask(&mut self, folder: &str, arguments: &[&str]) -> (String, Value) {
        self.tell(&(json!({ "folder": folder, "arguments": arguments }).to_string() + "\n"));
        let (mut printed, mut ended) = (Vec::new(), String::new());
        self.answers.read_until(0, &mut printed).unwrap();
        self.answers.read_line(&mut ended).unwrap();
        assert_eq!(printed.pop(), Some(0), "the server has gone");
        (String::from_utf8(printed).unwrap(), serde_json::from_str(&ended).unwrap())
    }

    fn tell(&mut self, line: &str) {
        self.questions.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// The exit status, which it has to come to by itself.
    fn end(&mut self) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child.kill().unwrap();
        panic!("the server is still there");
    }
}

fn barrow(context: &TestContext) -> Command {
    let mut command = context.barrow();
    command.env("BARROW_INDEX_URL", INDEX);
    command
}

fn context() -> TestContext {
    let context = TestContext::new();
    context.write("app/handler.py", "import barrow_hello\n");
    context.write("app/requirements.txt", "barrow-greeting\n");
    context
}

#[test]
fn a_run_is_what_a_process_of_its_own_would_have_done_at_that_moment() {
    let context = context();
    let app = context.path("app").display().to_string();
    let alone = |arguments: &[&str]| {
        let output = barrow(&context).current_dir(&app).args(arguments).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let mut server = Server::start(&context);
    let print = &["fingerprint", "--quiet"];
    let (first, ended) = server.ask(&app, print);
    assert_eq!((first.as_str(), &ended), (alone(print).0.as_str(), &json!({ "status": 0 })));

    context.write("app/handler.py", "import barrow_hello  # edited\n");
    let (second, _) = server.ask(&app, print);
    assert_eq!(second, alone(print).0);
    assert_ne!(second, first, "an edit between two questions");

    let failing = &["fingerprint", "-r", "absent.txt"];
    let (printed, ended) = server.ask(&app, failing);
    assert_eq!((printed.as_str(), &ended["status"]), ("", &json!(2)));
    assert_eq!(ended["error"].as_str().unwrap(), alone(failing).1);
    let wrong = &["fingerprint", "--no-such-option"];
    let (_, ended) = server.ask(&app, wrong);
    assert_eq!(ended["error"].as_str().unwrap(), alone(wrong).1);

    let (_, ended) = server.ask(&app, &["bundle", "-o", "../by-server"]);
    assert_eq!(ended, json!({ "status": 0 }));
    alone(&["bundle", "-o", "../alone"]);
    let tree = |folder: &str| crate::support::tree(&context.path(folder));
    assert_eq!(tree("by-server"), tree("alone"));
    let (again, ended) = server.ask(&app, &["bundle", "-o", "../by-server", "--json"]);
    assert_eq!(ended, json!({ "status": 0 }));
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap()["schema"], 1);
}

#[test]
fn it_ends_with_its_input_and_when_it_is_told_to() {
    let context = context();
    let app = context.path("app").display().to_string();
    let mut server = Server::start(&context);
    server.ask(&app, &["fingerprint", "-q"]);
    drop(server.questions.take());
    assert_eq!(server.end(), Some(0));

    // Handlers of a run that is over do not keep it alive.
    let mut server = Server::start(&context);
    server.ask(&app, &["bundle", "-q", "-o", "../out"]);
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(server.end(), Some(0));
}

#[test]
fn what_is_no_question_ends_it_and_what_cannot_be_served_is_answered() {
    let context = context();
    let app = context.path("app").display().to_string();
    let mut server = Server::start(&context);
    for command in ["terraform", "serve", "cache", ""] {
        let (printed, ended) = server.ask(&app, &[command]);
        assert_eq!((printed.as_str(), &ended["status"]), ("", &json!(2)), "{command}");
        let text = ended["error"].as_str().unwrap();
        assert_eq!(text, format!("error: `{command}` is not served; these are: bundle, fingerprint, layer\n"));
    }
    let (printed, ended) = server.ask(&app, &["bundle", ".", "-r", "-", "-o", "out"]);
    assert_eq!((printed.as_str(), &ended["status"]), ("", &json!(2)));
    assert!(ended["error"].as_str().unwrap().contains("name a file in place of `-`"), "{ended}");
    let absent = context.path("absent").display().to_string();
    let (_, ended) = server.ask(&absent, &["fingerprint"]);
    let wanted = format!("error: `{absent}` cannot be the working folder\n");
    assert!(ended["error"].as_str().unwrap().starts_with(&wanted), "{ended}");
    server.tell("fingerprint\n");
    assert_eq!(server.end(), Some(2));

    let output = barrow(&context).args(["serve", "--quiet"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", context.show(&output));
    assert!(String::from_utf8(output.stderr).unwrap().contains("takes no options"));
}
