//! Pages of an index, read on a thread of their own.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use clawrk_core::record::Record;
use clawrk_core::store::{Cursor, Index, Page, PageLimit, StoreError};
use futures_channel::oneshot;

use crate::group::InFlight;
use crate::queue::Queue;
use crate::shared::{Shared, View};
use crate::{EmbeddedEngine, Space, value};

/// The most scans that wait for the reader thread. More callers wait for a place.
pub const QUEUE_SCANS_MAX: usize = 256;

/// So many rows are read between two looks at what is in flight, and half as many whenever a group
/// set out or landed meanwhile, so that they are to be read again.
const CHUNK_ROWS: usize = 16;

/// A page that somebody asked for.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) request: Request,
    pub(crate) answer: oneshot::Sender<Result<Found, StoreError>>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) index: Index,
    pub(crate) after: Option<Cursor>,
    pub(crate) limit: PageLimit,
    /// Whether the caller has waited for a group already. Who waits again and again for groups
    /// that follow each other without end never gets an answer, so it is the old one then.
    pub(crate) waited: bool,
}

/// What the reader thread says.
#[derive(Debug)]
pub(crate) enum Found {
    Page(Page),
    /// The page holds what this group changes.
    InFlight(Arc<InFlight>),
}

/// Answers scans until the queue is closed and empty.
pub(crate) fn run<E: EmbeddedEngine>(shared: &Shared<E>, queue: &Queue<Scan>) {
    while let Some(scans) = queue.take(1, 0) {
        for Scan { request, answer } in scans {
            if !answer.is_canceled() {
                // Nobody may wait any more.
                let _ = answer.send(find(shared, &request));
            }
        }
    }
}

/// A stretch of keys, from the first to before the second.
#[derive(Clone)]
struct Stretch {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Stretch {
    /// What lies under a prefix, behind a cursor.
    fn new(prefix: Vec<u8>, after: Option<&Cursor>) -> Stretch {
        let mut to = prefix.clone();
        while to.last() == Some(&u8::MAX) {
            to.pop();
        }
        if let Some(last) = to.last_mut() {
            *last += 1;
        }
        let from = match after {
            Some(Cursor(at)) if *at >= prefix => behind(at),
            _ => prefix,
        };
        Stretch { from, to }
    }

    fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

/// The least key behind this one.
fn behind(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

/// A row with its place in the index and its size.
struct Row {
    at: Vec<u8>,
    record: Record,
    bytes: usize,
}

fn find<E: EmbeddedEngine>(shared: &Shared<E>, request: &Request) -> Result<Found, StoreError> {
    let (prefix, own) = match request.index.record_prefix() {
        Some(prefix) => (prefix, false),
        None => (request.index.entry_prefix().unwrap_or_default(), true),
    };
    let mut stretch = Stretch::new(prefix, request.after.as_ref());
    let mut page = Page {
        rows: Vec::new(),
        next: None,
    };
    let (mut last, mut bytes) = (None, 0);
    while !stretch.is_empty() {
        let chunk = settle(shared, &stretch, own, request.limit.bytes)?;
        if let (Some(group), false) = (chunk.met, request.waited) {
            return Ok(Found::InFlight(group));
        }
        for row in chunk.rows {
            bytes += row.bytes;
            let full = page.rows.len() >= request.limit.rows || bytes > request.limit.bytes;
            if full && !page.rows.is_empty() {
                page.next = last.map(Cursor);
                return Ok(Found::Page(page));
            }
            page.rows.push(row.record);
            last = Some(row.at);
        }
        stretch.from = chunk.until;
    }
    Ok(Found::Page(page))
}

/// The first rows of a stretch, all of them durable.
struct Chunk {
    rows: Vec<Row>,
    /// Where the next chunk begins.
    until: Vec<u8>,
    /// The group in flight, if a row was taken from before it.
    met: Option<Arc<InFlight>>,
}

/// Reads a chunk in which no group set out or landed while it was read. All that it holds is true
/// at one moment.
fn settle<E: EmbeddedEngine>(
    shared: &Shared<E>,
    stretch: &Stretch,
    own: bool,
    bytes_max: usize,
) -> Result<Chunk, StoreError> {
    let mut rows_max = CHUNK_ROWS;
    loop {
        let view = shared.view()?;
        let chunk = if own {
            entries(shared, stretch, rows_max, &view)
        } else {
            records(shared, stretch, rows_max, bytes_max, &view)
        };
        // A group in between may also be what made the chunk an error.
        if shared.view()?.generation == view.generation {
            return chunk;
        }
        rows_max = (rows_max / 2).max(1);
    }
}

/// What is under each key of the start of a stretch, and where that start ends.
type Start = (Vec<(Vec<u8>, Vec<u8>)>, Vec<u8>);

fn start<E: EmbeddedEngine>(
    shared: &Shared<E>,
    space: Space,
    stretch: &Stretch,
    rows_max: usize,
    bytes_max: usize,
) -> Result<Start, StoreError> {
    let (mut found, mut bytes) = (Vec::with_capacity(rows_max), 0);
    let mut until = None;
    shared.scan(space, &stretch.from, &stretch.to, &mut |key, value| {
        found.push((key.to_vec(), value.to_vec()));
        bytes += value.len();
        if found.len() < rows_max && bytes < bytes_max {
            return ControlFlow::Continue(());
        }
        until = Some(behind(key));
        ControlFlow::Break(())
    })?;
    Ok((found, until.unwrap_or_else(|| stretch.to.clone())))
}

/// A chunk of an index that is a stretch of the records themselves.
fn records<E: EmbeddedEngine>(
    shared: &Shared<E>,
    stretch: &Stretch,
    rows_max: usize,
    bytes_max: usize,
    view: &View,
) -> Result<Chunk, StoreError> {
    let (found, until) = start(shared, Space::Records, stretch, rows_max, bytes_max)?;
    let mut met = None;
    let mut rows = Vec::with_capacity(found.len());
    let before = view.in_flight.as_ref().map(|group| &group.records);
    for (key, value) in found {
        if before.is_some_and(|before| before.contains_key(&key)) {
            continue;
        }
        rows.push(Row {
            record: value::record(&key, &value, || value::name_of(&key))?,
            bytes: value::record_bytes(value.len()),
            at: key,
        });
    }
    if let Some(group) = &view.in_flight {
        for (key, record) in group
            .records
            .range::<[u8], _>(bounds(&stretch.from, &until))
        {
            met = Some(Arc::clone(group));
            if let Some(record) = record {
                rows.push(old_row(key, record)?);
            }
        }
        rows.sort_by(|a, b| a.at.cmp(&b.at));
    }
    Ok(Chunk { rows, until, met })
}

/// A chunk of an index that has entries of its own.
fn entries<E: EmbeddedEngine>(
    shared: &Shared<E>,
    stretch: &Stretch,
    rows_max: usize,
    view: &View,
) -> Result<Chunk, StoreError> {
    let (found, until) = start(shared, Space::Index, stretch, rows_max, usize::MAX)?;
    let mut met = None;
    let mut places = Vec::with_capacity(found.len());
    for (entry, value) in found {
        let length = key_length(&entry, &value)?;
        places.push((entry, length));
    }
    if let Some(group) = &view.in_flight {
        places.retain(|(entry, _)| !group.entries.contains_key(entry));
        for (entry, mark) in group
            .entries
            .range::<[u8], _>(bounds(&stretch.from, &until))
        {
            met = Some(Arc::clone(group));
            if let Some(length) = mark {
                places.push((entry.clone(), usize::from(*length)));
            }
        }
        places.sort();
    }
    let mut rows = Vec::with_capacity(places.len());
    for (entry, length) in places {
        let key = &entry[entry.len() - length..];
        let before = view.in_flight.as_ref().and_then(|group| {
            let record = group.records.get(key)?;
            Some((group, record))
        });
        rows.push(match before {
            Some((group, Some(record))) => {
                met = Some(Arc::clone(group));
                old_row(&entry, record)?
            }
            Some((_, None)) => return Err(no_record(&entry)),
            None => {
                let value = shared.get(Space::Records, key)?;
                let value = value.ok_or_else(|| no_record(&entry))?;
                Row {
                    record: value::record(key, &value, || value::name_of(key))?,
                    bytes: value::record_bytes(value.len()),
                    at: entry,
                }
            }
        });
    }
    Ok(Chunk { rows, until, met })
}

/// Of a stretch, whose end may lie before its beginning only where it holds nothing.
fn bounds<'a>(from: &'a [u8], until: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    (Bound::Included(from), Bound::Excluded(until))
}

fn old_row(at: &[u8], record: &Record) -> Result<Row, StoreError> {
    Ok(Row {
        at: at.to_vec(),
        bytes: record.encode().map_err(StoreError::unavailable)?.len(),
        record: record.clone(),
    })
}

/// The length of the record's key, with which an entry ends.
fn key_length(entry: &[u8], value: &[u8]) -> Result<usize, StoreError> {
    let length = <[u8; 2]>::try_from(value).map(u16::from_be_bytes);
    match length.map(usize::from) {
        Ok(length) if length <= entry.len() => Ok(length),
        _ => Err(StoreError::corrupt(format!(
            "index {}: not the length of a key",
            value::name_of(entry)
        ))),
    }
}

fn no_record(entry: &[u8]) -> StoreError {
    StoreError::corrupt(format!(
        "index {}: there is no such record",
        value::name_of(entry)
    ))
}
