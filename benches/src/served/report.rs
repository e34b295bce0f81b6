//! What the tables say, as Markdown.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::numbers::Spread;
use crate::scale::report::plain;
use crate::scale::table::{Rows, Table};
use crate::served::{idle, show, watch};

/// On what, and beside what, it was measured.
pub const CONDITIONS: Table = Table {
    name: "http-conditions",
    columns: &["fact"],
};

/// Every table.
pub const TABLES: [Table; 4] = [CONDITIONS, show::TABLE, idle::TABLE, watch::TABLE];

/// A load, whom the server is compared with, and the least ratio that is aimed at.
const GOALS: [(&str, &str, f64); 2] = [("get", "bare", 0.5), ("create", "engine", 0.6)];

/// Writes `http.md` beside the tables, and gives its text.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path) -> io::Result<String> {
    let mut text = String::from("# The server: the figures\n\n");
    text.push_str(
        "Written by `http all`; [benchmarks.md](../benchmarks.md) says what is what.\n\n",
    );
    for row in CONDITIONS.read(folder).iter() {
        let _ = writeln!(text, "- {}", row.text("fact"));
    }
    text.push_str(&ratios(&show::TABLE.read(folder)));
    for table in [idle::TABLE, watch::TABLE, show::TABLE] {
        text.push_str(&plain(&table, &table.read(folder)));
    }
    fs::write(folder.join("http.md"), &text)?;
    Ok(text)
}

/// Medians over the rounds, and what they are to each other.
fn ratios(rows: &Rows) -> String {
    let mut text = String::from(
        "\n## ratios\n\n64 connections or callers; `median [min..max]` over the rounds; the ratio \
         is that of the medians.\n\n| load | server, 1/s | against | 1/s | ratio | goal \
         | CPU of the server, µs | of the other, µs |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (load, against, goal) in GOALS {
        let column = |contender: &str, name: &str| {
            let of = rows
                .iter()
                .filter(|row| row.text("load") == load && row.text("contender") == contender);
            Spread::of(of.map(|row| row.number(name)))
        };
        let (server, other) = (column("server", "per_s"), column(against, "per_s"));
        let _ = writeln!(
            text,
            "| {load} | {server:.0} | {against} | {other:.0} | {:.2} | {goal} | {:.0} | {:.0} |",
            server.median / other.median.max(1e-9),
            column("server", "cpu_us"),
            column(against, "cpu_us"),
        );
    }
    text
}
