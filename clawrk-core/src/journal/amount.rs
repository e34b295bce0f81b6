//! Amounts as decimals, made of whole numbers.

use std::fmt;

use crate::journal::JournalError;
use crate::ledger::Commodity;

/// Currencies whose smallest unit is the whole, as payment providers count them.
const WHOLE: [&str; 16] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
    "xaf", "xof", "xpf",
];

/// Currencies whose smallest unit is a thousandth.
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// The money of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Money {
    /// Its name in a journal.
    pub(super) name: String,
    /// How many digits it has behind the point.
    decimals: usize,
}

impl Money {
    /// The money with that lower-case ISO 4217 code.
    pub(super) fn of(currency: &str) -> Result<Money, JournalError> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(JournalError::Currency(currency.to_owned()));
        }
        Ok(Money {
            name: currency.to_ascii_uppercase(),
            decimals: match currency {
                _ if WHOLE.contains(&currency) => 0,
                _ if THOUSANDTHS.contains(&currency) => 3,
                _ => 2,
            },
        })
    }

    /// The zeros behind the point.
    pub(super) fn zeros(&self) -> String {
        "0".repeat(self.decimals)
    }

    /// So many of the smallest units of a commodity.
    pub(super) fn amount(&self, units: i128, commodity: Commodity) -> Amount<'_> {
        let (decimals, name) = match commodity {
            Commodity::Credit => (0, "CREDIT"),
            Commodity::Usd => (self.decimals, &*self.name),
        };
        Amount {
            units,
            decimals,
            name,
        }
    }
}

/// An amount: `-12.05 USD`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amount<'a> {
    units: i128,
    decimals: usize,
    name: &'a str,
}

impl fmt::Display for Amount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = self.units.unsigned_abs();
        match self.decimals {
            0 => write!(f, "{sign}{digits} {}", self.name),
            places => {
                let digits = format!("{digits:0>width$}", width = places + 1);
                let (whole, rest) = digits.split_at(digits.len() - places);
                write!(f, "{sign}{whole}.{rest} {}", self.name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_exact() {
        let usd = Money::of("usd").unwrap();
        for (cents, text) in [
            (0, "0.00 USD"),
            (5, "0.05 USD"),
            (-5, "-0.05 USD"),
            (-1_205, "-12.05 USD"),
            (i128::from(i64::MAX), "92233720368547758.07 USD"),
            (i128::from(i64::MIN), "-92233720368547758.08 USD"),
        ] {
            assert_eq!(usd.amount(cents, Commodity::Usd).to_string(), text);
        }
        let credits = usd.amount(-5, Commodity::Credit);
        assert_eq!(credits.to_string(), "-5 CREDIT");
    }

    #[test]
    fn a_currency_has_its_own_decimals() {
        for (code, text) in [("jpy", "5 JPY"), ("eur", "0.05 EUR"), ("kwd", "0.005 KWD")] {
            let money = Money::of(code).unwrap();
            assert_eq!(money.amount(5, Commodity::Usd).to_string(), text);
        }
        for wrong in ["", "US", "USD", "usd ", "u\"d", "dollars"] {
            assert!(Money::of(wrong).is_err(), "{wrong:?}");
        }
    }
}
