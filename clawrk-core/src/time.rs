//! Points in time, to the millisecond.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC, in whole milliseconds since 1970.
///
/// Its text, and its form in JSON, is RFC 3339 with exactly three decimals:
/// `2025-01-01T00:00:00.000Z`. Values are kept between [`Timestamp::MIN`] and [`Timestamp::MAX`],
/// so every value has such a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The start of 1970.
    pub const MIN: Timestamp = Timestamp(0);
    /// The last millisecond of the year 9998.
    pub const MAX: Timestamp = Timestamp(253_370_764_799_999);

    /// The time that many milliseconds after the start of 1970, moved into the valid range.
    pub const fn from_millis(millis: i64) -> Timestamp {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Timestamp(millis)
        }
    }

    /// Milliseconds since the start of 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// What the header `Date` of an answer over HTTP says, such as `Sun, 06 Nov 1994 08:49:37 GMT`
    /// (RFC 9110, section 5.6.7); none where it says nothing that is a time.
    pub fn from_http_date(text: &str) -> Option<Timestamp> {
        let instant = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        Some(Self::from_millis(instant.as_millisecond()))
    }

    /// This time as the header `Date` has it, to the second.
    pub fn to_http_date(self) -> String {
        // Every value is of a year that the form can say, so the empty text is for nobody.
        jiff::Timestamp::from_millisecond(self.0)
            .and_then(|instant| DateTimePrinter::new().timestamp_to_rfc9110_string(&instant))
            .unwrap_or_default()
    }

    /// This time plus `duration`, at most [`Timestamp::MAX`].
    pub fn after(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// How long it is from `earlier` to this time; zero if it is not later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{instant:.3}")
    }
}

/// A text that is not an RFC 3339 time.
#[derive(Debug, thiserror::Error)]
#[error("not an RFC 3339 time")]
pub struct InvalidTimestamp(#[source] jiff::Error);

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant: jiff::Timestamp = text.parse().map_err(InvalidTimestamp)?;
        Ok(Self::from_millis(instant.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self::from_millis)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_exactly_three_decimals() {
        assert_eq!(
            Timestamp::from_millis(1_735_689_600_000).to_string(),
            "2025-01-01T00:00:00.000Z"
        );
        assert_eq!(
            Timestamp::from_millis(1_735_689_600_120).to_string(),
            "2025-01-01T00:00:00.120Z"
        );
        assert_eq!(Timestamp::MAX.to_string(), "9998-12-31T23:59:59.999Z");
    }

    #[test]
    fn text_round_trips() {
        for millis in [0, 1, 999, 1_735_689_600_123] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        }
    }

    #[test]
    fn dates_of_http_round_trip_to_the_second() {
        let time = Timestamp::from_millis(784_111_777_000);
        let text = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(time.to_http_date(), text);
        assert_eq!(Timestamp::from_http_date(text), Some(time));
        for end in [Timestamp::MIN, Timestamp::MAX] {
            let second = Timestamp::from_millis(end.as_millis() / 1_000 * 1_000);
            let read = Timestamp::from_http_date(&end.to_http_date());
            assert_eq!(read, Some(second));
        }
        for wrong in [
            "",
            "now",
            "1994-11-06T08:49:37Z",
            "Sun, 31 Feb 1994 08:49:37 GMT",
        ] {
            assert_eq!(Timestamp::from_http_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn arithmetic_stays_in_range() {
        assert_eq!(
            Timestamp::MAX.after(Duration::from_secs(u64::MAX)),
            Timestamp::MAX
        );
        assert_eq!(Timestamp::MIN.since(Timestamp::MAX), Duration::ZERO);
    }
}
