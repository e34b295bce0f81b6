//! The payloads that can be written down in a line.

use super::Payload;

const TABLE: &str = include_str!("table.txt");

pub(super) fn rows() -> Vec<Payload> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let (title, text) = line.split_once(" | ").unwrap();
        let (family, name) = title.split_once('/').unwrap();
        Payload {
            family,
            name,
            text: unescaped(text),
        }
    };
    lines.map(row).collect()
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('\\') {
        plain.push_str(before);
        let (char, after) = match behind.split_at(1) {
            ("n", after) => ('\n', after),
            ("\\", after) => ('\\', after),
            (_, after) => {
                let (digits, after) = after.strip_prefix('{').unwrap().split_once('}').unwrap();
                let code = u32::from_str_radix(digits, 16).unwrap();
                (char::from_u32(code).unwrap(), after)
            }
        };
        plain.push(char);
        rest = after;
    }
    plain + rest
}
