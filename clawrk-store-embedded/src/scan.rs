//! Pages of an index; all but the shortest are read on a thread of their own.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use clawrk_core::record::Record;
use clawrk_core::store::{Cursor, Damaged, Index, Key, Page, PageLimit, StoreError};
use futures_channel::oneshot;

use crate::group::InFlight;
use crate::queue::Queue;
use crate::shared::{Shared, View};
use crate::{EmbeddedEngine, Space, value};

/// The most scans that wait for the reader thread. More callers wait for a place.
pub const QUEUE_SCANS_MAX: usize = 256;

/// Pages of at most so many rows are read by whoever asks for them: that is no more work than a
/// read of as many keys, and less than to wake a thread.
pub(crate) const INLINE_ROWS_MAX: usize = CHUNK_ROWS;

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
    content: Content,
    bytes: usize,
}

/// The record; or its key, if it is known, and what is wrong with it.
type Content = Result<Record, (Option<Key>, String)>;

/// Reads a page.
pub(crate) fn find<E: EmbeddedEngine>(
    shared: &Shared<E>,
    request: &Request,
) -> Result<Found, StoreError> {
    let (prefix, own) = match request.index.record_prefix() {
        Some(prefix) => (prefix, false),
        None => (request.index.entry_prefix().unwrap_or_default(), true),
    };
    let mut stretch = Stretch::new(prefix, request.after.as_ref());
    let mut page = Page {
        rows: Vec::new(),
        damaged: Vec::new(),
        next: None,
    };
    let (mut last, mut shown, mut bytes) = (None, 0, 0);
    while !stretch.is_empty() {
        // One more than fits tells whether there is a next page.
        let wanted = request.limit.rows.saturating_sub(shown) + 1;
        let most = Most {
            rows: wanted.min(CHUNK_ROWS),
            bytes: request.limit.bytes,
        };
        let chunk = settle(shared, &stretch, own, most)?;
        if let (Some(group), false) = (chunk.met, request.waited) {
            return Ok(Found::InFlight(group));
        }
        for row in chunk.rows {
            bytes += row.bytes;
            let full = shown >= request.limit.rows || bytes > request.limit.bytes;
            if full && shown > 0 {
                page.next = last.map(Cursor);
                return Ok(Found::Page(page));
            }
            match row.content {
                Ok(record) => page.rows.push(record),
                Err((key, detail)) => page.damaged.push(Damaged {
                    place: Cursor(row.at.clone()),
                    key,
                    detail,
                }),
            }
            shown += 1;
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

/// The most that a chunk holds.
#[derive(Debug, Clone, Copy)]
struct Most {
    rows: usize,
    bytes: usize,
}

/// Reads a chunk in which no group set out or landed while it was read. All that it holds is true
/// at one moment.
fn settle<E: EmbeddedEngine>(
    shared: &Shared<E>,
    stretch: &Stretch,
    own: bool,
    mut most: Most,
) -> Result<Chunk, StoreError> {
    loop {
        let view = shared.view()?;
        let chunk = if own {
            entries(shared, stretch, most.rows, &view)
        } else {
            records(shared, stretch, most, &view)
        };
        // A group in between may also be what made the chunk an error.
        if shared.view()?.generation == view.generation {
            return chunk;
        }
        most.rows = (most.rows / 2).max(1);
    }
}

/// What is under each key of the start of a stretch, and where that start ends.
type Start = (Vec<(Vec<u8>, Result<Vec<u8>, String>)>, Vec<u8>);

fn start<E: EmbeddedEngine>(
    shared: &Shared<E>,
    space: Space,
    stretch: &Stretch,
    most: Most,
) -> Result<Start, StoreError> {
    let (mut found, mut bytes) = (Vec::with_capacity(most.rows), 0);
    let mut until = None;
    shared.scan(space, &stretch.from, &stretch.to, &mut |key, value| {
        bytes += value.as_ref().map_or(0, |value| value.len());
        found.push((key.to_vec(), value.map(<[u8]>::to_vec)));
        if found.len() < most.rows && bytes < most.bytes {
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
    most: Most,
    view: &View,
) -> Result<Chunk, StoreError> {
    let (found, until) = start(shared, Space::Records, stretch, most)?;
    let mut met = None;
    let mut rows = Vec::with_capacity(found.len());
    let before = view.in_flight.as_ref().map(|group| &group.records);
    for (key, value) in found {
        if before.is_some_and(|before| before.contains_key(&key)) {
            continue;
        }
        let bytes = value.as_ref().map_or(0, Vec::len);
        rows.push(Row {
            content: content(&key, value),
            bytes: value::record_bytes(bytes),
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
    rows: usize,
    view: &View,
) -> Result<Chunk, StoreError> {
    let bytes = usize::MAX;
    let most = Most { rows, bytes };
    let (found, until) = start(shared, Space::Index, stretch, most)?;
    let mut met = None;
    let mut places = Vec::with_capacity(found.len());
    let mut rows = Vec::with_capacity(found.len());
    for (entry, value) in found {
        // What is in flight is taken from there, whatever lies here.
        let before = view.in_flight.as_ref().map(|group| &group.entries);
        if before.is_some_and(|before| before.contains_key(&entry)) {
            continue;
        }
        match key_length(&entry, value) {
            Ok(length) => places.push((entry, length)),
            Err(detail) => rows.push(unreadable(entry, None, detail)),
        }
    }
    if let Some(group) = &view.in_flight {
        for (entry, mark) in group
            .entries
            .range::<[u8], _>(bounds(&stretch.from, &until))
        {
            met = Some(Arc::clone(group));
            if let Some(length) = mark {
                places.push((entry.clone(), usize::from(*length)));
            }
        }
    }
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
            Some((_, None)) => no_record(entry, length),
            None => row(shared, entry, length)?,
        });
    }
    rows.sort_by(|a, b| a.at.cmp(&b.at));
    Ok(Chunk { rows, until, met })
}

/// The row of an entry, as the engine holds it. `length` is that of the record's key, with which
/// the entry ends.
fn row<E: EmbeddedEngine>(
    shared: &Shared<E>,
    entry: Vec<u8>,
    length: usize,
) -> Result<Row, StoreError> {
    let key = &entry[entry.len() - length..];
    let (content, bytes) = match shared.get(Space::Records, key) {
        Ok(None) => return Ok(no_record(entry, length)),
        Ok(Some(value)) => {
            let bytes = value::record_bytes(value.len());
            (content(key, Ok(value)), bytes)
        }
        Err(StoreError::Corrupt { detail }) => (content(key, Err(detail)), 0),
        Err(other) => return Err(other),
    };
    Ok(Row {
        at: entry,
        content,
        bytes,
    })
}

/// What lies under a key.
fn content(key: &[u8], value: Result<Vec<u8>, String>) -> Content {
    let record = match value {
        Ok(value) => value::record(key, &value),
        Err(detail) => Err(format!("{}: {detail}", value::name_of(key))),
    };
    record.map_err(|detail| (Key::from_bytes(key), detail))
}

/// Of a stretch, whose end may lie before its beginning only where it holds nothing.
fn bounds<'a>(from: &'a [u8], until: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    (Bound::Included(from), Bound::Excluded(until))
}

fn old_row(at: &[u8], record: &Record) -> Result<Row, StoreError> {
    Ok(Row {
        at: at.to_vec(),
        bytes: record.encode().map_err(StoreError::unavailable)?.len(),
        content: Ok(record.clone()),
    })
}

fn unreadable(at: Vec<u8>, key: Option<Key>, detail: String) -> Row {
    Row {
        at,
        content: Err((key, detail)),
        bytes: 0,
    }
}

/// The length of the record's key, with which an entry ends.
fn key_length(entry: &[u8], value: Result<Vec<u8>, String>) -> Result<usize, String> {
    let length = value.map(|value| <[u8; 2]>::try_from(value).map(u16::from_be_bytes));
    match length.map(|length| length.map(usize::from)) {
        Ok(Ok(length)) if length <= entry.len() => Ok(length),
        Ok(_) => Err(format!(
            "index entry {}: not the length of a key",
            value::hex(entry)
        )),
        Err(detail) => Err(format!("index entry {}: {detail}", value::hex(entry))),
    }
}

fn no_record(entry: Vec<u8>, length: usize) -> Row {
    let key = &entry[entry.len() - length..];
    let detail = format!("{}: an index lists it, and it is gone", value::name_of(key));
    let key = Key::from_bytes(key);
    unreadable(entry, key, detail)
}
