//! Moving an exchange from one store to another: as lines of JSON that a person can read.
//!
//! # The format
//! NDJSON in UTF-8, one object a line, each line ended by a line feed:
//!
//! ```text
//! {"clawrk":"export","format":1,"version":"0.1.0","records":{"job":1,"text":2,…}}
//! {"kind":"job","key":["01j…"],"version":4,"seq":7,"body":{…}}
//! …
//! {"clawrk":"end","records":12,"sha256":"9f86d0…"}
//! ```
//!
//! The first line says how many records of each kind follow. They come kind by kind, within a kind
//! in the order of their keys, each with its version, its number, and its body, in which times and
//! ids are text. The last line holds the SHA-256 of all bytes before it. The same records always
//! make the same bytes, so an export of what was imported is the export that it came from.
//!
//! An export holds prompts, outputs, hashes of API keys, and the secret that cursors are signed
//! with: keep it as you keep the store.
//!
//! # What can go wrong
//! [`import`] reads the whole export before it writes anything. A field that it does not know is
//! refused, as it would be lost: a release that gives a field up has to let it pass here. While
//! it writes, a record marks the store as unfinished; [`is_unfinished`] finds it. Whoever opens
//! stores asks that first, as `clawrk::open` does, so that half an exchange is never served.
//!
//! ```
//! # pollster::block_on(async {
//! use std::io::Cursor;
//!
//! use clawrk_core::store::memory::MemoryStore;
//! use clawrk_core::transfer::{export, import};
//!
//! let (from, to) = (MemoryStore::new(), MemoryStore::new());
//! let mut lines = Vec::new();
//! export(&from, &mut lines, &mut |_| {}).await?;
//! import(&to, &mut Cursor::new(&lines), &mut |_| {}).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod error;
mod export;
mod frame;
mod import;
mod line;
mod marker;
mod reading;

pub use error::{ExportError, ImportError, LineFault};
pub use export::export;
pub use frame::Summary;
pub use import::{check, import};
pub use marker::is_unfinished;

pub use crate::watch::{Progress, Stage, Watch};

/// The number of the format that is written. Others are refused.
pub const FORMAT: u32 = 1;

/// The longest line that is read, in bytes: any record fits, however much of it is escaped.
pub const LINE_BYTES_MAX: usize = 32 << 20;
