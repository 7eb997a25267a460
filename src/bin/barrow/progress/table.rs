//! The table of a run that makes several outputs: a row each, redrawn in place above the line that shows downloads.

use std::time::{Duration, Instant};

use barrow::reporter::Stage;

/// Rows that are worth showing even where the terminal has hardly any.
const FEWEST: usize = 3;

/// An output and how far it is.
#[derive(Debug)]
pub(crate) struct ProgressRow {
    name: String,
    state: RowState,
    began: Option<Instant>,
}

/// How far an output is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowState {
    /// Its turn has not come.
    Waiting,
    /// Being made; in which stage, where that is known.
    Working(Option<Stage>),
    /// Made, or there already: the word for it, its size, and how long it took.
    Done(&'static str, String, Duration),
    /// It could not be made; how long that took.
    Failed(Duration),
}

impl ProgressRow {
    /// An output that waits.
    pub(crate) fn new(name: String) -> Self {
        Self { name, state: RowState::Waiting, began: None }
    }

    /// Something happened to it. What is done stays so.
    pub(crate) fn reach(&mut self, state: RowState, now: Instant) {
        if !self.is_over() {
            self.began.get_or_insert(now);
            self.state = state;
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, RowState::Done(..) | RowState::Failed(_))
    }

    fn line(&self, column: usize, now: Instant) -> String {
        let word = match &self.state {
            RowState::Waiting => "waiting",
            RowState::Working(None) => "starting",
            RowState::Working(Some(Stage::Resolving)) => "resolving",
            RowState::Working(Some(Stage::Building)) => "building",
            RowState::Working(Some(Stage::Unpacking)) => "unpacking",
            RowState::Working(Some(Stage::Writing)) => "writing",
            RowState::Working(Some(Stage::Removing)) => "removing",
            RowState::Done(word, ..) => word,
            RowState::Failed(_) => "failed",
        };
        let (size, took) = match &self.state {
            RowState::Done(_, size, took) => (size.as_str(), Some(*took)),
            RowState::Failed(took) => ("", Some(*took)),
            _ => ("", self.began.map(|began| now.duration_since(began))),
        };
        let took = took.map(|took| format!("{:.1} s", took.as_secs_f64())).unwrap_or_default();
        let name = cut(&self.name, column);
        format!("{name:column$}  {word:9}  {size:>9}  {took:>7}").trim_end().to_owned()
    }
}

/// The table as it stands at `now`, no wider and higher than there is room. Where it does not fit, what is worked on is
/// shown, and all else counted.
pub(crate) fn table(rows: &[ProgressRow], now: Instant, width: usize, height: usize) -> Vec<String> {
    // What stands behind the name, with its gaps.
    let rest = 31;
    let longest = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let column = longest.min(width.saturating_sub(rest).max(8));
    let line = |row: &ProgressRow| cut(&row.line(column, now), width);
    let height = height.max(FEWEST);
    if rows.len() <= height {
        return rows.iter().map(line).collect();
    }
    let is_working = |row: &&ProgressRow| matches!(row.state, RowState::Working(_));
    let mut lines: Vec<String> = rows.iter().filter(is_working).take(height - 1).map(line).collect();
    let over = rows.iter().filter(|row| row.is_over()).count();
    let failed = rows.iter().filter(|row| matches!(row.state, RowState::Failed(_))).count();
    let failed = if failed > 0 { format!(", {failed} of them failed") } else { String::new() };
    lines.push(cut(&format!("{over} of {} are done{failed}", rows.len()), width));
    lines
}

/// As much of a text as there is room for.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain((room > 0).then_some('…')).collect()
}
