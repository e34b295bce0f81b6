//! The ids of jobs, of commits, and of the payouts named after jobs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidId;
use super::digits::{read_digits, write_digits};
use crate::ids::{Ids, IdsError};
use crate::time::Timestamp;

macro_rules! id128 {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The id with these bits.
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// The id's bits.
            pub const fn bits(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_digits(f, self.0, 26)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                read_digits(text, 26, 128).map(Self).ok_or(InvalidId($what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0.to_be_bytes())
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    deserializer.deserialize_bytes(Bits).map(Self)
                }
            }
        }
    };
}

/// Reads sixteen bytes, highest first.
struct Bits;

impl<'de> serde::de::Visitor<'de> for Bits {
    type Value = u128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sixteen bytes")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<u128, E> {
        let bytes = bytes
            .try_into()
            .map_err(|_| E::invalid_length(bytes.len(), &self))?;
        Ok(u128::from_be_bytes(bytes))
    }
}

id128! {
    /// Names a job: 26 characters, URL-safe.
    ///
    /// 48 bits are the time it was made, so that neighbours in time are neighbours on disk; the
    /// other 80 are random, so that nobody guesses one.
    JobId, "job id"
}

id128! {
    /// Names one commit of a store. The record that proves the commit carries it.
    CommitId, "commit id"
}

impl JobId {
    /// A new id for a job made at `now`.
    pub fn new(now: Timestamp, ids: &dyn Ids) -> Result<JobId, IdsError> {
        let mut random = [0; 10];
        ids.fill(&mut random)?;
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        Ok(JobId(u128::from_be_bytes(bytes)))
    }
}

impl CommitId {
    /// A new random id.
    pub fn new(ids: &dyn Ids) -> Result<CommitId, IdsError> {
        let mut bytes = [0; 16];
        ids.fill(&mut bytes)?;
        Ok(CommitId(u128::from_be_bytes(bytes)))
    }
}

/// Names a payout. A job has at most one, and its name is made from the job's: `po_<job>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PayoutId(JobId);

impl PayoutId {
    /// The payout of that job.
    pub const fn of(job: JobId) -> PayoutId {
        PayoutId(job)
    }

    /// The job that it pays for.
    pub const fn job(self) -> JobId {
        self.0
    }
}

impl fmt::Display for PayoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "po_{}", self.0)
    }
}

impl FromStr for PayoutId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let job = text.strip_prefix("po_").ok_or(InvalidId("payout id"))?;
        job.parse()
            .map(PayoutId)
            .map_err(|_| InvalidId("payout id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip_and_sort_as_the_ids_do() {
        let ids = [0, 1, 31, 32, u128::MAX / 3, u128::MAX].map(JobId::from_bits);
        let texts = ids.map(|id| id.to_string());
        assert!(texts.is_sorted());
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(text.parse::<JobId>().unwrap(), *id);
        }
    }

    #[test]
    fn an_id_has_one_text_only() {
        let too_big = "z".repeat(26);
        let upper = JobId::from_bits(10).to_string().to_uppercase();
        for text in [
            "",
            "x",
            &too_big,
            &upper,
            &"0".repeat(27),
            "0000000000000000000000000\0",
        ] {
            assert!(text.parse::<JobId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn ids_survive_both_kinds_of_serialiser() {
        let id = JobId::from_bits(7 << 100);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<JobId>(&json).unwrap(), id);
        let packed = rmp_serde::to_vec_named(&id).unwrap();
        assert_eq!(rmp_serde::from_slice::<JobId>(&packed).unwrap(), id);
    }
}
