//! How far a store is.

use clawrk_core::job::Status;
use clawrk_core::record::{Kind, PayoutStatus};
use clawrk_core::store::{Counted, Counts};

/// The format of everything that this crate writes: keys, values, head.
pub const STORE_FORMAT: u8 = 1;

/// How many there are of what is counted: kinds, statuses of jobs, statuses of payouts.
const COUNTED: [usize; 3] = [Kind::ALL.len(), Status::ALL.len(), PayoutStatus::ALL.len()];

/// Everything in front of the numbers: the format, the length, and [`COUNTED`].
const PRELUDE_BYTES: usize = 1 + 2 + COUNTED.len();
const SUM_BYTES: usize = 4;

/// The key of the head in [`Space::Meta`](crate::Space::Meta).
pub const HEAD_KEY: &[u8] = b"head";

/// How far a store is: written with every group, in the same atomic write.
///
/// ```text
/// byte 0      format, 1
/// bytes 1-2   how many bytes the head has, big-endian; so in every format
/// bytes 3-5   how many kinds of record, statuses of jobs and statuses of payouts are counted
/// then        the number of the last commit, the sum over all records, and those counts, 8 bytes
///             each
/// then        CRC-32 of all before; so in every format
/// ```
///
/// A release that knows more kinds or statuses reads 0 for what is not counted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the last commit, and how many records there are.
    pub counts: Counts,
}

/// Bytes that are no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// Written by a later release.
    #[error("store format {0} is not known to this release, which knows {STORE_FORMAT}")]
    Later(u8),
    /// A later release has written records of a kind, or jobs or payouts of a status, that this
    /// one does not know.
    #[error("the store holds kinds of record or statuses that are not known to this release")]
    Unknown,
    /// The length or the checksum is wrong.
    #[error("the head of the store is damaged")]
    Damaged,
}

impl Head {
    /// The length of a head that this release writes.
    pub const BYTES: usize =
        PRELUDE_BYTES + 8 * (2 + COUNTED[0] + COUNTED[1] + COUNTED[2]) + SUM_BYTES;

    /// The head as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.push(STORE_FORMAT);
        bytes.extend_from_slice(&(Self::BYTES as u16).to_be_bytes());
        bytes.extend(COUNTED.map(|count| count as u8));
        bytes.extend_from_slice(&self.counts.seq.to_be_bytes());
        bytes.extend_from_slice(&self.counts.sum.to_be_bytes());
        for counted in Counted::all() {
            bytes.extend_from_slice(&self.counts.get(counted).to_be_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// The head with which these bytes begin. What follows it is overlooked.
    ///
    /// # Errors
    /// [`HeadError::Later`] or [`HeadError::Unknown`] where a later release wrote them, else
    /// [`HeadError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Head, HeadError> {
        let text = checked(bytes).ok_or(HeadError::Damaged)?;
        let (prelude, numbers) = text
            .split_first_chunk::<PRELUDE_BYTES>()
            .ok_or(HeadError::Damaged)?;
        let [format, _, _, counted @ ..] = *prelude;
        if format > STORE_FORMAT {
            return Err(HeadError::Later(format));
        }
        let counted = counted.map(usize::from);
        let (numbers, rest) = numbers.as_chunks::<8>();
        let whole = numbers.len() == 2 + counted.iter().sum::<usize>() && rest.is_empty();
        if format != STORE_FORMAT || !whole {
            return Err(HeadError::Damaged);
        }
        read(counted, numbers)
    }
}

/// The bytes of a head without its checksum, which is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let length = u16::from_be_bytes([*bytes.get(1)?, *bytes.get(2)?]);
    let whole = bytes.get(..usize::from(length))?;
    let (text, sum) = whole.split_last_chunk::<SUM_BYTES>()?;
    (crc32fast::hash(text) == u32::from_be_bytes(*sum)).then_some(text)
}

/// The numbers of a head that counts so many kinds and statuses.
fn read(counted: [usize; 3], numbers: &[[u8; 8]]) -> Result<Head, HeadError> {
    let mut head = Head::default();
    let mut numbers = numbers.iter().map(|number| u64::from_be_bytes(*number));
    head.counts.seq = numbers.next().ok_or(HeadError::Damaged)?;
    head.counts.sum = numbers.next().ok_or(HeadError::Damaged)?;
    let mut known = Counted::all();
    for (here, there) in COUNTED.into_iter().zip(counted) {
        let names: Vec<Counted> = known.by_ref().take(here).collect();
        for place in 0..there {
            let number = numbers.next().ok_or(HeadError::Damaged)?;
            match names.get(place) {
                Some(name) => head.counts.set(*name, number),
                None if number == 0 => {}
                None => return Err(HeadError::Unknown),
            }
        }
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Head {
        let mut head = Head::default();
        head.counts.seq = 7;
        head.counts.sum = u64::MAX / 3;
        for (number, counted) in (100..).zip(Counted::all()) {
            head.counts.set(counted, number);
        }
        head
    }

    /// A head as another release would write it.
    fn written(format: u8, counted: [u8; 3], numbers: &[u64]) -> Vec<u8> {
        let length = PRELUDE_BYTES + 8 * numbers.len() + SUM_BYTES;
        let mut bytes = vec![format];
        bytes.extend_from_slice(&(length as u16).to_be_bytes());
        bytes.extend(counted);
        for number in numbers {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    #[test]
    fn comes_back_as_it_was() {
        let bytes = example().encode();
        assert_eq!(bytes.len(), Head::BYTES);
        assert_eq!(Head::decode(&bytes), Ok(example()));
        let padded = [&bytes[..], &[0; 100]].concat();
        assert_eq!(Head::decode(&padded), Ok(example()));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = example().encode();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::decode(&bytes), Err(HeadError::Damaged), "bit {bit}");
        }
        assert_eq!(Head::decode(&[]), Err(HeadError::Damaged));
        assert_eq!(Head::decode(&[0; 512]), Err(HeadError::Damaged));
    }

    #[test]
    fn an_earlier_release_counted_less() {
        let bytes = written(STORE_FORMAT, [2, 1, 0], &[9, 8, 10, 20, 30]);
        let counts = Head::decode(&bytes).unwrap().counts;
        assert_eq!((counts.seq, counts.all_records()), (9, 30));
        assert_eq!(counts.records(Kind::Text), 20);
        assert_eq!(counts.jobs(Status::Queued), 30);
        assert_eq!(counts.payouts(PayoutStatus::Owed), 0);
    }

    #[test]
    fn what_a_later_release_counts_is_told_from_damage() {
        let [kinds, jobs, payouts] = COUNTED.map(|count| count as u8);
        let later = |extra| {
            let mut numbers = vec![0; Counted::all().count() + 2];
            numbers.push(extra);
            written(STORE_FORMAT, [kinds, jobs, payouts + 1], &numbers)
        };
        assert_eq!(Head::decode(&later(1)), Err(HeadError::Unknown));
        assert_eq!(Head::decode(&later(0)), Ok(Head::default()));
        let format = written(STORE_FORMAT + 1, [1, 2, 3], &[4]);
        assert_eq!(Head::decode(&format), Err(HeadError::Later(2)));
        let whole = written(STORE_FORMAT, [kinds, jobs, payouts], &[1]);
        assert_eq!(Head::decode(&whole), Err(HeadError::Damaged));
    }
}
