//! Which answers are worth another attempt, how many there are, and the pauses between them.
//!
//! Spec: RFC 9110, section 10.2.3 (`Retry-After`).

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, SystemTime};

use super::error::Error;
use super::fault::Fault;
use super::options::ClientOptions;

/// Statuses that say "not now". Never 401 and 403: servers lock accounts that try again. Those above 511 are what a
/// content network says of the server behind it (520 to 524 and 527 at Cloudflare), as 502 does.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524 | 527)
}

/// The attempts that one request has left.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    left: u32,
    pause: Duration,
    longest_pause: Duration,
    /// How long servers that said nothing may be waited for in all, however many attempts are left.
    patience: Duration,
    silent: Duration,
}

impl Attempts {
    pub(super) fn new(options: &ClientOptions) -> Self {
        Self {
            left: options.retries,
            pause: options.first_pause,
            longest_pause: options.longest_pause,
            patience: options.patience,
            silent: Duration::ZERO,
        }
    }

    /// Takes one more attempt after a fault: the pause before it, or the fault when there is none left. A server that
    /// stays silent is given up earlier, when one more wait would be more than [`ClientOptions::patience`].
    pub(super) fn after(&mut self, fault: Fault) -> Result<Duration, Fault> {
        if let Error::Timeout { seconds, .. } = &fault.error {
            let waited = Duration::from_secs_f32(*seconds);
            self.silent += waited;
            if self.silent + waited > self.patience {
                return Err(fault);
            }
        }
        if !fault.may_pass || self.left == 0 {
            return Err(fault);
        }
        self.left -= 1;
        let usual = jittered(self.pause);
        self.pause = (self.pause * 2).min(self.longest_pause);
        Ok(fault.pause.map_or(usual, |wanted| wanted.max(usual)))
    }
}

/// Between half of the duration and all of it, so that many clients do not come back at the same moment.
fn jittered(pause: Duration) -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let share = f64::from(u32::try_from(random >> 32).expect("32 bits are left")) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + share / 2.0)
}

/// The pause that `Retry-After` asks for: seconds, or a date, measured by the server's own clock (`Date`) where it
/// tells it.
pub(super) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = parse_date(value)?;
    let now = date.and_then(parse_date).unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    });
    Some(Duration::from_secs(u64::try_from(until - now).unwrap_or(0)))
}

/// Seconds since 1970 of an HTTP date, in the form that RFC 9110 wants (`Sun, 06 Nov 1994 08:49:37 GMT`).
fn parse_date(text: &str) -> Option<i64> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(date.as_second())
}
