//! Days, in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::Timestamp;

const MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// A day in UTC. Its text is `2025-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day of that moment.
    pub fn of(at: Timestamp) -> Day {
        Day(at.as_millis().div_euclid(MILLIS))
    }

    /// The day before.
    pub(super) fn before(self) -> Day {
        Day(self.0 - 1)
    }

    /// The day after.
    pub(super) fn after(self) -> Day {
        Day(self.0 + 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midnight = self.0.checked_mul(MILLIS).ok_or(fmt::Error)?;
        let midnight = jiff::Timestamp::from_millisecond(midnight).map_err(|_| fmt::Error)?;
        TimeZone::UTC.to_datetime(midnight).date().fmt(f)
    }
}

/// A text that is no day from 1970 to 9998.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day from 1970 to 9998, such as 2025-01-31")]
pub struct InvalidDay;

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Day, InvalidDay> {
        let date: Date = text.parse().map_err(|_| InvalidDay)?;
        let midnight = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
        let midnight = midnight.map_err(|_| InvalidDay)?.as_millisecond();
        // A date and a time, a year of another length: one day has one text.
        let day = Day(midnight.div_euclid(MILLIS));
        let in_range = (Day::of(Timestamp::MIN)..=Day::of(Timestamp::MAX)).contains(&day);
        match in_range && day.to_string() == text {
            true => Ok(day),
            false => Err(InvalidDay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_text_and_neighbours() {
        for text in ["1970-01-01", "2024-02-29", "9998-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        let leap: Day = "2024-03-01".parse().unwrap();
        assert_eq!(leap.before().to_string(), "2024-02-29");
        assert_eq!(leap.before().after(), leap);
        let first: Day = "1970-01-01".parse().unwrap();
        assert_eq!(first.before().to_string(), "1969-12-31");
        assert_eq!(Day::of(Timestamp::MAX).to_string(), "9998-12-31");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2025",
            "2025-1-1",
            "2025-02-30",
            "1969-12-31",
            "9999-01-01",
            "2025-01-01T00:00:00Z",
            "20250101",
            "01.02.2025",
            "-002025-01-01",
        ] {
            assert_eq!(text.parse::<Day>(), Err(InvalidDay), "{text:?}");
        }
    }
}
