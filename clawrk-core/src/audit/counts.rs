//! Counts: what is there is what the store has counted with every commit.
//!
//! A record that is lost together with all that speaks of it, or has fallen back to what it was
//! before, shows nowhere else.

use crate::audit::look::{Auditor, Pages};
use crate::audit::{Place, ViolationKind};
use crate::error::Error;
use crate::record::Kind;
use crate::store::{Counted, Counts, Index};

/// What no other check looks at by itself.
const UNSEEN: [Kind; 7] = [
    Kind::Event,
    Kind::Text,
    Kind::Once,
    Kind::Meta,
    Kind::Step,
    Kind::Attempt,
    Kind::Outbox,
];

impl Auditor<'_> {
    /// Looks at the records that no other check has looked at, and compares what all of them sum
    /// up to with what the store says, now and `before` the first of them was looked at. Where
    /// something was committed in between, that proves less.
    pub(super) async fn counts(&mut self, before: Counts) -> Result<(), Error> {
        for kind in UNSEEN {
            let mut pages = Pages::of(Index::All(kind));
            while self.next(&mut pages).await?.is_some() {}
        }
        let after = self.stated().await?;
        self.audit.counted = before == after;
        match self.audit.counted {
            true => self.compare(&after),
            false => self.miss(&before, &after),
        }
        Ok(())
    }

    /// Records of most kinds stay for ever: those that were there at the beginning were seen, also
    /// where others were committed meanwhile, which were seen or not.
    fn miss(&mut self, before: &Counts, after: &Counts) {
        let stay = |kind: &Kind| !matches!(kind, Kind::ApiKey | Kind::Once | Kind::Inbox);
        for counted in Kind::ALL.into_iter().filter(stay).map(Counted::Records) {
            let (least, most) = (before.get(counted), after.get(counted));
            let are = self.seen.get(counted);
            if !(least..=most).contains(&are) {
                let detail =
                    format!("{counted:?}: {least} to {most} were committed, {are} are there");
                self.audit.add(ViolationKind::Count, Place::Store, detail);
            }
        }
    }

    fn compare(&mut self, stated: &Counts) {
        let mut equal = true;
        for counted in Counted::all() {
            let (says, are) = (stated.get(counted), self.seen.get(counted));
            if says != are {
                equal = false;
                let detail = format!("{counted:?}: {says} were committed, {are} are there");
                self.audit.add(ViolationKind::Count, Place::Store, detail);
            }
        }
        if equal && stated.sum != self.seen.sum {
            let detail = "the number of records is right, but some are not what was committed last";
            self.audit.add(ViolationKind::Count, Place::Store, detail);
        }
    }
}
