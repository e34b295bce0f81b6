//! From lines to records, everything checked on the way.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use sha2::{Digest, Sha256};

use crate::record::{Kind, Record, hex};
use crate::transfer::frame::{self, Header, Trailer};
use crate::transfer::{ImportError, LINE_BYTES_MAX, LineFault, Summary, line};

/// An export as far as it was read.
pub(super) struct Reading<R> {
    source: R,
    /// The line that was read last.
    text: Vec<u8>,
    /// Its number, from 1.
    number: u64,
    sum: Sha256,
    pub(super) header: Header,
    /// The key of the last record.
    last: Vec<u8>,
    found: BTreeMap<Kind, u64>,
}

impl<R: BufRead> Reading<R> {
    /// Reads the first line.
    pub(super) fn begin(source: R) -> Result<Reading<R>, ImportError> {
        let mut reading = Reading {
            source,
            text: Vec::new(),
            number: 0,
            sum: Sha256::new(),
            header: Header::default(),
            last: Vec::new(),
            found: BTreeMap::new(),
        };
        if !reading.next_line()? {
            return Err(reading.wrong(LineFault::NotAnExport));
        }
        reading.header = Header::read(&reading.text).map_err(|fault| reading.wrong(fault))?;
        reading.sum.update(&reading.text);
        Ok(reading)
    }

    /// The next record; none once the last line was read and everything fits.
    pub(super) fn next_record(&mut self) -> Result<Option<Record>, ImportError> {
        if !self.next_line()? {
            return Err(self.wrong(LineFault::Cut));
        }
        if self.text.starts_with(frame::BEGINNING) {
            self.end()?;
            return Ok(None);
        }
        let record = line::read(&self.text).map_err(|fault| self.wrong(fault))?;
        self.comes_next(&record)
            .map_err(|fault| self.wrong(fault))?;
        self.sum.update(&self.text);
        *self.found.entry(record.kind()).or_default() += 1;
        Ok(Some(record))
    }

    /// What was read, once there are no more records.
    pub(super) fn summary(self) -> Summary {
        Summary {
            version: self.header.version,
            records: self.found,
            sha256: self.sum.finalize().into(),
        }
    }

    /// Records come in the order of their keys, which begin with the kind.
    fn comes_next(&mut self, record: &Record) -> Result<(), LineFault> {
        let bytes = record.key().to_bytes();
        if bytes == self.last {
            return Err(LineFault::Twice(record.key()));
        }
        if bytes < self.last {
            return Err(LineFault::Moved(record.key()));
        }
        self.last = bytes;
        Ok(())
    }

    /// Compares what was read with what the first and the last line say.
    fn end(&mut self) -> Result<(), ImportError> {
        let trailer = Trailer::read(&self.text).map_err(|fault| self.wrong(fault))?;
        for kind in Kind::ALL {
            let said = self.header.records.get(&kind).copied().unwrap_or(0);
            let found = self.found.get(&kind).copied().unwrap_or(0);
            if said != found {
                return Err(self.wrong(LineFault::Count { kind, said, found }));
            }
        }
        let (said, found) = (trailer.records, self.found.values().sum());
        if said != found {
            return Err(self.wrong(LineFault::Total { said, found }));
        }
        let sum: [u8; 32] = self.sum.clone().finalize().into();
        if hex::text(&sum) != trailer.sha256 {
            return Err(self.wrong(LineFault::Checksum));
        }
        if self.next_line()? {
            return Err(self.wrong(LineFault::Beyond));
        }
        Ok(())
    }

    /// Reads one more line, with its end; false where there is none.
    fn next_line(&mut self) -> Result<bool, ImportError> {
        self.text.clear();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let mut bounded = self.source.by_ref().take(limit);
        let read = bounded.read_until(b'\n', &mut self.text);
        let read = read.map_err(ImportError::Read)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if self.text.last() == Some(&b'\n') {
            return Ok(true);
        }
        let long = self.text.len() > LINE_BYTES_MAX;
        Err(self.wrong(if long {
            LineFault::TooLong
        } else {
            LineFault::Cut
        }))
    }

    fn wrong(&self, fault: LineFault) -> ImportError {
        ImportError::Line {
            line: self.number.max(1),
            fault,
        }
    }
}
