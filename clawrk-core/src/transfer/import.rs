//! From lines to a store.

use std::io::{BufRead, Seek};

use crate::record::{Kind, Record};
use crate::store::{CommitError, RESTORE_BYTES_MAX, RESTORE_RECORDS_MAX, Store, StoreError};
use crate::transfer::reading::Reading;
use crate::transfer::{ImportError, Progress, Stage, Summary, Watch, is_unfinished, marker};

/// Reads a whole export and checks it: its format, every line, their order, their number, the
/// checksum. Holds one record at a time.
///
/// That the records make a right exchange is what an [audit](crate::Engine::audit) checks, once
/// they are imported.
///
/// # Errors
/// [`ImportError::Line`] with what is wrong first, or [`ImportError::Read`].
pub fn check(from: &mut dyn BufRead, watch: &mut Watch<'_>) -> Result<Summary, ImportError> {
    let mut reading = Reading::begin(from)?;
    let total = reading.header.all_records();
    let mut done = 0;
    while reading.next_record()?.is_some() {
        done += 1;
        watch(Progress {
            stage: Stage::Checking,
            done,
            total,
        });
    }
    Ok(reading.summary())
}

/// Fills an empty store with what was exported.
///
/// The export is read twice: first to [`check`] all of it, and then to write it. Nothing is written
/// unless everything is right. From the first write to the last the store is marked, so that
/// [`is_unfinished`] tells if the import died in between; it cannot be taken up again.
///
/// # Errors
/// See [`ImportError`].
pub async fn import<R: BufRead + Seek + Send>(
    store: &dyn Store,
    from: &mut R,
    watch: &mut Watch<'_>,
) -> Result<Summary, ImportError> {
    let counts = store.counts().await.map_err(ImportError::Store)?;
    if counts.all_records() > 0 {
        let half = is_unfinished(store).await.map_err(ImportError::Store)?;
        return Err(match half {
            true => ImportError::Unfinished,
            false => ImportError::NotEmpty(counts.all_records()),
        });
    }
    from.rewind().map_err(ImportError::Read)?;
    let checked = check(from, watch)?;
    from.rewind().map_err(ImportError::Read)?;
    let mark = marker::set(checked.sha256);
    store.commit(&mark).await.map_err(ImportError::Commit)?;
    let written = write(store, from, &checked, watch).await;
    written.map_err(|error| ImportError::HalfWay(Box::new(error)))?;
    Ok(checked)
}

/// Writes into a marked store, and takes the mark away at the end.
async fn write<R: BufRead + Send>(
    store: &dyn Store,
    from: &mut R,
    checked: &Summary,
    watch: &mut Watch<'_>,
) -> Result<(), ImportError> {
    let mut reading = Reading::begin(from)?;
    let mut piece = Piece::default();
    let (mut done, total) = (0, checked.all_records());
    while let Some(record) = reading.next_record()? {
        let bytes = encoded_bytes(&record)?;
        if !piece.fits(bytes) {
            piece.write(store).await?;
        }
        piece.add(record, bytes);
        done += 1;
        watch(Progress {
            stage: Stage::Importing,
            done,
            total,
        });
    }
    if reading.summary() != *checked {
        return Err(ImportError::Changed);
    }
    piece.write(store).await?;
    counts_are_right(store, checked).await?;
    let unmark = marker::remove(checked.sha256);
    store.commit(&unmark).await.map_err(ImportError::Commit)
}

/// Records to be written at once.
#[derive(Default)]
struct Piece {
    records: Vec<Record>,
    bytes: usize,
}

impl Piece {
    fn fits(&self, bytes: usize) -> bool {
        self.records.len() < RESTORE_RECORDS_MAX && self.bytes + bytes <= RESTORE_BYTES_MAX
    }

    fn add(&mut self, record: Record, bytes: usize) {
        self.records.push(record);
        self.bytes += bytes;
    }

    async fn write(&mut self, store: &dyn Store) -> Result<(), ImportError> {
        let written = store.restore(&self.records).await;
        self.records.clear();
        self.bytes = 0;
        written.map_err(ImportError::Commit)
    }
}

fn encoded_bytes(record: &Record) -> Result<usize, ImportError> {
    match record.encode() {
        Ok(bytes) => Ok(bytes.len()),
        Err(error) => {
            let refused = CommitError::Refused(StoreError::unavailable(error));
            Err(ImportError::Commit(refused))
        }
    }
}

/// The store holds what was written, and the mark.
async fn counts_are_right(store: &dyn Store, checked: &Summary) -> Result<(), ImportError> {
    let counts = store.counts().await.map_err(ImportError::Store)?;
    for kind in Kind::ALL {
        let mark = u64::from(kind == Kind::Once);
        let written = checked.records.get(&kind).copied().unwrap_or(0);
        let counted = counts.records(kind);
        if counted != written + mark {
            return Err(ImportError::Miscounted {
                kind,
                counted: counted.saturating_sub(mark),
                written,
            });
        }
    }
    Ok(())
}
