//! One line that shows what a run is doing, on a terminal, while it lasts; above it a table where several outputs are made.
//!
//! It is drawn first when [`PATIENCE`] is over, so that a run that takes no time shows nothing; it is drawn anew in place, and
//! taken away before anything else is printed and at the end. What it says is made by [`line()`], which knows neither terminal
//! nor clock.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use barrow::bundle::Bytes;
use barrow::reporter::Stage;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

mod table;

pub(crate) use table::{Row, RowState};

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

/// The line of a run.
pub(crate) struct Progress {
    state: Arc<Mutex<State>>,
    bar: ProgressBar,
    /// Told when the run is over; the thread that draws waits for it.
    over: Mutex<Option<Sender<()>>>,
}

/// What the line speaks of.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What is being done beside downloading, and how far it is: done, and of how many (0: not known).
    stage: Option<(Stage, usize, usize)>,
    downloads: Vec<Download>,
    /// The outputs, where several are made.
    rows: Vec<Row>,
    /// Bytes that had arrived at moments of the last seconds.
    samples: VecDeque<(Instant, u64)>,
    /// Columns that the line took when it was drawn last.
    drawn: usize,
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
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { state: Arc::default(), bar, over: Mutex::new(None) }
    }

    /// Changes what the line speaks of.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut locked(&self.state));
        self.begin();
        changed
    }

    /// Prints something else: the line is taken away meanwhile.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the line away for good.
    pub(crate) fn end(&self) {
        if locked(&self.over).take().is_some() {
            self.bar.finish_and_clear();
            *locked(&self.state) = State::default();
        }
    }

    /// The thread that draws, unless there is one.
    fn begin(&self) {
        let mut over = locked(&self.over);
        if over.is_some() {
            return;
        }
        let (sender, receiver) = channel::<()>();
        let (bar, state) = (self.bar.clone(), Arc::clone(&self.state));
        bar.reset();
        bar.set_style(style(Arc::clone(&state)));
        let draw = move || {
            let mut wait = PATIENCE;
            while receiver.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                if wait == PATIENCE {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    wait = TICK;
                }
                clear_broken_line(&state);
                bar.tick();
            }
        };
        // Without a thread there is no line; the run does not need one.
        if thread::Builder::new().name("barrow-progress".to_owned()).spawn(draw).is_ok() {
            *over = Some(sender);
        }
    }
}

/// A style that consists of the line alone, made at the moment when it is drawn.
fn style(state: Arc<Mutex<State>>) -> ProgressStyle {
    let draw = move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let width = console_width();
        let mut state = locked(&state);
        let text = line(&mut state, Instant::now(), width.min(WIDEST));
        state.drawn = text.chars().count();
        let room = usize::from(console::Term::stderr().size().0).saturating_sub(2);
        let rows = table::table(&state.rows, Instant::now(), width.min(WIDEST), room);
        // Writing into a text cannot fail.
        let _ = rows.iter().try_for_each(|row| writeln!(out, "{row}"));
        let _ = out.write_str(&text);
    };
    let style = ProgressStyle::with_template("{line}").unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("line", draw)
}

/// A terminal that was made narrower has broken the line into several rows, of which only the last is drawn anew: the others
/// are taken away here.
fn clear_broken_line(state: &Mutex<State>) {
    let (width, drawn) = (console_width() + 1, locked(state).drawn);
    if drawn > width {
        let terminal = console::Term::stderr();
        // A line that stays on the screen harms nobody.
        let _ = terminal.move_cursor_up((drawn - 1) / width).and_then(|()| terminal.clear_to_end_of_screen());
    }
}

/// Columns of the terminal that standard error is; one is left free, because some terminals break the line at the last one.
fn console_width() -> usize {
    let (_, columns) = console::Term::stderr().size();
    usize::from(columns).saturating_sub(1)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// The run is at this stage, and so far in it.
    pub(crate) fn reach(&mut self, stage: Stage, done: usize, total: usize) {
        self.stage = Some((stage, done, total));
    }

    /// Several outputs are to be made.
    pub(crate) fn begin_table(&mut self, names: Vec<String>) {
        self.rows = names.into_iter().map(Row::new).collect();
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

/// The line as it stands at `now`, at most `width` columns wide. The less a part matters, the earlier it goes when there is no
/// room for it.
pub(crate) fn line(state: &mut State, now: Instant, width: usize) -> String {
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
