//! sled's log as it lies in the file `db`, read and never written.
//!
//! The file is a row of segments of equal length. A segment begins with a header that gives its
//! place in the log, its *LSN*, and holds messages one after the other, each with a checksum, up to
//! a cap or to where no message fits any more. A segment whose messages have all been replaced is
//! written anew, with a greater LSN.

/// The length of a segment; that of every store of ours, as nothing sets another.
pub(crate) const SEGMENT_BYTES: usize = 512 << 10;

/// The length of a segment's header.
pub(crate) const HEADER_BYTES: usize = 20;

/// Nothing begins in the last bytes of a segment.
const MESSAGE_HEADER_BYTES_MAX: usize = 32;

/// What sled hides numbers by, so that zeros are no header.
const MASK: u64 = 0x7fff_ffff_ffff_ffff;

/// The kinds of message that matter here.
const CORRUPTED: u8 = 0;
const CAP: u8 = 2;
const LAST_KIND: u8 = 11;

/// The LSN of the segment with that header; none where it is not sound.
pub(crate) fn segment_lsn(header: &[u8]) -> Option<u64> {
    let (sum, numbers) = header.get(..HEADER_BYTES)?.split_first_chunk::<4>()?;
    let lsn = numbers.first_chunk::<8>()?;
    let lsn = u64::from_le_bytes(*lsn) ^ MASK;
    let sound = crc32fast::hash(numbers) == !u32::from_le_bytes(*sum);
    (sound && lsn.is_multiple_of(SEGMENT_BYTES as u64)).then_some(lsn)
}

/// A message of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    /// Where in the segment it begins.
    pub(crate) at: usize,
    /// Its length, with its header.
    pub(crate) bytes: usize,
    pub(crate) kind: u8,
    /// The page that it is about.
    pub(crate) page: u64,
}

/// The sound messages of a segment, up to its end or to the first that is not.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    segment: &'a [u8],
    number: u64,
    at: usize,
    ended: bool,
}

impl<'a> Messages<'a> {
    /// The messages of the segment with that LSN.
    pub(crate) fn of(segment: &'a [u8], lsn: u64) -> Messages<'a> {
        Messages {
            segment,
            number: lsn / SEGMENT_BYTES as u64,
            at: HEADER_BYTES,
            ended: false,
        }
    }

    /// Behind the last message. All of the segment was read if that is at its end.
    pub(crate) fn end(&self) -> usize {
        if self.ended { SEGMENT_BYTES } else { self.at }
    }

    fn read(&self) -> Option<Message> {
        let rest = self.segment.get(self.at..)?;
        let (sum, header) = rest.split_first_chunk::<4>()?;
        let (kind, numbers) = header.split_first()?;
        let mut left = numbers;
        let body_bytes = usize::try_from(number(&mut left)?).ok()?;
        let segment = number(&mut left)?;
        let page = number(&mut left)?;
        let body = left.get(..body_bytes)?;
        let header = header.get(..header.len() - left.len())?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(body);
        hasher.update(header);
        let sound = !hasher.finalize() == u32::from_le_bytes(*sum)
            && segment == self.number
            && (CORRUPTED + 1..=LAST_KIND).contains(kind);
        sound.then_some(Message {
            at: self.at,
            bytes: sum.len() + header.len() + body_bytes,
            kind: *kind,
            page,
        })
    }
}

impl Iterator for Messages<'_> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        if self.ended {
            return None;
        }
        let message = self.read()?;
        self.at += message.bytes;
        self.ended = message.kind == CAP || self.at > SEGMENT_BYTES - MESSAGE_HEADER_BYTES_MAX;
        Some(message)
    }
}

/// A number of one to nine bytes.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let following = match first {
        0..=240 => 0,
        241..=248 => 1,
        249 => 2,
        250..=255 => usize::from(first - 247),
    };
    let (digits, rest) = rest.split_at_checked(following)?;
    *bytes = rest;
    Some(match (first, digits) {
        (241..=248, [low]) => 240 + 256 * u64::from(first - 241) + u64::from(*low),
        (249, [high, low]) => 2_288 + 256 * u64::from(*high) + u64::from(*low),
        (0..=240, _) => u64::from(*first),
        _ => {
            let mut wide = [0; 8];
            wide[..following].copy_from_slice(digits);
            u64::from_le_bytes(wide)
        }
    })
}
