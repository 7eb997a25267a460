//! Points in time as settings give them.

use jiff::civil::Date;
use jiff::{Span, SpanRelativeTo, Timestamp, ToSpan as _};

/// `exclude-newer`: microseconds since 1970 from which on files do not exist.
///
/// A date alone means that whole day, as uv reads it, but in UTC: the host's time zone must not show in the result. A
/// span of time, such as `7 days` or `P7D`, ends now; `now` is in seconds since 1970.
///
/// # Errors
/// What could stand there.
pub fn parse_moment(text: &str, now: i64) -> Result<i64, String> {
    let timestamp = match text.parse::<Date>() {
        Ok(date) if !text.contains(['T', 't', ' ', ':']) => date
            .checked_add(1.day())
            .and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC))
            .map(|zoned| zoned.timestamp())
            .map_err(|error| error.to_string())?,
        _ => match text.parse::<Timestamp>() {
            Ok(timestamp) => timestamp,
            Err(_) => before(text, now).ok_or_else(|| {
                format!("`{text}` is not a date: give YYYY-MM-DD or a time with its zone, such as 2026-01-31T12:00:00Z")
            })?,
        },
    };
    Ok(timestamp.as_microsecond())
}

/// The moment that is a span of time before now.
fn before(text: &str, now: i64) -> Option<Timestamp> {
    let span: Span = text.parse().ok()?;
    let now = Timestamp::from_second(now).ok()?;
    // Days of 24 hours: there are no others in UTC.
    let length = span.abs().to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    now.checked_sub(length).ok()
}

#[cfg(test)]
mod tests {
    use super::parse_moment;

    #[test]
    fn moments() {
        let now = 1_767_225_600; // 2026-01-01T00:00:00Z
        let check =
            |text: &str, expected: &str| assert_eq!(parse_moment(text, now), parse_moment(expected, now), "{text}");
        check("2026-01-01", "2026-01-02T00:00:00Z");
        check("7 days", "2025-12-25T00:00:00Z");
        check("P7D", "2025-12-25T00:00:00Z");
        check("2 weeks", "2025-12-18T00:00:00Z");
        assert!(parse_moment("tomorrow", now).unwrap_err().contains("is not a date"));
    }
}
