//! Ids as text: 32 digits in order of value, so that texts sort as their ids do.

use std::fmt;

/// Digits in order of value, so that texts sort as their ids do.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn digit(byte: u8) -> Option<u128> {
    DIGITS.iter().position(|d| *d == byte).map(|at| at as u128)
}

/// Writes the low `5 × digits` bits of `value`, highest digit first.
pub(super) fn write_digits(f: &mut fmt::Formatter<'_>, value: u128, digits: u32) -> fmt::Result {
    // In one piece: keys are made of these, several for each record that is written.
    let mut text = String::with_capacity(digits as usize);
    for place in (0..digits).rev() {
        let at = (value >> (5 * place)) & 31;
        text.push(DIGITS[at as usize] as char);
    }
    f.write_str(&text)
}

/// Reads exactly `digits` digits into a value of at most `bits` bits.
pub(super) fn read_digits(text: &str, digits: usize, bits: u32) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    let mut value: u128 = 0;
    for (at, byte) in text.bytes().enumerate() {
        let digit = digit(byte)?;
        if at == 0 && digit >> (5 - (5 * digits as u32 - bits)) != 0 {
            return None;
        }
        value = (value << 5) | digit;
    }
    Some(value)
}
