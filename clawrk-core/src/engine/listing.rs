//! Lists of jobs, page by page.

use crate::engine::transition::corrupt;
use crate::engine::{Engine, PageRequest};
use crate::error::Error;
use crate::job::{Job, JobRecord};
use crate::record::{Body, Record};
use crate::store::{Cursor, Index, PageLimit, index_entries};

/// How many jobs are looked up at once for a page.
const CHUNK_ROWS: usize = 100;

/// How many jobs a page looks at for each one that it may show, and how many at least. What a
/// filter leaves out has to be read as well, so a page that finds little ends early and leads on.
const LOOKS_PER_ROW: usize = 20;
const LOOKS_MIN: usize = 1_000;

/// What a job takes in JSON besides its texts, about.
const FRAME_BYTES: usize = 512;

/// A page of jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Jobs {
    /// The jobs. A filter may leave none of those that the page looked at, while `next` leads on.
    pub items: Vec<Job>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Engine {
    /// A page of those jobs in an index that are wanted. Texts are read of these alone.
    pub(crate) async fn list_jobs(
        &self,
        op: &'static str,
        index: &Index,
        wanted: impl Fn(&JobRecord) -> bool + Send + Sync,
        page: &PageRequest,
    ) -> Result<Jobs, Error> {
        let rows_max = page.rows.clamp(1, PageRequest::ROWS_MAX);
        let mut looks = looks_of(rows_max);
        let mut after = self.place_before(op, index, page).await?;
        let (mut items, mut bytes) = (Vec::new(), 0);
        let mut chunk = rows_max.min(CHUNK_ROWS);
        let end = loop {
            let limit = PageLimit::rows(chunk.min(looks));
            let found = self.scan(op, index, after.as_ref(), limit).await?;
            looks = looks.saturating_sub(found.rows.len());
            let chosen = choose(&found.rows, &wanted, rows_max - items.len());
            let jobs: Vec<&JobRecord> = chosen.iter().map(|(_, job)| *job).collect();
            let mut used = found.rows.len();
            for (job, (at, _)) in self.views(&jobs).await?.into_iter().zip(&chosen) {
                bytes += size(&job);
                if bytes > page.bytes && !items.is_empty() {
                    used = *at;
                    break;
                }
                items.push(job);
                if items.len() == rows_max {
                    used = at + 1;
                }
            }
            let whole = used == found.rows.len();
            after = match used {
                _ if whole => found.next,
                0 => after,
                _ => Some(place(index, &found.rows[used - 1])?),
            };
            if !whole || after.is_none() || items.len() == rows_max || looks == 0 {
                break after;
            }
            chunk = (2 * chunk).min(CHUNK_ROWS);
        };
        let next = self.cursor_at(op, index, end).await?;
        Ok(Jobs { items, next })
    }
}

/// How many jobs a page of so many rows looks at, at most.
fn looks_of(rows_max: usize) -> usize {
    (rows_max * LOOKS_PER_ROW).clamp(LOOKS_MIN, PageRequest::ROWS_MAX)
}

/// The first rows that are wanted, each with its place among the rows.
fn choose(
    rows: &[Record],
    wanted: impl Fn(&JobRecord) -> bool,
    most: usize,
) -> Vec<(usize, &JobRecord)> {
    let jobs = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| match &row.body {
            Body::Job(job) if wanted(job) => Some((at, job)),
            _ => None,
        });
    jobs.take(most).collect()
}

fn size(job: &Job) -> usize {
    let output = job.output.as_ref().map_or(0, String::len);
    FRAME_BYTES + job.prompt.len() + job.intent.len() + job.criteria.len() + output
}

/// The place of a row in the index that shows it.
fn place(index: &Index, row: &Record) -> Result<Cursor, Error> {
    let prefix = index.entry_prefix().unwrap_or_default();
    let mut entries = index_entries(row).into_iter();
    let entry = entries.find(|entry| entry.starts_with(&prefix));
    entry
        .map(Cursor)
        .ok_or_else(|| corrupt("jobs", format!("{} is in {index:?}", row.key())))
}
