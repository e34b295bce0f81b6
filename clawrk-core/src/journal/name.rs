//! Ids as parts of account names.

use std::fmt::Write;

/// Appends an id so that no two ids give the same text: ASCII letters and digits are themselves,
/// every other byte of the id's UTF-8 is a hyphen and its two hexadecimal digits.
///
/// Both tools take letters, digits and hyphens anywhere but at the beginning, where beancount wants
/// a capital letter or a digit; so the id comes behind something.
pub(super) fn push_escaped(name: &mut String, id: &str) {
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() {
            name.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(name, "-{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(id: &str) -> String {
        let mut name = String::new();
        push_escaped(&mut name, id);
        name
    }

    /// The other way round; none for what no id becomes.
    fn read(name: &str) -> Option<String> {
        let mut bytes = Vec::new();
        let mut rest = name.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'-' {
                let digits = [rest.next()?, rest.next()?];
                let digits = str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).ok()
    }

    #[test]
    fn every_id_comes_back_from_its_name() {
        let every: String = (' '..='\u{17f}').filter(|c| !c.is_control()).collect();
        for id in [
            "alice",
            "a.b_c-d@e:f",
            "-2d",
            "auth0|7",
            " ",
            "zoë 🦀",
            &every,
        ] {
            let name = escaped(id);
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            assert_eq!(read(&name).as_deref(), Some(id));
        }
    }

    #[test]
    fn ordinary_ids_stay_readable() {
        assert_eq!(escaped("alice7"), "alice7");
        assert_eq!(escaped("al@x.org"), "al-40x-2eorg");
    }
}
