//! Moving a whole exchange from store to store, and exports that must not be taken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use clawrk_core::Engine;
use clawrk_core::engine::{JobFilter, PageRequest};
use clawrk_core::record::{Body, Kind, Record};
use clawrk_core::store::memory::MemoryStore;
use clawrk_core::store::{Batch, Index, PageLimit, Store};
use clawrk_core::transfer::{
    ExportError, ImportError, LineFault, Progress, Stage, export, import, is_unfinished,
};
use clawrk_testkit::clock::VirtualClock;
use clawrk_testkit::faults::{Fault, FaultStore, Op};
use clawrk_testkit::run::block_on;
use clawrk_testkit::suite::{Census, Home, census};
use clawrk_testkit::{invariants, world};
use sha2::{Digest, Sha256};

type Fresh = fn() -> Box<dyn Home>;

/// Where an exchange is moved to, one after the other. A new store joins by a line.
const HOMES: &[(&str, Fresh)] = &[
    ("memory", common::memory),
    ("memory", common::memory),
    ("sled", common::Folder::fresh),
    ("sled", common::Folder::fresh),
    ("memory", common::memory),
];

async fn exported(store: &dyn Store) -> Vec<u8> {
    let mut lines = Vec::new();
    export(store, &mut lines, &mut |_| {}).await.unwrap();
    lines
}

async fn imported(store: &dyn Store, lines: &[u8]) -> Result<(), ImportError> {
    let summary = import(store, &mut Cursor::new(lines), &mut |_| {}).await?;
    let records = store.counts().await.unwrap().all_records();
    assert_eq!(summary.all_records(), records);
    Ok(())
}

fn engine(store: &Arc<dyn Store>) -> Engine {
    let clock = VirtualClock::new();
    // Behind everything that happened in the world.
    clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    Engine::builder(Arc::clone(store), Arc::new(clock)).build()
}

/// A world in memory, and its export.
async fn world_in_memory() -> (Arc<dyn Store>, Vec<u8>) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world::settle(&store, 20_000).await;
    let lines = exported(store.as_ref()).await;
    (store, lines)
}

#[test]
fn an_exchange_is_the_same_in_every_store_that_it_is_moved_to() {
    block_on(async {
        let mut first: Option<(Census, Vec<u8>)> = None;
        for (name, home) in HOMES {
            let home = home();
            let mut store = home.open().await;
            match &first {
                None => world::settle(&store, 500_000).await,
                Some((_, lines)) => {
                    imported(store.as_ref(), lines).await.unwrap();
                    if home.lasts() {
                        store.close().await.unwrap();
                        drop(store);
                        store = home.open().await;
                    }
                }
            }
            let census = census(store.as_ref()).await.unwrap();
            let missing = world::missing(census.records.values());
            assert!(missing.is_empty(), "a world without {missing:?}");
            invariants::check(&census);
            let lines = exported(store.as_ref()).await;
            let (held, same) = first.get_or_insert_with(|| (census.clone(), lines.clone()));
            assert_eq!(census, *held, "{name}");
            assert!(lines == *same, "{name} exports other bytes");

            let engine = engine(&store);
            assert_eq!(engine.audit().await.unwrap().violations, [], "{name}");
            // It goes on as if it had never been elsewhere.
            let alice = common::user("alice");
            let job = engine.create_job(&alice, "One more").await.unwrap();
            engine
                .accept_job(&common::user("bob"), &job.id)
                .await
                .unwrap();
            let page = engine
                .jobs(&alice, &JobFilter::sent(), &PageRequest::first())
                .await;
            assert_eq!(page.unwrap().items[0].id, job.id);
            assert!(engine.audit().await.unwrap().ok());
        }
    });
}

#[test]
fn progress_ends_at_the_total() {
    block_on(async {
        let (store, lines) = world_in_memory().await;
        let total = store.counts().await.unwrap().all_records();
        let mut seen = Vec::new();
        let mut again = Vec::new();
        let watched = export(store.as_ref(), &mut again, &mut |now| seen.push(now)).await;
        watched.unwrap();
        assert_eq!(again, lines);
        let empty = MemoryStore::new();
        let watched = import(&empty, &mut Cursor::new(&lines), &mut |now| seen.push(now)).await;
        watched.unwrap();
        let stages = [Stage::Exporting, Stage::Checking, Stage::Importing];
        let expected = stages
            .into_iter()
            .flat_map(|stage| (1..=total).map(move |done| Progress { stage, done, total }));
        assert_eq!(seen, expected.collect::<Vec<_>>());
    });
}

/// The lines of an export, with what each change does to them.
fn changed(lines: &[u8], change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    let text = std::str::from_utf8(lines).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    lines
        .iter()
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .into_bytes()
}

/// The same with a last line whose checksum is right again.
fn signed(lines: &[u8], change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    changed(lines, |lines| {
        change(lines);
        lines.pop();
        let above: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let sum: String = Sha256::digest(above)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let records = lines.len() - 1;
        lines.push(format!(
            r#"{{"clawrk":"end","records":{records},"sha256":"{sum}"}}"#
        ));
    })
}

/// The place of the first line that begins so.
fn place(lines: &[String], beginning: &str) -> usize {
    lines
        .iter()
        .position(|line| line.starts_with(beginning))
        .unwrap()
}

/// That the export is refused at that line, with that text, and nothing was written.
#[track_caller]
fn refused(lines: &[u8], line: usize, says: &str) {
    let store = MemoryStore::new();
    let error = block_on(imported(&store, lines)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("line {line}: ")) && text.contains(says),
        "{text:?} does not say {says:?} of line {line}"
    );
    let counts = block_on(store.counts()).unwrap();
    assert_eq!((counts.seq, counts.all_records()), (0, 0), "{says}");
}

#[test]
fn an_export_that_was_cut_is_refused_wherever_it_was_cut() {
    let (_, lines) = block_on(world_in_memory());
    let count = lines.iter().filter(|byte| **byte == b'\n').count();
    refused(b"", 1, "not how an export of clawrk begins");
    refused(&lines[..lines.len() - 1], count, "it was cut off");
    for line in [1, 2, count / 2, count - 1] {
        let whole = changed(&lines, |lines| lines.truncate(line));
        refused(&whole, line, "it was cut off");
        refused(&whole[..whole.len() - 2], line, "it was cut off");
    }
}

#[test]
fn an_export_whose_lines_were_moved_or_doubled_or_left_out_is_refused() {
    let (_, lines) = block_on(world_in_memory());
    let count = lines.iter().filter(|byte| **byte == b'\n').count();
    let swapped = changed(&lines, |lines| lines.swap(4, 5));
    refused(&swapped, 6, "lines were moved");
    let swapped = signed(&lines, |lines| lines.swap(4, 5));
    refused(&swapped, 6, "lines were moved");
    let doubled = signed(&lines, |lines| lines.insert(4, lines[4].clone()));
    refused(&doubled, 6, "a line was doubled");
    let fewer = signed(&lines, |lines| drop(lines.remove(4)));
    refused(&fewer, count - 1, "lines are missing, or were added");
    let header = changed(&lines, |lines| lines.insert(0, lines[0].clone()));
    refused(&header, 2, "cannot be read");
    let more = changed(&lines, |lines| lines.push(lines[3].clone()));
    refused(&more, count + 1, "something follows the last line");
    let wrong = changed(&lines, |lines| {
        let last = lines.last_mut().unwrap();
        *last = last.replace("\"records\":", "\"records\":1");
    });
    refused(&wrong, count, "and there are");
}

#[test]
fn an_export_that_was_edited_is_refused() {
    let (_, lines) = block_on(world_in_memory());
    let count = lines.iter().filter(|byte| **byte == b'\n').count();
    let edit = |beginning: &str, from: &str, to: &str| {
        signed(&lines, |lines| {
            let at = place(lines, beginning);
            let edited = lines[at].replace(from, to);
            assert_ne!(edited, lines[at], "{from}");
            lines[at] = edited;
        })
    };
    let at = |beginning: &str| {
        let text = std::str::from_utf8(&lines).unwrap();
        1 + text
            .lines()
            .position(|line| line.starts_with(beginning))
            .unwrap()
    };
    // As text, a balance of its own; only the checksum tells.
    let unsigned = changed(&lines, |lines| {
        let at = place(lines, "{\"kind\":\"account\",\"key\":[\"user:");
        lines[at] = lines[at].replace("\"balance\":", "\"balance\":9");
    });
    refused(&unsigned, count, "one of them was edited");

    let (header, user) = ("{\"clawrk\":\"export\"", "{\"kind\":\"user\"");
    refused(
        &edit(header, "\"format\":1", "\"format\":2"),
        1,
        "has format 2",
    );
    refused(
        &edit(header, "\"export\"", "\"backup\""),
        1,
        "not how an export",
    );
    refused(
        &edit(header, "\"job\":", "\"pigeon\":"),
        1,
        "unknown variant `pigeon`",
    );
    refused(b"{\"some\":\"json\"}\n", 1, "not how an export");
    let line = at(user);
    for (from, to, says) in [
        (
            "\"kind\":\"user\"",
            "\"kind\":\"pigeon\"",
            "unknown variant `pigeon`",
        ),
        (
            "\"kind\":\"user\"",
            "\"kind\":\"job\"",
            "cannot be read: not a job id",
        ),
        (
            "\"key\":[\"",
            "\"key\":[\"x",
            "is not that of its body, which is user",
        ),
        ("\"version\":3", "\"version\":0", "is 0, or over"),
        ("\"version\":3", "\"version\":-1", "cannot be read"),
        ("\"version\":3", "\"version\":1.5", "cannot be read"),
        (
            "\"version\":3",
            "\"version\":9223372036854775808",
            "is 0, or over",
        ),
        (
            "\"version\":3",
            "\"version\":99999999999999999999",
            "cannot be read",
        ),
        ("\"seq\":", "\"seq\":0,\"seqs\":", "unknown field `seqs`"),
        (
            "\"disabled\":false",
            "\"disabled\":\"no\"",
            "cannot be read: invalid type",
        ),
        ("\"created_at\":\"2", "\"created_at\":\"X", "cannot be read"),
        (
            "\"disabled\":",
            "\"pigeons\":1,\"disabled\":",
            "does not know the field `pigeons`",
        ),
        ("}}", "}", "cannot be read: EOF"),
        ("}}", "}} x", "cannot be read: trailing characters"),
    ] {
        refused(&edit(user, from, to), line, says);
    }
    let (entry, once) = ("{\"kind\":\"entry\"", "{\"kind\":\"once\"");
    let huge = edit(entry, "\"delta\":", "\"delta\":99999999999999999999");
    refused(&huge, at(entry), "cannot be read");
    let key = "{\"kind\":\"api_key\"";
    let short = edit(key, "\"hash\":\"", "\"hash\":\"0");
    refused(&short, at(key), "64 hexadecimal digits");
    let within = edit(entry, "\"reason\":", "\"pigeons\":{},\"reason\":");
    refused(&within, at(entry), "the field `pigeons`");
    let marked = signed(&lines, |lines| {
        let at = place(lines, once);
        let mark = lines[at].replace("\"admin\"", "\"import\"");
        lines[at] = mark.replace("\"disable\"", "\"import\"");
    });
    refused(&marked, at(once), "marks a store");
    let blank = signed(&lines, |lines| lines.insert(2, String::new()));
    refused(&blank, 3, "cannot be read: EOF");
    let endless = [&lines[..100], &vec![b'x'; 33 << 20]].concat();
    refused(&endless, 1, "longer than");
    let mut broken = lines.clone();
    let middle = broken.len() / 2;
    let quote = middle
        + broken[middle..]
            .iter()
            .position(|byte| *byte == b'"')
            .unwrap();
    broken[quote] = 0xff;
    let line = 1 + lines[..quote].iter().filter(|byte| **byte == b'\n').count();
    refused(&broken, line, "cannot be read");
}

#[test]
fn a_store_that_is_not_empty_is_refused() {
    block_on(async {
        let (store, lines) = world_in_memory().await;
        let before = census(store.as_ref()).await.unwrap();
        let error = imported(store.as_ref(), &lines).await.unwrap_err();
        assert!(matches!(error, ImportError::NotEmpty(_)), "{error:?}");
        let held = before.records.len();
        assert_eq!(
            error.to_string(),
            format!("the store is not empty: it holds {held} records; import into a new one")
        );
        assert_eq!(census(store.as_ref()).await.unwrap(), before);
    });
}

#[test]
fn an_import_that_broke_off_is_known_by_its_mark_and_refused_from_then_on() {
    block_on(async {
        let (_, lines) = world_in_memory().await;
        let writes = {
            let store = FaultStore::new(MemoryStore::new());
            imported(&store, &lines).await.unwrap();
            store.calls_of(Op::Commit) + store.calls_of(Op::Restore)
        };
        assert_eq!(
            writes,
            2 + 1,
            "a mark, the records, and the mark taken away"
        );
        for (op, nth, fault) in [
            (Op::Commit, 1, Fault::AmbiguousWritten),
            (Op::Restore, 1, Fault::Refuse),
            (Op::Restore, 1, Fault::AmbiguousWritten),
            (Op::Commit, 2, Fault::Refuse),
            (Op::Commit, 2, Fault::AmbiguousUnwritten),
        ] {
            let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let store = FaultStore::over(Arc::clone(&inner));
            store.fail(op, nth, fault);
            let error = imported(&store, &lines).await.unwrap_err();
            assert!(is_unfinished(inner.as_ref()).await.unwrap(), "{error}");
            if nth == 2 || op == Op::Restore {
                assert!(matches!(error, ImportError::HalfWay(_)), "{error:?}");
            }
            let again = imported(inner.as_ref(), &lines).await.unwrap_err();
            assert!(matches!(again, ImportError::Unfinished), "{again:?}");
            let mut taken = Vec::new();
            let export = export(inner.as_ref(), &mut taken, &mut |_| {}).await;
            assert!(matches!(export, Err(ExportError::Unfinished)), "{export:?}");
            assert!(taken.is_empty());
        }
    });
}

#[test]
fn an_export_that_changes_under_the_import_is_noticed() {
    /// Another file at the second reading.
    struct Edited(Cursor<Vec<u8>>, Vec<u8>, u32);
    impl std::io::Read for Edited {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }
    impl std::io::BufRead for Edited {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            self.0.fill_buf()
        }
        fn consume(&mut self, bytes: usize) {
            self.0.consume(bytes);
        }
    }
    impl std::io::Seek for Edited {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.2 += 1;
            if self.2 == 2 {
                self.0 = Cursor::new(self.1.clone());
            }
            self.0.seek(to)
        }
    }
    block_on(async {
        let (_, lines) = world_in_memory().await;
        let other = signed(&lines, |lines| {
            let at = place(lines, "{\"kind\":\"account\",\"key\":[\"user:");
            lines[at] = lines[at].replace("\"balance\":", "\"balance\":9");
        });
        let store = MemoryStore::new();
        let mut edited = Edited(Cursor::new(lines), other, 0);
        let error = import(&store, &mut edited, &mut |_| {}).await.unwrap_err();
        let ImportError::HalfWay(cause) = error else {
            panic!("{error:?}");
        };
        assert!(matches!(*cause, ImportError::Changed), "{cause:?}");
        assert!(is_unfinished(&store).await.unwrap());
    });
}

#[test]
fn a_store_that_is_written_to_meanwhile_is_not_exported() {
    block_on(async {
        let (store, _) = world_in_memory().await;
        let writer = Arc::clone(&store);
        let mut left = Some(clawrk_core::id::CommitId::from_bits(1));
        let mut lines = Vec::new();
        let result = export(store.as_ref(), &mut lines, &mut |_| {
            if let Some(id) = left.take() {
                block_on(writer.commit(&Batch::new(id))).unwrap();
            }
        })
        .await;
        assert!(matches!(result, Err(ExportError::Changed)), "{result:?}");
    });
}

#[test]
fn the_lines_are_for_people_too() {
    let (store, lines) = block_on(world_in_memory());
    let text = String::from_utf8(lines).unwrap();
    let line = |beginning: &str| {
        text.lines()
            .find(|line| line.starts_with(beginning))
            .unwrap()
    };
    let carol = line(r#"{"kind":"user","key":["carol"]"#);
    assert!(
        carol.contains(r#""name":"Carol C.","disabled":true,"created_at":"20"#),
        "{carol}"
    );
    assert!(line(r#"{"kind":"account","key":["user:alice"]"#).contains(r#""balance":"#));
    let key = line(r#"{"kind":"api_key""#);
    assert!(!key.contains('['.to_string().repeat(2).as_str()) && key.contains(r#""hash":""#));
    let meta = block_on(store.scan(&Index::All(Kind::Meta), None, PageLimit::rows(1))).unwrap();
    let Some(Record {
        body: Body::Meta(meta),
        ..
    }) = meta.rows.first()
    else {
        panic!("there is no meta record");
    };
    let secret: String = meta
        .cursor_secret
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(line(r#"{"kind":"meta","key":[]"#).contains(&secret));
}

#[test]
fn faults_are_told_apart_by_type() {
    let (_, lines) = block_on(world_in_memory());
    let store = MemoryStore::new();
    let error = block_on(imported(&store, &lines[..lines.len() / 2])).unwrap_err();
    let ImportError::Line { fault, .. } = error else {
        panic!("{error:?}");
    };
    assert!(matches!(fault, LineFault::Cut), "{fault:?}");
}
