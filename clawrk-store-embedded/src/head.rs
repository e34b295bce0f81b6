//! How far a store is.

use clawrk_core::record::Kind;

/// The format of everything that this crate writes: keys, values, head.
pub const STORE_FORMAT: u8 = 1;

const KINDS: usize = Kind::ALL.len();

/// The key of the head in [`Space::Meta`](crate::Space::Meta).
pub const HEAD_KEY: &[u8] = b"head";

/// How far a store is: written with every group, in the same atomic write.
///
/// ```text
/// byte 0      format, 1
/// bytes 1-8   number of the last commit, big-endian
/// then        the number of records of each kind, 8 bytes each
/// then        CRC-32 of all before
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the last commit; 0 in a new store.
    pub seq: u64,
    records: [u64; KINDS],
}

/// Bytes that are no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Written by a later release.
    #[error("store format {0} is not known to this release, which knows {STORE_FORMAT}")]
    Later(u8),
    /// The length or the checksum is wrong.
    #[error("the head of the store is damaged")]
    Damaged,
}

impl Head {
    /// The length of an encoded head.
    pub const BYTES: usize = 1 + 8 + 8 * KINDS + 4;

    /// How many records of this kind there are.
    pub fn records(&self, kind: Kind) -> u64 {
        self.records[place(kind)]
    }

    /// Counts a key that came or went.
    pub(crate) fn count(&mut self, kind: Kind, before: bool, after: bool) {
        let count = &mut self.records[place(kind)];
        *count = match (before, after) {
            (false, true) => count.saturating_add(1),
            (true, false) => count.saturating_sub(1),
            _ => *count,
        };
    }

    /// The head as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.push(STORE_FORMAT);
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        for count in self.records {
            bytes.extend_from_slice(&count.to_be_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// The head that these bytes are.
    ///
    /// # Errors
    /// [`HeadError::Later`] where a later release wrote them, else [`HeadError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Head, HeadError> {
        let (text, sum) = bytes.split_last_chunk::<4>().ok_or(HeadError::Damaged)?;
        if crc32fast::hash(text) != u32::from_be_bytes(*sum) {
            return Err(HeadError::Damaged);
        }
        let (format, numbers) = text.split_first().ok_or(HeadError::Damaged)?;
        if *format > STORE_FORMAT {
            return Err(HeadError::Later(*format));
        }
        let (numbers, rest) = numbers.as_chunks::<8>();
        if *format != STORE_FORMAT || numbers.len() != 1 + KINDS || !rest.is_empty() {
            return Err(HeadError::Damaged);
        }
        let mut head = Head {
            seq: u64::from_be_bytes(numbers[0]),
            ..Head::default()
        };
        for (count, number) in head.records.iter_mut().zip(&numbers[1..]) {
            *count = u64::from_be_bytes(*number);
        }
        Ok(head)
    }
}

/// The place of a kind among the counts. Kinds are numbered from 1 without gaps.
fn place(kind: Kind) -> usize {
    kind as usize - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was() {
        let mut head = Head {
            seq: 7,
            ..Head::default()
        };
        for kind in Kind::ALL {
            head.count(kind, false, true);
        }
        head.count(Kind::Once, false, true);
        head.count(Kind::Job, true, false);
        let read = Head::decode(&head.encode()).unwrap();
        assert_eq!(read, head);
        assert_eq!((read.records(Kind::Once), read.records(Kind::Job)), (2, 0));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = Head::default().encode();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::decode(&bytes), Err(HeadError::Damaged), "bit {bit}");
        }
        assert_eq!(Head::decode(&[]), Err(HeadError::Damaged));
    }

    #[test]
    fn a_later_format_is_told_from_damage() {
        let mut bytes = Head::default().encode();
        bytes.truncate(Head::BYTES - 4);
        bytes[0] = STORE_FORMAT + 1;
        bytes.extend_from_slice(b"what a later release adds");
        let sum = crc32fast::hash(&bytes).to_be_bytes();
        bytes.extend_from_slice(&sum);
        assert_eq!(Head::decode(&bytes), Err(HeadError::Later(2)));
    }
}
