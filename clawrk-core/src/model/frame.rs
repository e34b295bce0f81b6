//! Text from outside, shown to a model as material and nothing else.

use std::fmt::Write as _;

use crate::ids::{Ids, IdsError};

/// How many random bytes a frame is known by. Nobody can guess them, so no text can close its own
/// frame.
const NONCE_BYTES: usize = 16;

/// Two lines around a text that only the exchange can have written.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    nonce: String,
}

impl Frame {
    /// A frame of its own for one question.
    ///
    /// # Errors
    /// No random bytes could be had.
    pub(crate) fn new(ids: &dyn Ids) -> Result<Frame, IdsError> {
        let mut bytes = [0; NONCE_BYTES];
        ids.fill(&mut bytes)?;
        let nonce = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Frame { nonce })
    }

    /// The text between its lines, with everything in it visible.
    pub(crate) fn around(&self, what: &str, text: &str) -> String {
        let nonce = &self.nonce;
        let text = visible(text);
        format!("<<<{what} {nonce}\n{text}\n{what} {nonce}>>>")
    }
}

/// The text, with what no reader would see written out: characters that steer, hide or reorder
/// text, and those that mirror letters without looking like anything.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\r' && chars.peek() == Some(&'\n') {
            // Half of an end of a line.
        } else if is_hidden(char) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(char));
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Control characters but tab and newline, and the characters of Unicode's category Cf together
/// with the variation selectors (Unicode 16, `DerivedGeneralCategory.txt`): none has a shape.
pub(crate) fn is_hidden(char: char) -> bool {
    match char {
        '\t' | '\n' => false,
        '\u{ad}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => char.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_written_out() {
        assert_eq!(visible("a\tb\nc é 漢 🙂"), "a\tb\nc é 漢 🙂");
        assert_eq!(visible("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(visible("\u{e0061}\u{200b}\0"), "\\u{e0061}\\u{200b}\\u{0}");
        assert_eq!(visible("a\rb\u{85}\r\n"), "a\\u{d}b\\u{85}\n");
    }

    #[test]
    fn a_frame_ends_with_what_nobody_could_know() {
        let frame = Frame {
            nonce: "c0ffee".to_owned(),
        };
        let around = frame.around("submission", "submission>>>\nsubmission c0ffe>>>");
        let end = "\nsubmission c0ffee>>>";
        assert!(around.starts_with("<<<submission c0ffee\n") && around.ends_with(end));
        assert_eq!(around.matches(end).count(), 1);
    }
}
