//! Links and the inbox: whose the provider's ids are, and what came of its news.

use crate::audit::ViolationKind;
use crate::audit::look::{Auditor, Pages};
use crate::error::Error;
use crate::id::UserId;
use crate::record::{Body, InboxRecord, Kind, LinkRecord, Linked, Record, UserRecord};
use crate::store::{Index, Key};

impl Auditor<'_> {
    /// Every id that a user has is linked to that user. Both were committed at once.
    pub(super) async fn links_of(&mut self, user: &UserRecord) -> Result<(), Error> {
        let customer = user.customer.iter().map(|id| (Linked::Customer, id));
        let account = user.account.iter().map(|account| &account.id);
        let earlier = user.earlier_accounts.iter().map(|account| &account.id);
        let accounts = account.chain(earlier).map(|id| (Linked::Account, id));
        let keys: Vec<Key> = customer
            .chain(accounts)
            .map(|(what, id)| Key::Link(what, id.clone()))
            .collect();
        let found = self.read(&keys).await?;
        for (key, record) in keys.into_iter().zip(found) {
            if record.and_then(linked_to).as_ref() != Some(&user.id) {
                let detail = format!("is an id of {}", user.id);
                self.audit.add(ViolationKind::LinkMissing, key, detail);
            }
        }
        Ok(())
    }

    /// Checks every link: it is to a user, who has the account or had it.
    pub(super) async fn links(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::Link));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::Link(link) = &record.body {
                    self.link(link).await?;
                }
            }
        }
        Ok(())
    }

    async fn link(&mut self, link: &LinkRecord) -> Result<(), Error> {
        let found = self.read_one(Key::User(link.user.clone())).await?;
        let agrees = match found.map(|record| record.body) {
            Some(Body::User(user)) => link.what == Linked::Customer || has_had(&user, &link.id),
            // Who pays before their first request has no record yet.
            None => link.what == Linked::Customer,
            Some(_) => false,
        };
        if !agrees {
            let detail = format!("is linked to {}, who does not have it", link.user);
            let key = Key::Link(link.what, link.id.clone());
            self.audit.add(ViolationKind::LinkStray, key, detail);
        }
        Ok(())
    }

    /// Checks that what came of each event is there.
    pub(super) async fn inbox(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::Inbox));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::Inbox(inbox) = &record.body {
                    self.received(inbox).await?;
                    self.listed(record).await?;
                }
            }
        }
        Ok(())
    }

    async fn received(&mut self, inbox: &InboxRecord) -> Result<(), Error> {
        let about = || inbox.about.clone().unwrap_or_default();
        let word = inbox.outcome.split(':').next().unwrap_or_default();
        let key = match word {
            "granted" | "nothing" | "parked" | "known" => Key::Invoice(about()),
            "linked" => Key::Link(Linked::Customer, about()),
            "look" | "bank" => Key::Link(Linked::Account, about()),
            _ => return Ok(()),
        };
        if self.read_one(key.clone()).await?.is_none() {
            let detail = format!("came to {:?}, but there is no {key}", inbox.outcome);
            let place = Key::Inbox(inbox.event.clone());
            self.audit.add(ViolationKind::InboxStray, place, detail);
        }
        Ok(())
    }
}

fn linked_to(record: Record) -> Option<UserId> {
    match record.body {
        Body::Link(link) => Some(link.user),
        _ => None,
    }
}

/// Whether an account is or was the user's. Of those that were, only the latest are kept, so it
/// may be one that is not.
fn has_had(user: &UserRecord, id: &str) -> bool {
    let is = user
        .account
        .as_ref()
        .is_some_and(|account| account.id == id);
    let earlier = &user.earlier_accounts;
    is || earlier.iter().any(|account| account.id == id) || user.accounts > earlier_kept(user)
}

/// The number of the latest key under which all accounts are still kept with the user.
fn earlier_kept(user: &UserRecord) -> u32 {
    let kept = user.earlier_accounts.len().saturating_add(1);
    u32::try_from(kept).unwrap_or(u32::MAX)
}
