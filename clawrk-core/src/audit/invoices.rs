//! Invoices: each has granted once what it says, and what is granted is of an invoice.

use crate::audit::ViolationKind;
use crate::audit::entries::is_of;
use crate::audit::look::{Auditor, Pages};
use crate::audit::twin::describe;
use crate::error::Error;
use crate::id::CommitId;
use crate::ledger::{Account, Flow, Posting, Reason};
use crate::money::{Cents, Credits};
use crate::record::{Body, EntryRecord, InvoiceOutcome, InvoiceRecord, Kind, Record};
use crate::store::{Index, Key};

/// The reason of an invoice that moves nothing, whatever was paid for it.
const FOREIGN: &str = "foreign_store";

impl Auditor<'_> {
    /// Checks every invoice. Comes before the entries, which ask for those that brought no money.
    pub(super) async fn invoices(&mut self) -> Result<(), Error> {
        let mut pages = Pages::of(Index::All(Kind::Invoice));
        while let Some(rows) = self.next(&mut pages).await? {
            for record in rows {
                if let Body::Invoice(invoice) = &record.body {
                    self.invoice(invoice).await?;
                    self.listed(record).await?;
                }
            }
        }
        Ok(())
    }

    async fn invoice(&mut self, record: &InvoiceRecord) -> Result<(), Error> {
        let id = &record.invoice.id;
        if let InvoiceOutcome::Granted { user, grants, .. } = &record.outcome {
            let nobody = self.read_one(Key::User(user.clone())).await?.is_none();
            let nothing = grants.iter().any(|grant| grant.credits <= Credits::ZERO);
            if nobody || nothing || grants.is_empty() {
                let detail = format!("granted {grants:?} to {user}");
                let key = Key::Invoice(id.clone());
                self.audit.add(ViolationKind::InvoiceStray, key, detail);
            }
        }
        let Some((commit, postings)) = moves(record) else {
            return Ok(());
        };
        if brought(record) == Cents::ZERO {
            self.unpaid.insert(commit, id.clone());
        }
        for (place, posting) in (0_u16..).zip(postings) {
            // The others are the twins of these.
            if posting.account.has_balance() {
                continue;
            }
            let key = Key::LooseEntry(commit, place);
            if self.read_one(key.clone()).await?.is_none() {
                let (delta, account) = (posting.delta, posting.account);
                let detail = format!("invoice {id} demands {delta} to {account}");
                self.audit.add(ViolationKind::LegMissing, key, detail);
            }
        }
        Ok(())
    }

    /// Checks an entry that is about no job: it is an operator's, or an invoice's.
    pub(super) async fn of_no_job(&mut self, entry: &EntryRecord) -> Result<(), Error> {
        if is_operators(entry) {
            return Ok(());
        }
        let found = self.invoice_of(entry).await?;
        let moved = found.as_ref().and_then(moves);
        let moved = moved.filter(|(commit, _)| *commit == entry.commit);
        let Some((_, postings)) = moved else {
            let detail = format!("{} is about no job and no invoice", describe(entry));
            self.audit
                .add(ViolationKind::EntryStray, entry.key(), detail);
            return Ok(());
        };
        match postings.get(usize::from(entry.place)) {
            Some(posting) if is_of(entry, posting) => {}
            Some(posting) => {
                let (delta, account) = (posting.delta, &posting.account);
                let detail = format!("{} instead of {delta} to {account}", describe(entry));
                self.audit
                    .add(ViolationKind::LegUnequal, entry.key(), detail);
            }
            None => {
                let detail = format!("{}, where nothing is due", describe(entry));
                self.audit
                    .add(ViolationKind::EntryStray, entry.key(), detail);
            }
        }
        Ok(())
    }

    /// The invoice that an entry is of. The money that came is the first thing that its commit
    /// posts, and names it; where none came, it is among those that were noted.
    async fn invoice_of(&mut self, entry: &EntryRecord) -> Result<Option<InvoiceRecord>, Error> {
        let first = Key::LooseEntry(entry.commit, 0);
        let named = match self.read_one(first).await?.map(|record| record.body) {
            Some(Body::Entry(first)) => named(&first.reason),
            _ => None,
        };
        if let Some(id) = named.or_else(|| named_free(self, entry.commit)) {
            let found = self.read_one(Key::Invoice(id)).await?;
            return Ok(found.and_then(invoice));
        }
        // It may have been committed after the invoices were looked at.
        let index = Index::All(Kind::Invoice);
        let mut after = None;
        loop {
            let limit = crate::store::PageLimit::rows(super::look::CHUNK_ROWS);
            let page = self.scan(&index, after.as_ref(), limit).await?;
            let mut rows = page.rows.into_iter().filter_map(invoice);
            let ours =
                rows.find(|record| moves(record).is_some_and(|(commit, _)| commit == entry.commit));
            after = page.next;
            if ours.is_some() || after.is_none() {
                return Ok(ours);
            }
        }
    }
}

fn named_free(auditor: &Auditor<'_>, commit: CommitId) -> Option<String> {
    auditor.unpaid.get(&commit).cloned()
}

fn invoice(record: Record) -> Option<InvoiceRecord> {
    match record.body {
        Body::Invoice(invoice) => Some(invoice),
        _ => None,
    }
}

/// The invoice that a reason names.
fn named(reason: &Reason) -> Option<String> {
    reason.as_str().strip_prefix("invoice:").map(str::to_owned)
}

/// Credits that an operator gave or took.
fn is_operators(entry: &EntryRecord) -> bool {
    let admin = |account: &Account| *account == Account::Issued("admin".to_owned());
    let user = |account: &Account| matches!(account, Account::User(_));
    let (here, there) = (&entry.account, &entry.other_account);
    let flows = admin(here) && user(there) || user(here) && admin(there);
    flows && entry.reason.as_str().starts_with("admin:")
}

/// What an invoice brought that counts.
fn brought(record: &InvoiceRecord) -> Cents {
    record.invoice.paid.max(Cents::ZERO)
}

/// The commit that settled an invoice, and what it demands of the ledger, in order: the audit's own
/// reading of the rules, apart from the code that decides. None while it is parked.
fn moves(record: &InvoiceRecord) -> Option<(CommitId, Vec<Posting>)> {
    let at = record.invoice.created_at;
    let flow = |from, to, reason| Flow {
        from,
        to,
        reason,
        job: None,
        at,
    };
    let money = || {
        let paid = brought(record);
        let reason = || Reason::invoice(&record.invoice.id);
        let sale = flow(Account::Provider, Account::Sales, reason());
        let budget = flow(Account::Receipts, Account::Budget, reason());
        match paid == Cents::ZERO {
            true => Vec::new(),
            false => [sale.cents(paid), budget.cents(paid)].concat(),
        }
    };
    match &record.outcome {
        InvoiceOutcome::Parked { .. } => None,
        InvoiceOutcome::Nothing { reason, commit } if reason == FOREIGN => {
            Some((*commit, Vec::new()))
        }
        InvoiceOutcome::Nothing { commit, .. } => Some((*commit, money())),
        InvoiceOutcome::Granted {
            user,
            grants,
            commit,
        } => {
            let mut postings = money();
            for grant in grants {
                let issued = Account::Issued(grant.tier.clone());
                let reason = Reason::subscription(&grant.tier);
                let granted = flow(issued, Account::User(user.clone()), reason);
                postings.extend(granted.credits(grant.credits));
            }
            Some((*commit, postings))
        }
    }
}
