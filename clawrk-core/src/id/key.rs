//! The public part of API keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InvalidId;
use super::digits::{read_digits, write_digits};
use crate::ids::{Ids, IdsError};

/// The public part of an API key: 13 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(u64);

impl KeyId {
    /// The id with these bits.
    pub const fn from_bits(bits: u64) -> KeyId {
        KeyId(bits)
    }

    /// The id's bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// A new random id.
    pub fn new(ids: &dyn Ids) -> Result<KeyId, IdsError> {
        let mut bytes = [0; 8];
        ids.fill(&mut bytes)?;
        Ok(KeyId(u64::from_be_bytes(bytes)))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_digits(f, u128::from(self.0), 13)
    }
}

impl FromStr for KeyId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bits = read_digits(text, 13, 64).ok_or(InvalidId("key id"))?;
        u64::try_from(bits)
            .map(KeyId)
            .map_err(|_| InvalidId("key id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip() {
        let last = KeyId::from_bits(u64::MAX);
        assert_eq!(last.to_string().parse(), Ok(last));
        assert!("zzzzzzzzzzzzz".parse::<KeyId>().is_err());
    }
}
