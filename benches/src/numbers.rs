//! Medians and ranges.

use std::fmt;
use std::time::Duration;

/// The median and the range of some measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The middle one; of an even number the lower of the two.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of these numbers; all zero where there are none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Spread {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let at = |i: usize| numbers.get(i).copied().unwrap_or(0.0);
        Spread {
            median: at(numbers.len().saturating_sub(1) / 2),
            min: at(0),
            max: at(numbers.len().saturating_sub(1)),
        }
    }
}

/// `median [min..max]`, with as many decimals as the format asks for.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(0);
        let Spread { median, min, max } = self;
        write!(
            f,
            "{median:.decimals$} [{min:.decimals$}..{max:.decimals$}]"
        )
    }
}

/// The median of some times.
pub fn median(times: &[Duration]) -> Duration {
    quantile(times, 50)
}

/// The least time that so many of a hundred do not exceed.
pub fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_the_numbers() {
        let spread = Spread::of([9.0, 1.0, 4.0, 2.0]);
        assert_eq!(format!("{spread}"), "2 [1..9]");
        assert_eq!(format!("{:.1}", Spread::of([3.0])), "3.0 [3.0..3.0]");
        assert_eq!(Spread::of([]).median, 0.0);
        let ms = Duration::from_millis;
        assert_eq!(median(&[ms(3), ms(1), ms(2)]), ms(2));
        assert_eq!(median(&[ms(3), ms(1), ms(2), ms(4)]), ms(2));
        let hundred: Vec<Duration> = (1..=100).map(ms).collect();
        assert_eq!(quantile(&hundred, 99), ms(99));
        assert_eq!(quantile(&hundred[..10], 99), ms(10));
        assert_eq!(quantile(&[], 50), Duration::ZERO);
    }
}
