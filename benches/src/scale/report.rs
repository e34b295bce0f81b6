//! What the tables say, as Markdown with pictures.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::numbers::Spread;
use crate::scale::chart::{Chart, Line};
use crate::scale::table::{Row, Rows, Table};
use crate::scale::{audit, commits, opening, reads};

/// On what, and beside what, it was measured.
pub const CONDITIONS: Table = Table {
    name: "conditions",
    columns: &["fact"],
};

/// Every table.
pub const TABLES: [Table; 6] = [
    CONDITIONS,
    commits::TABLE,
    reads::TABLE,
    reads::MEMORY,
    opening::TABLE,
    audit::TABLE,
];

/// Writes `store.md` and the pictures beside the tables.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path) -> io::Result<()> {
    let mut text = String::from("# Stores of many jobs: the figures\n\n");
    text.push_str(
        "Written by `scale store`; [benchmarks.md](../benchmarks.md) says what is what.\n\n",
    );
    for row in CONDITIONS.read(folder).iter() {
        let _ = writeln!(text, "- {}", row.text("fact"));
    }
    let (commits, reads) = (commits::TABLE.read(folder), reads::TABLE.read(folder));
    let opening = opening::TABLE.read(folder);
    let charts = [
        (
            "commits-cpu",
            commit_chart("cpu_us", "µs of CPU for a commit", &commits),
        ),
        ("commits-rate", rate_chart(&commits)),
        ("reads", read_chart(&reads)),
        ("opening", opening_chart(&opening)),
    ];
    for (name, chart) in charts {
        if let Some(svg) = chart.svg() {
            fs::write(folder.join(format!("{name}.svg")), svg)?;
            let _ = writeln!(text, "\n![{}]({name}.svg)", chart.title);
        }
    }
    text.push_str(&commit_table(&commits));
    for table in [reads::TABLE, reads::MEMORY, opening::TABLE, audit::TABLE] {
        text.push_str(&plain(&table, &table.read(folder)));
    }
    fs::write(folder.join("store.md"), text)
}

/// The rows of a table as they are.
pub fn plain(table: &Table, rows: &Rows) -> String {
    let mut text = format!("\n## {}\n\n| {} |\n", table.name, table.columns.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(table.columns.len()));
    for row in rows.iter() {
        let cells: Vec<&str> = table.columns.iter().map(|name| row.text(name)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// The rounds of a size and a command.
fn rounds<'a>(rows: &'a Rows, size: usize, command: &str) -> Vec<Row<'a>> {
    let of_size = |row: &Row<'_>| decade(row.number("jobs")) == size;
    rows.iter()
        .filter(|row| of_size(row) && row.text("command") == command)
        .collect()
}

/// A store grows a little while it is measured.
fn decade(jobs: f64) -> usize {
    jobs.max(1.0).log10() as usize
}

fn sizes(rows: &Rows) -> Vec<usize> {
    let mut sizes: Vec<usize> = rows.iter().map(|row| decade(row.number("jobs"))).collect();
    sizes.dedup();
    sizes
}

fn spread(rows: &[Row<'_>], of: impl Fn(&Row<'_>) -> f64) -> Spread {
    Spread::of(rows.iter().map(of))
}

/// Commits a second for each sync a second that the disk alone does.
fn per_disk_sync(row: &Row<'_>) -> f64 {
    row.number("commits_per_s") / row.number("disk_syncs_per_s").max(1e-9)
}

fn commit_table(rows: &Rows) -> String {
    let mut text = String::from(
        "\n## commits\n\n64 callers at once; `median [min..max]` over the rounds.\n\n\
         | jobs | command | commits/s | commits/s per sync/s of the disk | commits per sync \
         | CPU, µs |\n|---|---|---|---|---|---|\n",
    );
    for size in sizes(rows) {
        for command in rows.different("command") {
            let rounds = rounds(rows, size, &command);
            let column = |name: &'static str| spread(&rounds, |row| row.number(name));
            let _ = writeln!(
                text,
                "| {:.0} | {command} | {:.0} | {:.2} | {:.1} | {:.0} |",
                column("jobs").median,
                column("commits_per_s"),
                spread(&rounds, per_disk_sync),
                column("commits_per_sync"),
                column("cpu_us"),
            );
        }
    }
    text
}

fn commit_lines(rows: &Rows, of: impl Fn(&Row<'_>) -> f64) -> Vec<Line> {
    let line = |command: String| Line {
        points: sizes(rows)
            .into_iter()
            .map(|size| {
                let rounds = rounds(rows, size, &command);
                let jobs = spread(&rounds, |row| row.number("jobs"));
                (jobs.median, spread(&rounds, &of).median)
            })
            .collect(),
        name: command,
    };
    rows.different("command").into_iter().map(line).collect()
}

fn commit_chart(column: &'static str, y: &str, rows: &Rows) -> Chart {
    Chart {
        title: "What a commit costs in a store of so many jobs, 64 callers".to_owned(),
        x: "jobs in the store".to_owned(),
        y: y.to_owned(),
        log_y: false,
        lines: commit_lines(rows, |row| row.number(column)),
    }
}

fn rate_chart(rows: &Rows) -> Chart {
    Chart {
        title: "Commits for each sync that the disk does in the same time, 64 callers".to_owned(),
        x: "jobs in the store".to_owned(),
        y: "commits a second / syncs a second of the disk alone".to_owned(),
        log_y: false,
        lines: commit_lines(rows, per_disk_sync),
    }
}

fn read_chart(rows: &Rows) -> Chart {
    let mut lines = Vec::new();
    for state in rows.different("state") {
        for what in rows.different("what") {
            let of = |row: &Row<'_>| row.text("what") == what && row.text("state") == state;
            let points = rows.iter().filter(of);
            let points = points.map(|row| (row.number("jobs"), row.number("p50_us")));
            lines.push(Line {
                points: points.collect(),
                name: format!("{what}, {state}"),
            });
        }
    }
    Chart {
        title: "How long a page of 50 jobs and a look at one take".to_owned(),
        x: "jobs in the store".to_owned(),
        y: "µs, median".to_owned(),
        log_y: true,
        lines,
    }
}

fn opening_chart(rows: &Rows) -> Chart {
    let mut lines = Vec::new();
    for ended in rows.different("ended") {
        for opening in rows.different("opening") {
            let of = |row: &Row<'_>| {
                row.text("ended") == ended
                    && row.text("opening") == opening
                    && row.text("files") == "warm"
                    && row.number("commits_since") > 0.0
            };
            let point = |row: Row<'_>| (row.number("commits_since"), row.number("ms"));
            let mut points: Vec<_> = rows.iter().filter(of).map(point).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            if !points.is_empty() {
                lines.push(Line {
                    points,
                    name: format!("{opening} opening, {ended}"),
                });
            }
        }
    }
    Chart {
        title: "How long a store takes to open after so many commits".to_owned(),
        x: "commits since it was last opened".to_owned(),
        y: "ms".to_owned(),
        log_y: true,
        lines,
    }
}
