//! `barrow config`.

use serde_json::json;

use crate::args::ConfigArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::run::Run;
use crate::settings::{Flags, SettingRecord};

pub(super) fn call(run: &Run, args: ConfigArgs) -> Result<(), Failure> {
    let ConfigArgs { source, files, assembly, result: _, settings } = args;
    let settings = run.settings(Flags { settings, assembly, files }, &source)?;
    let records = settings.records_with_tables(&source);
    if run.is_json() {
        let records: Vec<_> = records
            .iter()
            .map(
                |record| json!({ "setting": record.key, "values": record.values, "source": record.source.to_string() }),
            )
            .collect();
        return Output::object(&json!({ "schema": 1, "settings": records }));
    }
    let text: String = records.iter().map(line).collect();
    Output::text(&text)
}

fn line(record: &SettingRecord) -> String {
    format!("{} = {}  # {}\n", record.key, record.values.join(" "), record.source)
}
