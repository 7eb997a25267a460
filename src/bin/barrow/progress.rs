//! One line that shows what a run is doing, on a terminal, while it lasts; above it a table where several outputs are
//! made.
//!
//! It is drawn first when [`PATIENCE`] is over, so that a run that takes no time shows nothing; it is drawn anew in
//! place, and taken away before anything else is printed and at the end. What it says is made by [`line()`], which
//! knows neither terminal nor clock.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use barrow::bundle::Bytes;
use barrow::reporter::Stage;

mod table;

pub(crate) use table::{ProgressRow, RowState};

/// How long a run may take before the line appears. Less than what people feel as waiting.
const PATIENCE: Duration = Duration::from_millis(150);

/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Over how much of the past the rate of a download is counted.
const WINDOW: Duration = Duration::from_secs(3);

/// The line is at most this wide: a longer one is harder to read than it is worth.
const WIDEST: usize = 100;

/// Width of the bar.
const BAR: usize = 20;

/// Columns that the terminal itself may have written behind the line: `^C`.
const ECHO: usize = 2;

/// The line of a run.
pub(crate) struct Progress {
    state: Arc<Mutex<ProgressState>>,
    /// The thread that draws, and who tells it that the run is over.
    drawing: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

/// What the line speaks of.
#[derive(Debug, Default)]
pub(crate) struct ProgressState {
    /// What is being done beside downloading, and how far it is: done, and of how many (0: not known).
    stage: Option<(Stage, usize, usize)>,
    downloads: Vec<Download>,
    /// The outputs, where several are made.
    rows: Vec<ProgressRow>,
    /// Bytes that had arrived at moments of the last seconds.
    samples: VecDeque<(Instant, u64)>,
    /// Columns that each row took when they were drawn last.
    drawn: Vec<usize>,
}

#[derive(Debug)]
struct Download {
    name: String,
    received: u64,
    size: u64,
    is_finished: bool,
}

impl Progress {
    /// A line that has nothing to say yet.
    pub(crate) fn new() -> Self {
        Self { state: Arc::default(), drawing: Mutex::new(None) }
    }

    /// Changes what the line speaks of.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut ProgressState) -> T) -> T {
        let changed = change(&mut locked(&self.state));
        self.begin();
        changed
    }

    /// Prints something else: the line is taken away meanwhile, and comes back with the next drawing.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        let mut state = locked(&self.state);
        write(&state.erased(size().1));
        state.drawn.clear();
        print();
    }

    /// Takes the line away for good.
    pub(crate) fn end(&self) {
        let Some((over, thread)) = locked(&self.drawing).take() else { return };
        drop(over);
        // Nothing is drawn any more once the thread has ended.
        let _ = thread.join();
        let mut state = locked(&self.state);
        write(&state.erased(size().1));
        *state = ProgressState::default();
    }

    /// The thread that draws, unless there is one.
    fn begin(&self) {
        let mut drawing = locked(&self.drawing);
        if drawing.is_some() {
            return;
        }
        let (sender, receiver) = channel::<()>();
        let state = Arc::clone(&self.state);
        let draw = move || {
            let mut wait = PATIENCE;
            while receiver.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = TICK;
                let mut state = locked(&state);
                let text = state.redrawn(Instant::now(), size());
                write(&text);
            }
        };
        // Without a thread there is no line; the run does not need one.
        let thread = thread::Builder::new().name("barrow-progress".to_owned()).spawn(draw);
        *drawing = thread.ok().map(|thread| (sender, thread));
    }
}

/// Writes to the terminal in one piece; there is nobody to tell when that fails.
fn write(text: &str) {
    if !text.is_empty() {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Rows and columns of the terminal that standard error is.
fn size() -> (usize, usize) {
    let (rows, columns) = console::Term::stderr().size();
    (usize::from(rows), usize::from(columns))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ProgressState {
    /// What takes away what was drawn, on a terminal of so many columns: every row that it takes by now, and nothing
    /// above them.
    fn erased(&self, columns: usize) -> String {
        let Some(last) = self.drawn.last() else { return String::new() };
        let broken = |drawn: usize| drawn.saturating_sub(1) / columns.max(1);
        let before: usize = self.drawn.iter().rev().skip(1).map(|drawn| 1 + broken(*drawn)).sum();
        format!("\r{}\u{1b}[J", "\u{1b}[A".repeat(before + broken(last + ECHO)))
    }

    /// What draws everything anew. Some columns are left free: for what the terminal writes itself, and because some
    /// terminals break the line at the last one.
    fn redrawn(&mut self, now: Instant, (height, columns): (usize, usize)) -> String {
        let width = columns.saturating_sub(1 + ECHO).min(WIDEST);
        let mut rows = table::table(&self.rows, now, width, height.saturating_sub(2));
        rows.push(line(self, now, width));
        let drawn = self.erased(columns) + &rows.join("\n");
        self.drawn = rows.iter().map(|row| row.chars().count()).collect();
        drawn
    }

    /// The run is at this stage, and so far in it.
    pub(crate) fn reach(&mut self, stage: Stage, done: usize, total: usize) {
        self.stage = Some((stage, done, total));
    }

    /// Several outputs are to be made.
    pub(crate) fn begin_table(&mut self, names: Vec<String>) {
        self.rows = names.into_iter().map(ProgressRow::new).collect();
    }

    /// Something happened to one of several outputs.
    pub(crate) fn reach_row(&mut self, place: usize, state: RowState) {
        if let Some(row) = self.rows.get_mut(place) {
            row.reach(state, Instant::now());
        }
    }

    /// A download begins; gives its handle.
    pub(crate) fn start(&mut self, name: String, size: Option<u64>) -> usize {
        self.downloads.push(Download { name, received: 0, size: size.unwrap_or(0), is_finished: false });
        self.downloads.len() - 1
    }

    /// More of a download has arrived.
    pub(crate) fn receive(&mut self, handle: usize, bytes: u64) {
        if let Some(download) = self.downloads.get_mut(handle) {
            download.received += bytes;
            download.size = download.size.max(download.received);
        }
    }

    /// A download has ended.
    pub(crate) fn finish(&mut self, handle: usize) {
        if let Some(download) = self.downloads.get_mut(handle) {
            download.is_finished = true;
            // What did not arrive is not waited for any more.
            download.size = download.received;
        }
    }

    fn received(&self) -> u64 {
        self.downloads.iter().map(|download| download.received).sum()
    }

    /// Bytes a second over the last moments; `None` until there are two of them.
    fn rate(&mut self, now: Instant) -> Option<u64> {
        self.samples.push_back((now, self.received()));
        while self.samples.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.samples.pop_front();
        }
        let ((from, before), (_, after)) = (self.samples.front()?, self.samples.back()?);
        let milliseconds = u64::try_from(now.duration_since(*from).as_millis()).ok().filter(|time| *time > 0)?;
        Some((after - before) * 1000 / milliseconds)
    }
}

/// The line as it stands at `now`, at most `width` columns wide. The less a part matters, the earlier it goes when
/// there is no room for it.
pub(crate) fn line(state: &mut ProgressState, now: Instant, width: usize) -> String {
    let rate = state.rate(now);
    let latest = state.downloads.iter().rev().find(|download| !download.is_finished);
    let Some(latest) = latest.map(|download| download.name.clone()) else {
        return state.stage.map(|stage| fit(vec![at_stage(stage)], "", width)).unwrap_or_default();
    };
    let received = state.received();
    let total: u64 = state.downloads.iter().map(|download| download.size).sum();
    let finished = state.downloads.iter().filter(|download| download.is_finished).count();
    let mut parts = vec![format!("Downloading {finished}/{}", state.downloads.len())];
    if total > received {
        parts.push(bar(received, total));
        parts.push(format!("{} of {}", Bytes(received), Bytes(total)));
    } else {
        parts.push(Bytes(received).to_string());
    }
    if let Some(rate) = rate.filter(|rate| *rate > 0) {
        parts.push(format!("{}/s", Bytes(rate)));
        if total > received {
            parts.push(format!("{} left", time((total - received) / rate)));
        }
    }
    fit(parts, &latest, width)
}

fn at_stage((stage, done, total): (Stage, usize, usize)) -> String {
    let word = match stage {
        Stage::Resolving => "Resolving",
        Stage::Building => "Building",
        Stage::Unpacking => "Unpacking",
        Stage::Writing => "Writing",
        Stage::Removing => "Removing the temporary cache",
    };
    match (done, total) {
        (0, 0) => word.to_owned(),
        (0, total) if stage == Stage::Writing => format!("{word} {total} files"),
        (done, 0) => format!("{word} {done}"),
        (done, total) => format!("{word} {done}/{total}"),
    }
}

/// How much of the whole is there.
fn bar(part: u64, whole: u64) -> String {
    let full = usize::try_from(u128::from(part) * BAR as u128 / u128::from(whole.max(1))).unwrap_or(BAR).min(BAR);
    format!("{}{}", "━".repeat(full), "─".repeat(BAR - full))
}

fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => "over an hour".to_owned(),
    }
}

/// As many of the parts, first ones first, as there is room for, and as much of `name` as is left behind them.
fn fit(parts: Vec<String>, name: &str, width: usize) -> String {
    let mut line = String::new();
    let mut used = 0;
    for part in parts {
        let gap = if used == 0 { 0 } else { 2 };
        let columns = part.chars().count();
        if used + gap + columns <= width {
            line.push_str(&"  "[..gap]);
            line.push_str(&part);
            used += gap + columns;
        } else if used == 0 {
            return part.chars().take(width).collect();
        }
    }
    let room = width.saturating_sub(used + 2);
    if !name.is_empty() && room >= 8 {
        line.push_str("  ");
        if name.chars().count() <= room {
            line.push_str(name);
        } else {
            line.extend(name.chars().take(room - 1).chain(['…']));
        }
    }
    line
}

#[cfg(test)]
mod tests;
