//! Amounts: whole credits and whole cents, never mixed, never rounded.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: $name = $name(0);

            /// That many units.
            pub const fn new(units: i64) -> $name {
                $name(units)
            }

            /// The number of units.
            pub const fn units(self) -> i64 {
                self.0
            }

            /// The sum, unless it overflows.
            pub fn checked_add(self, other: $name) -> Option<$name> {
                self.0.checked_add(other.0).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

amount! {
    /// Credits: what senders pay with inside the exchange.
    Credits
}

amount! {
    /// Cents of the payout currency.
    Cents
}

impl Credits {
    /// These credits at `rate` cents each, unless the product overflows.
    ///
    /// Both factors are whole, so there is nothing to round.
    pub fn at_rate(self, rate: Cents) -> Option<Cents> {
        let product = i128::from(self.0) * i128::from(rate.0);
        i64::try_from(product).ok().map(Cents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_payout_of_research_is_one_dollar() {
        assert_eq!(
            Credits::new(2).at_rate(Cents::new(50)),
            Some(Cents::new(100))
        );
    }

    #[test]
    fn overflow_is_an_answer() {
        assert_eq!(Credits::new(i64::MAX).at_rate(Cents::new(2)), None);
        assert_eq!(Credits::new(i64::MAX).checked_add(Credits::new(1)), None);
    }
}
