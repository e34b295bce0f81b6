//! What may have been meant.

use crate::settings::TABLE;

/// How many letters may differ.
const TYPOS_MAX: usize = 3;

/// The setting whose name is most like `name`, if one is.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let distances = TABLE
        .iter()
        .map(|setting| (distance(setting.name, name), setting.name));
    let (typos, nearest) = distances.min()?;
    // What shares no letter with it is no typo of a short name.
    let shares = typos < nearest.len().max(name.len());
    (shares && typos <= TYPOS_MAX).then_some(nearest)
}

/// How many letters must be added, dropped or replaced to get from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_setting_and_nonsense_none() {
        assert_eq!(nearest("lissten"), Some("listen"));
        assert_eq!(nearest("accepttimeout"), Some("accept_timeout"));
        assert_eq!(nearest("nothing_of_the_kind"), None);
    }

    #[test]
    fn distances_count_letters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
