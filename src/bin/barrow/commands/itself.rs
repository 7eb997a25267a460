//! `barrow self version-check`.

use std::path::Path;

use barrow::ops::{self, Newest};
use barrow::spec::Version;
use serde_json::json;

use crate::args::{SettingArgs, VersionCheckArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::Flags;

pub(super) fn version_check(run: &Run, args: VersionCheckArgs) -> Result<(), Failure> {
    let flags = Flags { settings: SettingArgs { index: args.index, ..SettingArgs::default() }, ..Flags::default() };
    let settings = run.settings(flags, Path::new("."))?;
    let request = settings.request_for_nothing();
    let own: Version = env!("CARGO_PKG_VERSION").parse().expect("cargo's versions are versions of Python too");
    let previews = own.any_prerelease();
    let newest = run.block_on(|context| Box::pin(ops::newest_barrow(request, previews, context)))?;
    let (newest, index) = match newest {
        Newest::Is(newest, index) => (newest, index),
        Newest::Nowhere(asked) => {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            let whom =
                if asked.is_empty() { "no index was asked".to_owned() } else { format!("asked: {}", asked.join(", ")) };
            return Err(Failure::new(format!("no index has a release of barrow ({whom})"), Exit::Failed)
                .hint("name the one that offers it by `--index-url`, or look where this program came from"));
        }
        Newest::Offline => {
            return Err(Failure::new("no index is asked, because the run is offline", Exit::Failed)
                .hint("run it without `--offline`"));
        }
    };
    let is_newest = newest <= own;
    if run.is_json() {
        return Output::object(&json!({
            "schema": 1,
            "version": own.to_string(),
            "newest": newest.to_string(),
            "is_newest": is_newest,
            "index": index.to_string(),
        }));
    }
    Output::text(&if is_newest {
        format!("barrow {own} is the newest: {index} has {newest}\n")
    } else {
        format!("barrow {newest} is there: {index} has it, and this is {own}\n")
    })
}
