//! Cursors as texts that nobody can make up.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::engine::commit::CommitFailure;
use crate::engine::{DECISIONS_MAX, Engine};
use crate::error::Error;
use crate::id::CommitId;
use crate::record::{Body, MetaRecord, Record};
use crate::store::{Cursor, Guard, Index, Key};

/// How much of a signature goes into a cursor. 128 bits are guessed by nobody.
const TAG_BYTES: usize = 16;

/// Names the key that links are signed with. No place in an index begins like this: those begin
/// with a byte of 0 or 1.
const LINKS: &[u8] = b"links to connected accounts";

/// Signs places in indexes, and what else leads back here. A signature is good for one place in one
/// index of one exchange.
#[derive(Clone)]
pub(crate) struct Seal {
    places: Hmac<Sha256>,
    links: Hmac<Sha256>,
    store: CommitId,
}

impl Seal {
    pub(crate) fn new(secret: &[u8; 32], store: CommitId) -> Seal {
        let places = keyed(secret);
        let mut links = places.clone();
        links.update(LINKS);
        Seal {
            links: keyed(&links.finalize().into_bytes().into()),
            places,
            store,
        }
    }

    /// What links are signed with: a key of their own.
    pub(crate) fn links(&self) -> Hmac<Sha256> {
        self.links.clone()
    }

    /// The text of a place: the place without the index's prefix, then the signature.
    pub(crate) fn close(&self, index: &Index, place: &Cursor) -> String {
        let (_, prefix) = root(index);
        let rest = place.0.strip_prefix(&*prefix).unwrap_or_default();
        let tag = self.sign(index, rest).finalize().into_bytes();
        let bytes = rest.iter().chain(&tag[..TAG_BYTES]);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }

    /// The place of a text; none where the text was not made by [`Seal::close`] for this index.
    pub(crate) fn open(&self, index: &Index, text: &str) -> Option<Cursor> {
        let mut bytes = unhex(text)?;
        let (rest, tag) = bytes.split_last_chunk::<TAG_BYTES>()?;
        let signed = self.sign(index, rest);
        signed.verify_truncated_left(tag).ok()?;
        bytes.truncate(bytes.len() - TAG_BYTES);
        let (_, mut place) = root(index);
        place.append(&mut bytes);
        Some(Cursor(place))
    }

    /// The prefix goes in with its length, so that no place in one index is one in another.
    fn sign(&self, index: &Index, rest: &[u8]) -> Hmac<Sha256> {
        let (space, prefix) = root(index);
        let mut mac = self.places.clone();
        mac.update(&[space]);
        mac.update(&(prefix.len() as u64).to_be_bytes());
        mac.update(&prefix);
        mac.update(rest);
        mac
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

/// HMAC fills a key up to a block with zeros.
fn keyed(secret: &[u8; 32]) -> Hmac<Sha256> {
    let mut key = [0; 64];
    key[..secret.len()].copy_from_slice(secret);
    Hmac::new(&key.into())
}

/// Whether an index lies among the records or among the index entries, and where there.
fn root(index: &Index) -> (u8, Vec<u8>) {
    match index.record_prefix() {
        Some(prefix) => (0, prefix),
        None => (1, index.entry_prefix().unwrap_or_default()),
    }
}

/// The bytes of lower-case hexadecimal digits. They have no other text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

impl Engine {
    /// What cursors are signed with; none where none was ever given out.
    pub(crate) async fn known_seal(&self, op: &'static str) -> Result<Option<Seal>, Error> {
        if let Some(seal) = self.inner.seal.get() {
            return Ok(Some(seal.clone()));
        }
        let meta = match self.read_one(op, Key::Meta).await? {
            None => return Ok(None),
            Some(Record {
                body: Body::Meta(meta),
                ..
            }) => meta,
            Some(_) => return Err(Error::Internal(format!("{} is something else", Key::Meta))),
        };
        // The record is never rewritten, so whoever was quicker has put the same here.
        let seal = self
            .inner
            .seal
            .get_or_init(|| Seal::new(&meta.cursor_secret, meta.commit));
        Ok(Some(seal.clone()))
    }

    /// The id of this exchange's store, which the payment provider keeps with everything that is
    /// made for it.
    pub(crate) async fn store_id(&self, op: &'static str) -> Result<String, Error> {
        Ok(self.seal(op).await?.store.to_string())
    }

    /// What cursors are signed with. The secret is made the first time one is given out; of several
    /// engines that do so at once, one makes it for all.
    pub(crate) async fn seal(&self, op: &'static str) -> Result<Seal, Error> {
        for _ in 0..DECISIONS_MAX {
            if let Some(seal) = self.known_seal(op).await? {
                return Ok(seal);
            }
            let mut batch = self.batch()?;
            let mut meta = MetaRecord {
                cursor_secret: [0; 32],
                commit: batch.id,
            };
            self.inner.ids.fill(&mut meta.cursor_secret)?;
            batch.guards.push(Guard::Absent(Key::Meta));
            batch.puts.push(Record::new(1, Body::Meta(meta)));
            match self.commit(op, batch).await {
                Ok(()) | Err(CommitFailure::Conflict) => {}
                Err(failure) => return Err(failure.into_error(op)),
            }
        }
        Err(Error::Busy { op })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use crate::ledger::Account;
    use crate::record::{Kind, PayoutStatus};

    fn seal_of(secret: u8) -> Seal {
        Seal::new(&[secret; 32], CommitId::from_bits(1))
    }

    #[test]
    fn a_text_leads_back_to_its_place_and_no_other_text_does() {
        let seal = seal_of(7);
        let index = Index::Payouts(PayoutStatus::Owed);
        let (_, prefix) = root(&index);
        let place = Cursor([&prefix[..], b"place"].concat());
        let text = seal.close(&index, &place);
        assert_eq!(seal.open(&index, &text), Some(place));
        for at in 0..text.len() {
            for digit in ('0'..='9')
                .chain('a'..='f')
                .chain(['A', 'F', 'g', '+', '\0'])
            {
                let mut forged = text.clone();
                forged.replace_range(at..=at, &digit.to_string());
                let opened = seal.open(&index, &forged).is_some();
                assert_eq!(opened, forged == text, "{forged}");
            }
            assert_eq!(seal.open(&index, &text[at + 1..]), None);
            assert_eq!(seal.open(&index, &text[..at]), None);
        }
        for more in ["0", "00", "ff", " ", "é"] {
            assert_eq!(seal.open(&index, &format!("{text}{more}")), None);
            assert_eq!(seal.open(&index, &format!("{more}{text}")), None);
        }
        assert_eq!(seal.open(&index, &text.to_uppercase()), None);
    }

    #[test]
    fn a_text_is_good_for_its_index_and_exchange_alone() {
        let user = |id| UserId::new(id).unwrap();
        // With any of these prefixes cut elsewhere, the rest would fit the next one.
        let indexes = [
            Index::Board,
            Index::Due,
            Index::JobsBySender(user("a")),
            Index::JobsBySender(user("ab")),
            Index::JobsByReceiver(user("a")),
            Index::PayoutsOf(user("a")),
            Index::EntriesOf(Account::User(user("a"))),
            Index::All(Kind::User),
            Index::All(Kind::Account),
            Index::All(Kind::Job),
        ];
        let (seal, other) = (seal_of(7), seal_of(8));
        for index in &indexes {
            let place = Cursor([root(index).1, vec![1; 24]].concat());
            let text = seal.close(index, &place);
            for (n, reader) in indexes.iter().enumerate() {
                let opened = seal.open(reader, &text);
                assert_eq!(opened.is_some(), reader == index, "{index:?} {n}");
            }
            assert_eq!(other.open(index, &text), None);
        }
    }
}
