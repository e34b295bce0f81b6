//! Long values, spread over several keys.
//!
//! sled puts a page of more than 128 KiB into a file of its own and never syncs that file. A page
//! holds up to 17 values, so none may be long.

/// The longest value that is kept in one piece, and the length of the parts of longer ones.
pub(crate) const PART_BYTES: usize = 6 << 10;

/// What stands for a spread value: a mark and the number of parts. A value of this length is
/// itself spread, so that nothing else looks like it.
type Stand = [u8; 3];
const MARK: u8 = b'p';

/// Whether a value is kept in one piece.
pub(crate) fn fits(value: &[u8]) -> bool {
    value.len() <= PART_BYTES && value.len() != size_of::<Stand>()
}

/// What stands for a value of so many parts.
pub(crate) fn head(parts: u16) -> Stand {
    let [high, low] = parts.to_be_bytes();
    [MARK, high, low]
}

/// The number of parts, if this stands for a spread value.
pub(crate) fn parts(value: &[u8]) -> Option<u16> {
    match *value {
        [MARK, high, low] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// The key of a part.
pub(crate) fn key(key: &[u8], part: u16) -> Vec<u8> {
    [key, &part.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_kept_in_one_piece_looks_spread() {
        for len in [0, 1, 2, 4, 22, PART_BYTES] {
            assert!(fits(&vec![MARK; len]), "{len}");
            assert_eq!(parts(&vec![MARK; len]), None, "{len}");
        }
        assert!(!fits(b"p12") && !fits(&[0; 3]) && !fits(&[0; PART_BYTES + 1]));
        assert_eq!(parts(&head(700)), Some(700));
    }
}
