//! Whether a passage that a judge points to is really there.

use crate::model::visible;

/// The shortest quote that shows anything, in characters. A shorter output is quoted whole.
const QUOTE_CHARS_MIN: usize = 8;

/// An output, as quotes are looked for in it.
#[derive(Debug)]
pub(super) struct Quoted {
    /// As it was handed in, and as the judge was shown it.
    texts: [String; 2],
    shortest: usize,
}

impl Quoted {
    pub(super) fn new(output: &str) -> Quoted {
        let texts = [squeezed(output), squeezed(&visible(output))];
        let shortest = texts[0].chars().count().min(QUOTE_CHARS_MIN);
        Quoted { texts, shortest }
    }

    /// Whether the quote stands in the output, letter by letter; white space is as good as any
    /// other.
    pub(super) fn has(&self, quote: &str) -> bool {
        let quote = squeezed(quote);
        let says_something = quote.chars().any(char::is_alphanumeric);
        says_something
            && quote.chars().count() >= self.shortest
            && self.texts.iter().any(|text| text.contains(&quote))
    }
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
    fn a_short_output_is_quoted_whole() {
        let output = Quoted::new("Paris");
        assert!(output.has("Paris") && !output.has("Par") && !output.has("Lyon"));
        assert!(!Quoted::new("-- - - - -- -").has("-- - - - -- -"));
    }
}
