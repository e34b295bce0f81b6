//! From a store to lines.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::record::{Kind, hex};
use crate::store::{Index, Page, PageLimit, Store};
use crate::transfer::frame::{Header, Trailer};
use crate::transfer::{ExportError, Progress, Stage, Summary, Watch, is_unfinished, line};

/// Writes all records of a store as lines, which [the module](crate::transfer) describes.
///
/// Nobody may write to the store meanwhile: that is noticed, and an error. It holds a page of
/// records at a time, at most 8 MiB, and writes to `to` in small pieces, so give it a buffer.
///
/// # Errors
/// See [`ExportError`].
pub async fn export(
    store: &dyn Store,
    to: &mut (dyn Write + Send),
    watch: &mut Watch<'_>,
) -> Result<Summary, ExportError> {
    if is_unfinished(store).await.map_err(ExportError::Store)? {
        return Err(ExportError::Unfinished);
    }
    let counts = store.counts().await.map_err(ExportError::Store)?;
    let header = Header::of(&counts);
    let mut lines = Lines {
        to,
        sum: Sha256::new(),
        written: 0,
    };
    lines.add(&serde_json::to_vec(&header).map_err(unwritable)?)?;
    for kind in Kind::ALL {
        let before = lines.written;
        write_kind(store, kind, counts.all_records(), &mut lines, watch).await?;
        let after = store.counts().await.map_err(ExportError::Store)?;
        if after != counts {
            return Err(ExportError::Changed);
        }
        let (counted, found) = (counts.records(kind), lines.written - before);
        if counted != found {
            return Err(ExportError::Lost {
                kind,
                counted,
                found,
            });
        }
    }
    let sha256 = lines.end()?;
    Ok(Summary {
        version: header.version,
        records: header.records,
        sha256,
    })
}

/// Writes all records of a kind.
async fn write_kind(
    store: &dyn Store,
    kind: Kind,
    total: u64,
    lines: &mut Lines<'_>,
    watch: &mut Watch<'_>,
) -> Result<(), ExportError> {
    let (index, mut after) = (Index::All(kind), None);
    let limit = PageLimit::rows(PageLimit::ROWS_MAX);
    loop {
        let page = store.scan(&index, after.as_ref(), limit).await;
        // An export without a record that is there would be a lie.
        let page = page.and_then(Page::whole).map_err(ExportError::Store)?;
        for record in &page.rows {
            lines.add(&line::write(record).map_err(unwritable)?)?;
            lines.written += 1;
            watch(Progress {
                stage: Stage::Exporting,
                done: lines.written,
                total,
            });
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// What was written.
struct Lines<'a> {
    to: &'a mut (dyn Write + Send),
    sum: Sha256,
    /// How many records.
    written: u64,
}

impl Lines<'_> {
    fn add(&mut self, line: &[u8]) -> Result<(), ExportError> {
        self.sum.update(line);
        self.sum.update(b"\n");
        self.put(line).map_err(ExportError::Write)
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        self.to.write_all(line)?;
        self.to.write_all(b"\n")
    }

    /// Writes the last line.
    fn end(mut self) -> Result<[u8; 32], ExportError> {
        let sha256: [u8; 32] = self.sum.finalize_reset().into();
        let trailer = Trailer::new(self.written, hex::text(&sha256));
        let line = serde_json::to_vec(&trailer).map_err(unwritable)?;
        self.put(&line).map_err(ExportError::Write)?;
        self.to.flush().map_err(ExportError::Write)?;
        Ok(sha256)
    }
}

fn unwritable(error: serde_json::Error) -> ExportError {
    ExportError::Write(error.into())
}
