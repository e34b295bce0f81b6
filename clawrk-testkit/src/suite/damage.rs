//! What is answered about records that cannot be read.

use std::sync::Arc;

use clawrk_core::record::{Kind, Record};
use clawrk_core::store::{Damaged, Index, Key, PageLimit, Store, StoreError};

use super::fixtures::*;
use super::{Harm, Home, skipped};

/// How many records there are.
const JOBS: u64 = 7;

/// A row that is garbled or gone is named in its place, hides none of the others, and takes room
/// on a page as they do.
pub async fn scan_names_what_it_cannot_read(home: &dyn Home) {
    let store = home.open().await;
    let all = (1..=JOBS).zip(1..);
    let all = all.map(|(n, made)| queued(n, "ann", made));
    pass(&store, &puts(all)).await;
    drop(store);
    let harms = [(1, Harm::Garble), (4, Harm::Garble), (7, Harm::Remove)];
    for (n, harm) in harms {
        if !home.harm(&Key::Job(job_id(n)), harm).await {
            return skipped("damage: this home cannot harm a record");
        }
    }
    let store = home.open().await;
    let sound: Vec<Key> = [2, 3, 5, 6].map(job_id).map(Key::Job).into();
    let harmed: Vec<Key> = [1, 4, 7].map(job_id).map(Key::Job).into();
    for rows in [1, 2, 3, 100] {
        for index in [
            Index::Board,
            Index::JobsBySender(user("ann")),
            Index::All(Kind::Job),
        ] {
            let (mut shown, named) = walk(&store, &index, rows).await;
            shown.sort();
            assert_eq!(shown, sound, "{index:?} by {rows}");
            let mut keys: Vec<Key> = named.iter().filter_map(|it| it.key.clone()).collect();
            keys.sort();
            // What is gone leaves no trace among the records themselves.
            let listed = match index {
                Index::All(_) => &harmed[..2],
                _ => &harmed[..],
            };
            assert_eq!(keys, listed, "{index:?} by {rows}");
            for (named, key) in named.iter().zip(&keys) {
                assert!(!named.detail.is_empty(), "{key}");
            }
        }
    }
    for key in &harmed[..2] {
        let read = store.read(std::slice::from_ref(key)).await;
        assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{key}");
    }
    let read = store.read(&sound).await.unwrap();
    assert!(read.iter().all(Option::is_some));
}

/// All rows of an index, by pages of so many, and what is named as damaged.
async fn walk(store: &Arc<dyn Store>, index: &Index, rows: usize) -> (Vec<Key>, Vec<Damaged>) {
    let (mut shown, mut named, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let limit = PageLimit::rows(rows);
        let page = store.scan(index, after.as_ref(), limit).await.unwrap();
        let held = page.rows.len() + page.damaged.len();
        assert!((1..=rows).contains(&held), "{index:?}: {held} of {rows}");
        for damaged in &page.damaged {
            assert!(after.as_ref() < Some(&damaged.place), "{index:?}");
            assert!(page.next.as_ref().is_none_or(|next| *next >= damaged.place));
        }
        assert_eq!(page.clone().whole().is_ok(), page.damaged.is_empty());
        shown.extend(page.rows.iter().map(Record::key));
        named.extend(page.damaged);
        after = page.next;
        if after.is_none() {
            return (shown, named);
        }
    }
}
