//! Looking at jobs.

use crate::engine::Engine;
use crate::engine::transition::corrupt;
use crate::error::{Error, Rejection};
use crate::id::{JobId, UserId};
use crate::job::Brief;
use crate::job::{Event, Job, JobRecord, Status, Verification};
use crate::policy::Visibility;
use crate::record::{Body, Record, Text, TextRecord};
use crate::store::{Cursor, Index, Key, PageLimit, Part, index_entries};

/// How many jobs are looked up at once for a page.
const CHUNK_ROWS: usize = 100;

/// What a job takes in JSON besides its texts, about.
const FRAME_BYTES: usize = 512;

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The cursor that the page before ended with; none for the first page.
    pub after: Option<String>,
    /// The most rows.
    pub rows: usize,
    /// The most bytes of text; the first row may exceed it.
    pub bytes: usize,
}

impl PageRequest {
    /// The most rows of one page.
    pub const ROWS_MAX: usize = 10_000;

    /// The first page: up to 10,000 rows or 8 MiB.
    pub fn first() -> PageRequest {
        PageRequest {
            after: None,
            rows: Self::ROWS_MAX,
            bytes: PageLimit::BYTES_MAX,
        }
    }
}

/// A page of jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Jobs {
    /// The jobs.
    pub items: Vec<Job>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Engine {
    /// A job, for somebody who may see it: its sender, its receiver, and any user while it is
    /// queued (every user always, under [`Visibility::Everyone`]).
    ///
    /// # Errors
    /// [`Rejection::JobNotFound`], also where the job exists but not for this viewer.
    pub async fn job(&self, viewer: &UserId, job: &JobId) -> Result<Job, Error> {
        let (_, record) = self.job_record("job", job).await?;
        self.check_visible(viewer, &record)?;
        self.view(&record).await
    }

    /// The jobs that a user posted, newest first.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for a cursor that is none.
    pub async fn jobs(&self, sender: &UserId, page: &PageRequest) -> Result<Jobs, Error> {
        let index = Index::JobsBySender(sender.clone());
        let prefix = index.entry_prefix().unwrap_or_default();
        let mut jobs = Jobs {
            items: Vec::new(),
            next: None,
        };
        let mut after = page
            .after
            .as_deref()
            .map(|text| cursor(&prefix, text))
            .transpose()?;
        let mut bytes = 0;
        let rows_max = page.rows.clamp(1, PageRequest::ROWS_MAX);
        loop {
            let limit = PageLimit::rows(CHUNK_ROWS);
            let scanned = self.inner.store.scan(&index, after.as_ref(), limit).await;
            let scanned = scanned.map_err(|source| Error::Store { op: "jobs", source })?;
            let views = self.views(&scanned.rows).await?;
            for (record, job) in scanned.rows.iter().zip(views) {
                bytes += size(&job);
                let full = jobs.items.len() >= rows_max || bytes > page.bytes;
                if full && !jobs.items.is_empty() {
                    jobs.next = after.map(|at| cursor_text(&prefix, &at));
                    return Ok(jobs);
                }
                after = place(&prefix, record);
                jobs.items.push(job);
            }
            match scanned.next {
                Some(next) => after = Some(next),
                None => return Ok(jobs),
            }
        }
    }

    /// A job's history, oldest first, for somebody who may see the job.
    ///
    /// # Errors
    /// As [`Engine::job`].
    pub async fn events(&self, viewer: &UserId, job: &JobId) -> Result<Vec<Event>, Error> {
        let (_, record) = self.job_record("events", job).await?;
        self.check_visible(viewer, &record)?;
        let (index, mut after, mut events) = (Index::EventsOf(*job), None, Vec::new());
        loop {
            let limit = PageLimit::rows(PageLimit::ROWS_MAX);
            let page = self.inner.store.scan(&index, after.as_ref(), limit).await;
            let page = page.map_err(|source| Error::Store {
                op: "events",
                source,
            })?;
            events.extend(
                page.rows
                    .into_iter()
                    .filter_map(|record| match record.body {
                        Body::Event(event) => Some(event),
                        _ => None,
                    }),
            );
            after = page.next;
            if after.is_none() {
                return Ok(events);
            }
        }
    }

    fn check_visible(&self, viewer: &UserId, job: &JobRecord) -> Result<(), Rejection> {
        let visible = self.inner.policy.visibility == Visibility::Everyone
            || *viewer == job.sender
            || Some(viewer) == job.state.receiver()
            || job.state.status() == Status::Queued;
        if visible {
            Ok(())
        } else {
            Err(Rejection::JobNotFound)
        }
    }

    /// The job as everybody outside sees it.
    pub(crate) async fn view(&self, job: &JobRecord) -> Result<Job, Error> {
        let record = Record::new(0, Body::Job(job.clone()));
        let mut views = self.views(std::slice::from_ref(&record)).await?;
        views
            .pop()
            .ok_or_else(|| corrupt("job", format!("job {} is something else", job.id)))
    }

    /// The job as everybody outside will see it, with a text that is not written yet.
    pub(crate) async fn view_with(&self, job: &JobRecord, new: Option<Text>) -> Result<Job, Error> {
        let new = new.map(|text| Body::Text(TextRecord { job: job.id, text }));
        let new = new.map(|body| Record::new(1, body));
        let is_new = |key: &Key| new.as_ref().is_some_and(|new| new.key() == *key);
        let stored: Vec<Key> = text_keys(job).filter(|key| !is_new(key)).collect();
        let mut stored = match stored.is_empty() {
            true => Vec::new(),
            false => self.read("job", &stored).await?,
        }
        .into_iter();
        let texts = text_keys(job).map(|key| match is_new(&key) {
            true => new.clone(),
            false => stored.next().flatten(),
        });
        let texts: Vec<_> = texts.collect();
        assemble(job, &mut texts.into_iter())
    }

    /// The jobs of these records, their texts read at once. Texts never change, so a job is whole
    /// whenever its record is read.
    async fn views(&self, records: &[Record]) -> Result<Vec<Job>, Error> {
        let jobs: Vec<&JobRecord> = records
            .iter()
            .filter_map(|record| match &record.body {
                Body::Job(job) => Some(job),
                _ => None,
            })
            .collect();
        let keys: Vec<Key> = jobs.iter().flat_map(|job| text_keys(job)).collect();
        let mut texts = self.read("job", &keys).await?.into_iter();
        jobs.into_iter()
            .map(|job| assemble(job, &mut texts))
            .collect()
    }

    pub(crate) async fn brief(&self, op: &'static str, job: JobId) -> Result<Brief, Error> {
        let found = self.read_one(op, Key::Text(job, Part::Brief)).await?;
        brief(found).ok_or_else(|| corrupt(op, format!("the prompt of job {job} is missing")))
    }
}

/// The keys of the texts that belong to a job as it stands.
fn text_keys(job: &JobRecord) -> impl Iterator<Item = Key> + use<> {
    let output = job.state.has_output().then_some(Part::Output(job.attempt));
    let verdict = job.judged_attempt.map(Part::Verdict);
    let id = job.id;
    [Some(Part::Brief), output, verdict]
        .into_iter()
        .flatten()
        .map(move |part| Key::Text(id, part))
}

/// Puts a job together from the texts under its [`text_keys`].
fn assemble(
    job: &JobRecord,
    texts: &mut impl Iterator<Item = Option<Record>>,
) -> Result<Job, Error> {
    let missing = |what: &str| corrupt("job", format!("the {what} of job {} is missing", job.id));
    let brief = brief(texts.next().flatten()).ok_or_else(|| missing("prompt"))?;
    let output = match job.state.has_output() {
        true => Some(output(texts.next().flatten()).ok_or_else(|| missing("output"))?),
        false => None,
    };
    let verification = match job.judged_attempt {
        Some(_) => Some(verdict(texts.next().flatten()).ok_or_else(|| missing("verdict"))?),
        None => None,
    };
    Ok(Job::new(job, brief, output, verification))
}

fn text(record: Option<Record>) -> Option<Text> {
    match record?.body {
        Body::Text(TextRecord { text, .. }) => Some(text),
        _ => None,
    }
}

fn brief(record: Option<Record>) -> Option<Brief> {
    match text(record)? {
        Text::Brief {
            prompt,
            title,
            intent,
            criteria,
        } => Some(Brief {
            prompt,
            title,
            intent,
            criteria,
        }),
        _ => None,
    }
}

pub(crate) fn output(record: Option<Record>) -> Option<String> {
    match text(record)? {
        Text::Output { output, .. } => Some(output),
        _ => None,
    }
}

fn verdict(record: Option<Record>) -> Option<Verification> {
    match text(record)? {
        Text::Verdict { verification, .. } => Some(verification),
        _ => None,
    }
}

fn size(job: &Job) -> usize {
    let output = job.output.as_ref().map_or(0, String::len);
    FRAME_BYTES + job.prompt.len() + job.intent.len() + job.criteria.len() + output
}

/// The place of a record in the index with this prefix.
fn place(prefix: &[u8], record: &Record) -> Option<Cursor> {
    index_entries(record)
        .into_iter()
        .find(|entry| entry.starts_with(prefix))
        .map(Cursor)
}

/// A cursor as text. The index itself is left out, so a cursor leads nowhere else.
pub(crate) fn cursor_text(prefix: &[u8], cursor: &Cursor) -> String {
    let rest = cursor.0.strip_prefix(prefix).unwrap_or_default();
    rest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cursor of a text.
pub(crate) fn cursor(prefix: &[u8], text: &str) -> Result<Cursor, Rejection> {
    let bytes = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let rest: Option<Vec<u8>> = bytes.collect();
    let rest = rest.filter(|rest| !rest.is_empty()).ok_or_else(|| {
        Rejection::invalid(
            "cursor",
            "is none that was given out; begin again without one",
        )
    })?;
    Ok(Cursor([prefix, &rest].concat()))
}
