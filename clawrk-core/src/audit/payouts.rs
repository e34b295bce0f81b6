//! Payouts: one for each verified job that owes one, and no other.

use crate::audit::look::{Auditor, Pages};
use crate::audit::{ViolationKind, expected};
use crate::error::Error;
use crate::id::{PayoutId, UserId};
use crate::job::JobRecord;
use crate::money::Cents;
use crate::record::{Body, Kind, PayoutRecord, Record};
use crate::store::{Index, Key};

impl Auditor<'_> {
    /// A job that owes a payout has it.
    pub(super) async fn payout_of(&mut self, job: &JobRecord) -> Result<(), Error> {
        let Some((receiver, amount)) = expected::payout(job) else {
            return Ok(());
        };
        let key = Key::Payout(PayoutId::of(job.id));
        if self.read_one(key.clone()).await?.is_none() {
            let detail = format!("{amount} are due to {receiver}");
            self.audit.add(ViolationKind::PayoutMissing, key, detail);
        }
        Ok(())
    }

    /// Checks every payout against its job.
    pub(super) async fn payouts(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::Payout));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::Payout(payout) = &record.body {
                    self.audit.payouts += 1;
                    self.everybody.insert(payout.receiver.clone());
                    self.payout(payout).await?;
                    self.paying(record.version, payout).await?;
                    self.listed(record).await?;
                }
            }
        }
        Ok(())
    }

    async fn payout(&mut self, payout: &PayoutRecord) -> Result<(), Error> {
        let key = Key::Payout(payout.id);
        let job = match self.read_one(Key::Job(payout.id.job())).await? {
            Some(Record {
                body: Body::Job(job),
                ..
            }) => Some(job),
            _ => None,
        };
        match job.as_ref().and_then(expected::payout) {
            None => {
                let detail = "its job does not exist, is not verified, or owes nothing";
                self.audit.add(ViolationKind::PayoutStray, key, detail);
            }
            Some(due) if !pays(payout, due, job.as_ref()) => {
                let (to, amount) = (&payout.receiver, payout.amount);
                let detail = format!("{amount} to {to} instead of {} to {}", due.1, due.0);
                self.audit.add(ViolationKind::PayoutUnequal, key, detail);
            }
            Some(_) => {}
        }
        Ok(())
    }
}

fn pays(payout: &PayoutRecord, due: (&UserId, Cents), job: Option<&JobRecord>) -> bool {
    let currency = job.map(|job| &job.terms.currency);
    (&payout.receiver, payout.amount) == due && Some(&payout.currency) == currency
}
