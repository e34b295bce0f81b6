//! Kinds of damage.

use std::fs;
use std::path::{Path, PathBuf};

use clawrk_testkit::rng::Rng;

use crate::log::{HEADER_BYTES, Messages, SEGMENT_BYTES, segment_lsn};

/// What most disks lose at once.
const BLOCK: usize = 4_096;

/// What may become of a store after some damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    /// It must open with everything.
    Whole,
    /// It may open with everything, or say what is wrong.
    Say,
    /// It must say what is wrong: there is no way that everything is still there.
    MustSay,
}

/// A kind of damage.
pub(crate) struct Harm {
    pub(crate) name: &'static str,
    pub(crate) may: May,
    /// Damages a store: its folder, as it was earlier, and what is random.
    pub(crate) act: fn(&Path, &Path, &mut Rng),
}

const fn harm(name: &'static str, may: May, act: fn(&Path, &Path, &mut Rng)) -> Harm {
    Harm { name, may, act }
}

/// Every kind of damage.
pub(crate) const HARMS: &[Harm] = &[
    harm("none", May::Whole, |_, _, _| {}),
    harm(
        "db: garbage behind the log's end",
        May::Whole,
        behind_the_end,
    ),
    harm("db: garbage in replaced pages", May::Whole, replaced),
    harm("db: a bit anywhere", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| flip(db, 0, rng));
    }),
    harm(
        "db: a bit among the latest 64 KiB",
        May::Say,
        |at, _, rng| {
            edit(&at.join("db"), |db| {
                let end = end_of_log(db);
                flip(&mut db[..end], end.saturating_sub(64 << 10), rng);
            });
        },
    ),
    harm("db: eight bits anywhere", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| (0..8).for_each(|_| flip(db, 0, rng)));
    }),
    harm("db: a bit of a segment's header", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| {
            let (segment, _) = rng.pick(&segments(db));
            flip(&mut db[..segment + HEADER_BYTES], segment, rng);
        });
    }),
    harm("db: cut off anywhere", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| db.truncate(rng.below(db.len())));
    }),
    harm(
        "db: up to 64 KiB of the end cut off",
        May::Say,
        |at, _, rng| {
            edit(&at.join("db"), |db| {
                db.truncate(db.len() - 1 - rng.below(64 << 10));
            });
        },
    ),
    harm(
        "db: the latest messages zeroed",
        May::MustSay,
        |at, _, rng| {
            edit(&at.join("db"), |db| {
                let end = end_of_log(db);
                let from = end - 1 - rng.below(20_000.min(end % SEGMENT_BYTES - HEADER_BYTES - 1));
                db[from..end].fill(0);
            });
        },
    ),
    harm(
        "db: zeros from anywhere to the end",
        May::Say,
        |at, _, rng| {
            edit(&at.join("db"), |db| {
                let from = rng.below(db.len());
                db[from..].fill(0);
            });
        },
    ),
    harm("db: a block zeroed", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| block(db, rng).fill(0));
    }),
    harm("db: a block of garbage", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| {
            let garbage = garbage(BLOCK, rng);
            block(db, rng).copy_from_slice(&garbage);
        });
    }),
    harm("db: two blocks swapped", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| {
            let first = block(db, rng).to_vec();
            let place = rng.below(db.len() / BLOCK) * BLOCK;
            let second = db[place..place + BLOCK].to_vec();
            db[place..place + BLOCK].copy_from_slice(&first);
            let at = find(db, &first, place);
            db[at..at + BLOCK].copy_from_slice(&second);
        });
    }),
    harm("db: a segment zeroed", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| {
            let (segment, _) = rng.pick(&segments(db));
            let end = (segment + SEGMENT_BYTES).min(db.len());
            db[segment..end].fill(0);
        });
    }),
    harm("db: two segments swapped", May::Say, |at, _, rng| {
        edit(&at.join("db"), |db| {
            let whole: Vec<usize> = segments(db)
                .into_iter()
                .map(|(at, _)| at)
                .filter(|at| at + SEGMENT_BYTES <= db.len())
                .collect();
            let (a, b) = (rng.pick(&whole), rng.pick(&whole));
            let first = db[a..a + SEGMENT_BYTES].to_vec();
            db.copy_within(b..b + SEGMENT_BYTES, a);
            db[b..b + SEGMENT_BYTES].copy_from_slice(&first);
        });
    }),
    harm("db: an old one", May::MustSay, |at, old, _| {
        replace(at, old, |name| name == "db");
    }),
    harm("db: empty", May::MustSay, |at, _, _| {
        edit(&at.join("db"), Vec::clear);
    }),
    harm("db and snapshots: missing", May::MustSay, |at, _, _| {
        fs::remove_file(at.join("db")).unwrap();
        snapshots(at)
            .iter()
            .for_each(|it| fs::remove_file(it).unwrap());
    }),
    harm("db and snapshots: old ones", May::MustSay, |at, old, _| {
        replace(at, old, |name| name == "db" || name.starts_with("snap."));
    }),
    harm("snapshot: a bit", May::Say, |at, _, rng| {
        snapshot(at, |snap| flip(snap, 0, rng));
    }),
    harm("snapshot: cut off", May::Say, |at, _, rng| {
        snapshot(at, |snap| snap.truncate(rng.below(snap.len())));
    }),
    harm("snapshot: missing", May::Say, |at, _, _| {
        snapshots(at)
            .iter()
            .for_each(|it| fs::remove_file(it).unwrap());
    }),
    harm("snapshot: an old one", May::Say, |at, old, _| {
        replace(at, old, |name| name.starts_with("snap."));
    }),
    harm("conf: a bit", May::Say, |at, _, rng| {
        edit(&at.join("conf"), |conf| flip(conf, 0, rng));
    }),
    harm("conf: empty", May::Whole, |at, _, _| {
        edit(&at.join("conf"), Vec::clear);
    }),
    harm("conf: missing", May::Whole, |at, _, _| {
        fs::remove_file(at.join("conf")).unwrap();
    }),
    harm("clawrk.side: a bit", May::Whole, |at, _, rng| {
        edit(&at.join("clawrk.side"), |side| flip(side, 0, rng));
    }),
    harm("clawrk.side: garbage", May::MustSay, |at, _, rng| {
        edit(&at.join("clawrk.side"), |side| *side = garbage(1_024, rng));
    }),
    harm("clawrk.side: missing", May::Whole, |at, _, _| {
        fs::remove_file(at.join("clawrk.side")).unwrap();
    }),
    harm("clawrk.side: an old one", May::Whole, |at, old, _| {
        replace(at, old, |name| name == "clawrk.side");
    }),
    harm("blobs: missing", May::Whole, |at, _, _| {
        fs::remove_dir_all(at.join("blobs")).unwrap();
    }),
    harm("blobs: a strange file", May::Whole, |at, _, rng| {
        fs::write(at.join("blobs").join("12345678901"), garbage(999, rng)).unwrap();
    }),
];

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Flips a bit behind `from`.
fn flip(bytes: &mut [u8], from: usize, rng: &mut Rng) {
    let at = from + rng.below(bytes.len() - from);
    bytes[at] ^= 1 << rng.below(8);
}

fn garbage(length: usize, rng: &mut Rng) -> Vec<u8> {
    (0..length).map(|_| rng.bits() as u8).collect()
}

/// Any block.
fn block<'a>(db: &'a mut [u8], rng: &mut Rng) -> &'a mut [u8] {
    let at = rng.below(db.len() / BLOCK) * BLOCK;
    &mut db[at..at + BLOCK]
}

/// Where a block lies besides `not`; there too if it lies nowhere else.
fn find(db: &[u8], block: &[u8], not: usize) -> usize {
    let places = (0..db.len() / BLOCK).map(|n| n * BLOCK);
    let mut places = places.filter(|at| &db[*at..at + BLOCK] == block && *at != not);
    places.next().unwrap_or(not)
}

/// The segments that have a header, and their LSNs.
fn segments(db: &[u8]) -> Vec<(usize, u64)> {
    (0..db.len())
        .step_by(SEGMENT_BYTES)
        .filter_map(|at| Some((at, segment_lsn(&db[at..])?)))
        .collect()
}

fn segment(db: &[u8], at: usize) -> &[u8] {
    &db[at..(at + SEGMENT_BYTES).min(db.len())]
}

/// Behind the last message of the log.
fn end_of_log(db: &[u8]) -> usize {
    let last = segments(db).into_iter().max_by_key(|(_, lsn)| *lsn);
    let (at, lsn) = last.unwrap();
    let mut messages = Messages::of(segment(db, at), lsn);
    messages.by_ref().for_each(drop);
    at + messages.end().min(segment(db, at).len())
}

/// Garbage where nothing was written yet: in the last segment, behind the last message.
fn behind_the_end(at: &Path, _: &Path, rng: &mut Rng) {
    edit(&at.join("db"), |db| {
        let end = end_of_log(db);
        let segment_end = end.next_multiple_of(SEGMENT_BYTES);
        if end < segment_end {
            db.resize(db.len().max(segment_end), 0);
            let at = end + rng.below(segment_end - end);
            let length = 1 + rng.below((segment_end - at).min(BLOCK));
            let garbage = garbage(length, rng);
            db[at..at + length].copy_from_slice(&garbage);
        }
    });
}

/// Garbage in messages that were replaced by later ones, and that the snapshot knows to be.
fn replaced(at: &Path, _: &Path, rng: &mut Rng) {
    let Some(snapshot) = snapshots(at).pop() else {
        return;
    };
    let name = snapshot.file_name().unwrap().to_str().unwrap().to_owned();
    let known = u64::from_str_radix(name.trim_start_matches("snap."), 16).unwrap();
    // sled reads the segment in which the snapshot ends from its start.
    let known = known - known % SEGMENT_BYTES as u64;
    edit(&at.join("db"), |db| {
        let mut messages = Vec::new();
        for (at, lsn) in segments(db) {
            for message in Messages::of(segment(db, at), lsn) {
                messages.push((lsn + message.at as u64, at + message.at, message));
            }
        }
        // What a page was made of is gone once the page was written as a whole.
        const WHOLE_NODE: u8 = 8;
        let mut whole = std::collections::BTreeMap::new();
        for (lsn, _, message) in &messages {
            if message.kind == WHOLE_NODE && *lsn < known {
                let latest = whole.entry(message.page).or_insert(*lsn);
                *latest = (*latest).max(*lsn);
            }
        }
        // The kinds 8 and 10 are pages and their parts.
        let gone = messages.iter().filter(|(lsn, _, message)| {
            let replaced = whole.get(&message.page) > Some(lsn) && *lsn < known;
            [8, 10].contains(&message.kind) && replaced
        });
        let gone: Vec<_> = gone.copied().collect();
        for _ in 0..gone.len().min(5) {
            let (_, at, message) = rng.pick(&gone);
            let garbage = garbage(message.bytes, rng);
            db[at..at + message.bytes].copy_from_slice(&garbage);
        }
    });
}

fn snapshots(at: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(at).unwrap().map(|file| file.unwrap().path());
    let is_snapshot = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("snap.")
    };
    let mut snapshots: Vec<PathBuf> = files.filter(is_snapshot).collect();
    snapshots.sort();
    snapshots
}

fn snapshot(at: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    if let Some(last) = snapshots(at).pop() {
        edit(&last, change);
    }
}

/// Replaces files by those of that name in an earlier copy.
fn replace(at: &Path, old: &Path, which: impl Fn(&str) -> bool) {
    for folder in [at, old] {
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if !which(&name) {
                continue;
            }
            if folder == at {
                fs::remove_file(file.path()).unwrap();
            } else {
                fs::copy(file.path(), at.join(name)).unwrap();
            }
        }
    }
}
