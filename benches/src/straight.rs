//! sled by hand: a committer that drains its queue, writes at once, flushes and syncs, and nothing
//! else. No guard, no checksum, no index is worked out; the bytes come as they are.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use clawrk_store_sled::SledOptions;
use sled::Batch;
use tokio::sync::oneshot;

/// As many as the exchange puts into a group.
const GROUP_MAX: usize = 128;

/// What one command writes.
#[derive(Debug, Clone, Default)]
pub struct Write {
    /// Records: key and value, or none to remove it.
    pub records: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Index entries likewise.
    pub index: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

type Queued = (Write, oneshot::Sender<()>);

/// A sled database with its committer.
#[derive(Debug)]
pub struct Straight {
    queue: Option<SyncSender<Queued>>,
    committer: Option<JoinHandle<u64>>,
}

impl Straight {
    /// Opens a database in this folder.
    ///
    /// # Panics
    /// Where that fails, as everything here.
    pub fn open(folder: &Path) -> Straight {
        let db = sled::Config::new()
            .path(folder)
            .cache_capacity(SledOptions::CACHE_BYTES)
            .flush_every_ms(None)
            .open()
            .expect("sled opens");
        let file = OpenOptions::new().write(true).open(folder.join("db"));
        let file = file.expect("sled's file");
        let (queue, queued) = sync_channel(1_024);
        let committer = thread::spawn(move || commit(&db, &file, &queued));
        Straight {
            queue: Some(queue),
            committer: Some(committer),
        }
    }

    /// Writes durably.
    ///
    /// # Panics
    /// Where the committer has.
    pub async fn write(&self, write: Write) {
        let (answer, done) = oneshot::channel();
        let queue = self.queue.as_ref().expect("not closed");
        // There is room for all callers, so this never blocks.
        queue.send((write, answer)).expect("the committer runs");
        done.await.expect("the committer answers");
    }

    /// How many syncs there were.
    ///
    /// # Panics
    /// Where the committer has.
    pub fn close(mut self) -> u64 {
        drop(self.queue.take());
        let committer = self.committer.take().expect("not closed");
        committer.join().expect("the committer ends")
    }
}

fn commit(db: &sled::Db, file: &File, queued: &Receiver<Queued>) -> u64 {
    let mut syncs = 0;
    while let Ok(first) = queued.recv() {
        let more = queued.try_iter().take(GROUP_MAX - 1);
        let (writes, answers): (Vec<_>, Vec<_>) = std::iter::once(first).chain(more).unzip();
        let mut batch = Batch::default();
        for write in writes {
            // One tree: sled writes a batch to several only in a transaction, which is dearer.
            for (space, ops) in [(0, write.records), (1, write.index)] {
                for (key, value) in ops {
                    let key = [&[space], &*key].concat();
                    match value {
                        Some(value) => batch.insert(key, value),
                        None => batch.remove(key),
                    }
                }
            }
        }
        db.apply_batch(batch).expect("sled writes");
        db.flush().expect("sled flushes");
        file.sync_data().expect("the disk syncs");
        syncs += 1;
        for answer in answers {
            // A caller that went away has nothing to hear.
            let _ = answer.send(());
        }
    }
    syncs
}
