//! Keys out of their bytes, for those who found the bytes and nothing that can be read under them.

use crate::id::{CommitId, JobId, KeyId, PayoutId, UserId};
use crate::record::{Kind, Linked, Scope};
use crate::store::{Key, Part};

impl Key {
    /// The key that these bytes are; none where they are no key.
    pub fn from_bytes(bytes: &[u8]) -> Option<Key> {
        let (kind, rest) = bytes.split_first()?;
        let mut rest = Rest(rest);
        let key = match Kind::from_byte(*kind)? {
            Kind::Job => Key::Job(JobId::from_bits(rest.u128()?)),
            Kind::Text => Key::Text(JobId::from_bits(rest.u128()?), rest.part()?),
            Kind::Event => Key::Event(JobId::from_bits(rest.u128()?), rest.u64()?),
            Kind::Account => Key::Account(rest.text()?.parse().ok()?),
            Kind::Entry => Key::Entry(rest.text()?.parse().ok()?, !rest.u64()?),
            Kind::LooseEntry => Key::LooseEntry(CommitId::from_bits(rest.u128()?), rest.u16()?),
            Kind::Payout => Key::Payout(rest.payout()?),
            Kind::User => Key::User(UserId::new(rest.text()?).ok()?),
            Kind::ApiKey => Key::ApiKey(KeyId::from_bits(rest.u64()?)),
            Kind::Once => Key::Once(scope(&rest.text()?)?, rest.text()?),
            Kind::Meta => Key::Meta,
            Kind::Step => Key::Step(rest.payout()?, rest.u64()?),
            Kind::Attempt => Key::Attempt(rest.payout()?, rest.u32()?),
            Kind::Outbox => Key::Outbox,
            Kind::Inbox => Key::Inbox(rest.text()?),
            Kind::Invoice => Key::Invoice(rest.text()?),
            Kind::Link => Key::Link(linked(&rest.text()?)?, rest.text()?),
        };
        rest.0.is_empty().then_some(key)
    }
}

/// The scope of its text.
fn scope(text: &str) -> Option<Scope> {
    match text.split_once(':') {
        Some(("user", id)) => UserId::new(id).ok().map(Scope::User),
        None if text == "admin" => Some(Scope::Admin),
        None if text == "commit" => Some(Scope::Commit),
        None if text == "import" => Some(Scope::Import),
        None if text == "login" => Some(Scope::Login),
        _ => None,
    }
}

/// What an id of that text names.
fn linked(text: &str) -> Option<Linked> {
    Linked::ALL.into_iter().find(|what| what.as_str() == text)
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn payout(&mut self) -> Option<PayoutId> {
        self.u128().map(|bits| PayoutId::of(JobId::from_bits(bits)))
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn u128(&mut self) -> Option<u128> {
        self.take().map(u128::from_be_bytes)
    }

    fn part(&mut self) -> Option<Part> {
        let [tag] = self.take()?;
        let attempt = self.take().map(u32::from_be_bytes)?;
        match (tag, attempt) {
            (0, 0) => Some(Part::Brief),
            (1, attempt) => Some(Part::Output(attempt)),
            (2, attempt) => Some(Part::Verdict(attempt)),
            _ => None,
        }
    }

    /// A text with its end, NUL bytes in it escaped.
    fn text(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            match self.take()? {
                [0] => match self.take()? {
                    [0] => return String::from_utf8(text).ok(),
                    [0xff] => text.push(0),
                    _ => return None,
                },
                [byte] => text.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Account;

    #[test]
    fn every_key_comes_back() {
        let (job, user) = (JobId::from_bits(7 << 90), UserId::new("a:b").unwrap());
        let keys = [
            Key::Job(job),
            Key::Text(job, Part::Brief),
            Key::Text(job, Part::Output(3)),
            Key::Text(job, Part::Verdict(u32::MAX)),
            Key::Event(job, 9),
            Key::Account(Account::User(user.clone())),
            Key::Entry(Account::User(user.clone()), 12),
            Key::LooseEntry(CommitId::from_bits(5), 3),
            Key::Payout(PayoutId::of(job)),
            Key::User(user.clone()),
            Key::ApiKey(KeyId::from_bits(77)),
            Key::Once(Scope::User(user), "k\0\0é".into()),
            Key::Once(Scope::Admin, String::new()),
            Key::Once(Scope::Commit, "k".into()),
            Key::Once(Scope::Import, "k".into()),
            Key::Once(Scope::Login, "k".into()),
            Key::Meta,
            Key::Step(PayoutId::of(job), 2),
            Key::Attempt(PayoutId::of(job), u32::MAX),
            Key::Outbox,
            Key::Inbox("evt_1".into()),
            Key::Invoice("in_1".into()),
            Key::Link(Linked::Customer, "cus_1".into()),
            Key::Link(Linked::Account, "acct_1".into()),
        ];
        for kind in Kind::ALL {
            assert!(keys.iter().any(|key| key.kind() == kind), "{kind:?}");
        }
        for key in keys {
            let bytes = key.to_bytes();
            assert_eq!(Key::from_bytes(&bytes), Some(key.clone()));
            for end in 0..bytes.len() {
                assert_eq!(Key::from_bytes(&bytes[..end]), None, "{key} cut at {end}");
            }
            assert_eq!(Key::from_bytes(&[&bytes[..], &[0]].concat()), None, "{key}");
        }
    }
}
