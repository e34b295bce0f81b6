//! Tables of numbers as CSV. No value has a comma or a quote.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A table in a file of its own.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The file's name without its ending.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [&'static str],
}

/// What a table holds: each row by the names of its columns.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [String],
    values: &'a [String],
}

impl Table {
    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.csv", self.name))
    }

    /// Adds rows, after the names of the columns in a new file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn append(&self, folder: &Path, rows: &[Vec<String>]) -> io::Result<()> {
        let path = self.path(folder);
        let new = !path.exists();
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if new {
            writeln!(file, "{}", self.columns.join(","))?;
        }
        rows.iter()
            .try_for_each(|row| writeln!(file, "{}", row.join(",")))
    }

    /// Removes the file, if there is one.
    ///
    /// # Errors
    /// What the file system says.
    pub fn clear(&self, folder: &Path) -> io::Result<()> {
        match fs::remove_file(self.path(folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads it; empty where there is none.
    pub fn read(&self, folder: &Path) -> Rows {
        let text = fs::read_to_string(self.path(folder)).unwrap_or_default();
        let split = |line: &str| line.split(',').map(str::to_owned).collect();
        let mut lines = text.lines().map(split);
        Rows {
            columns: lines.next().unwrap_or_default(),
            rows: lines.collect(),
        }
    }
}

impl Rows {
    /// The rows in their order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row {
            columns: &self.columns,
            values,
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The different values of a column, in the order of their first row.
    pub fn different(&self, column: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for row in self.iter() {
            let text = row.text(column);
            if !found.iter().any(|known| known == text) {
                found.push(text.to_owned());
            }
        }
        found
    }
}

impl<'a> Row<'a> {
    /// The text in a column; empty where there is no such column.
    pub fn text(&self, column: &str) -> &'a str {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| self.values.get(at))
            .map_or("", |text| text)
    }

    /// The number in a column; zero where there is none.
    pub fn number(&self, column: &str) -> f64 {
        self.text(column).parse().unwrap_or_default()
    }
}

/// A number with as many digits as it is worth.
pub fn number(number: f64) -> String {
    let decimals = match number.abs() {
        100.0.. => 0,
        10.0..100.0 => 1,
        1.0..10.0 => 2,
        _ => 4,
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_by_the_names_of_their_columns() {
        let folder = tempfile::tempdir().unwrap();
        let table = Table {
            name: "t",
            columns: &["jobs", "what"],
        };
        table
            .append(folder.path(), &[vec!["10".into(), "a".into()]])
            .unwrap();
        table
            .append(folder.path(), &[vec!["20".into(), "a".into()]])
            .unwrap();
        let rows = table.read(folder.path());
        let jobs: Vec<f64> = rows.iter().map(|row| row.number("jobs")).collect();
        assert_eq!(jobs, [10.0, 20.0]);
        assert_eq!(rows.different("what"), ["a"]);
        table.clear(folder.path()).unwrap();
        assert!(table.read(folder.path()).is_empty());
    }
}
