//! Whether a passage that a judge points to is really there.

use crate::model::is_hidden;

/// The shortest quote that shows anything, in characters that can be seen. A shorter output is
/// quoted whole.
const QUOTE_CHARS_MIN: usize = 8;

/// An output, as quotes are looked for in it.
#[derive(Debug)]
pub(super) struct Quoted {
    text: String,
    shortest: usize,
}

impl Quoted {
    pub(super) fn new(output: &str) -> Quoted {
        let text = squeezed(output);
        let shortest = seen(&text).count().min(QUOTE_CHARS_MIN);
        Quoted { text, shortest }
    }

    /// Whether the quote stands in the output, letter by letter; white space is as good as any
    /// other. What cannot be seen may be written out, as the judge was shown it, and shows nothing.
    pub(super) fn has(&self, quote: &str) -> bool {
        let quotes = [squeezed(quote), squeezed(&unescaped(quote))];
        quotes.iter().any(|quote| {
            seen(quote).any(char::is_alphanumeric)
                && seen(quote).count() >= self.shortest
                && self.text.contains(quote)
        })
    }
}

/// The characters that have a shape.
fn seen(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|char| !is_hidden(*char))
}

/// The text with what was [written out](crate::model::visible) put back.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let hidden = part.split_once('}').and_then(|(digits, rest)| {
            let char = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            is_hidden(char).then_some((char, rest))
        });
        match hidden {
            Some((char, rest)) => {
                read.push(char);
                read.push_str(rest);
            }
            None => {
                read.push_str("\\u{");
                read.push_str(part);
            }
        }
    }
    read
}

/// The text with one space for each stretch of white space.
fn squeezed(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_stands_in_the_output_whatever_its_white_space() {
        let output = Quoted::new("The capital of\r\n  France\u{a0}is Paris.\u{200b}");
        for there in [
            "capital of France is Paris",
            " capital\nof   France ",
            "is Paris.\\u{200b}",
            "is Paris.\u{200b}",
        ] {
            assert!(output.has(there), "{there}");
        }
        for not_there in [
            "",
            "   ",
            "Paris",
            "capital of france is paris",
            "capital of France is Lyon",
            "The capital of France is Paris. It is",
        ] {
            assert!(!output.has(not_there), "{not_there}");
        }
    }

    #[test]
    fn what_cannot_be_seen_shows_nothing_also_written_out() {
        let output = Quoted::new("It is so.\u{200b}\u{e0070}\u{e0061}\u{e0073}\u{e0073}\u{2060}");
        for unseen in [
            "\\u{200b}",
            "\\u{e0070}\\u{e0061}\\u{e0073}\\u{e0073}",
            "so.\\u{200b}\\u{e0070}",
            "\u{e0070}\u{e0061}\u{e0073}\u{e0073}",
            "e0061}\\u{e0073",
        ] {
            assert!(!output.has(unseen), "{unseen}");
        }
        assert!(output.has("It is so.\\u{200b}\\u{e0070}"));
        // Somebody may have written such a thing.
        assert!(Quoted::new("In Rust it is '\\u{200b}', a nought").has("is '\\u{200b}'"));
        assert!(Quoted::new("so\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}").has("so"));
    }

    #[test]
    fn a_short_output_is_quoted_whole() {
        let output = Quoted::new("Paris");
        assert!(output.has("Paris") && !output.has("Par") && !output.has("Lyon"));
        assert!(!Quoted::new("-- - - - -- -").has("-- - - - -- -"));
    }
}
