//! `barrow explain`.

use barrow::check::Code;
use serde_json::{Value, json};

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;

pub(super) fn call(run: &Run, args: &ExplainArgs) -> Result<(), Failure> {
    let codes: Vec<Code> = args.code.map_or_else(|| Code::all().collect(), |code| vec![code]);
    if run.is_json() {
        let explained: Vec<Value> = codes.iter().map(|code| object(*code)).collect();
        return Output::object(&json!({ "schema": 1, "codes": explained }));
    }
    let page = args.code.map(Code::page);
    let list = || codes.iter().map(|code| format!("{code}  {}", code.explanation().title)).collect::<Vec<_>>();
    Output::text(&page.unwrap_or_else(|| list().join("\n") + "\n"))
}

fn object(code: Code) -> Value {
    let explanation = code.explanation();
    json!({
        "code": code.to_string(),
        "title": explanation.title,
        "grade": explanation.grade,
        "aws_error": explanation.aws_error,
        "text": explanation.text,
        "example": explanation.example,
        "fix": explanation.fix,
    })
}
