//! Parked invoices: what is missing is asked for, less and less often, until it is there.

use crate::engine::Engine;
use crate::engine::buying::invoices::{Judged, tell, write_again};
use crate::engine::commit::CommitFailure;
use crate::engine::outside::{LOOKS_MAX, backoff};
use crate::error::Error;
use crate::invoice::{LINES_MAX, Missing, Verdict};
use crate::payments::{Failure, Invoice, Owner, PaymentsError};
use crate::record::{Body, InvoiceOutcome, InvoiceRecord, Record};
use crate::store::{Index, Key, PageLimit};

/// The most parked invoices that are settled at once when their customer becomes known. More have
/// to wait for `tick`.
const SETTLED_AT_ONCE_MAX: usize = 100;

/// How often an invoice is judged afresh when others change what that relies on.
const JUDGEMENTS_MAX: usize = 16;

const OP: &str = "settle an invoice";

impl Engine {
    /// Looks at a parked invoice that is due. Where the provider has to be asked, the look is put
    /// off first, so that nobody else asks, and that one which fails is taken again.
    pub(crate) async fn look_at_invoice(
        &self,
        version: u64,
        parked: InvoiceRecord,
    ) -> Result<bool, Error> {
        let InvoiceOutcome::Parked { missing, looks } = &parked.outcome else {
            return Ok(false);
        };
        let tries = looks.saturating_add(1);
        let due_at = self.inner.clock.now().after(backoff(tries));
        let put_off = InvoiceRecord {
            outcome: InvoiceOutcome::Parked {
                missing: missing.clone(),
                looks: tries,
            },
            due_at: (tries < LOOKS_MAX).then_some(due_at),
            ..parked
        };
        let judged = self.judge(OP, &put_off.invoice).await?;
        let Verdict::Park(asked_for) = &judged.verdict else {
            self.settle_invoice(version, put_off).await?;
            return Ok(true);
        };
        if put_off.due_at.is_none() {
            let (id, missing) = (&put_off.invoice.id, asked_for);
            tracing::error!(invoice = id, %missing, "a parked invoice is not asked about any more");
        }
        let mut batch = self.batch()?;
        write_again(
            &mut batch,
            version,
            put_off.clone(),
            &judged,
            self.inner.clock.now(),
        );
        if !self.commit_repeatable(&batch).await? {
            return Ok(true);
        }
        let asked = self.find_out(&put_off.invoice, asked_for).await;
        let invoice = asked.map_err(|source| Error::Payments { op: "tick", source })?;
        if invoice != put_off.invoice {
            self.settle_invoice(version + 1, InvoiceRecord { invoice, ..put_off })
                .await?;
        }
        Ok(true)
    }

    /// The invoice, with what the provider knows of what is missing. One that waits for something
    /// else is as it was.
    async fn find_out(
        &self,
        invoice: &Invoice,
        missing: &Missing,
    ) -> Result<Invoice, PaymentsError> {
        let mut invoice = invoice.clone();
        match missing {
            Missing::Lines => self.add_lines(&mut invoice).await?,
            Missing::User if invoice.owner.user.is_none() => self.add_owner(&mut invoice).await?,
            Missing::Plan if invoice.owner.tier.is_none() => self.add_owner(&mut invoice).await?,
            _ => {}
        }
        Ok(invoice)
    }

    /// Adds the lines that did not come along, page by page; up to one more than are looked at.
    async fn add_lines(&self, invoice: &mut Invoice) -> Result<(), PaymentsError> {
        let Some(payments) = &self.inner.payments else {
            return Ok(());
        };
        while invoice.more_lines && invoice.lines.len() <= LINES_MAX {
            let after = invoice.lines.last().map(|line| line.id.as_str());
            let page = payments.invoice_lines(&invoice.id, after);
            let page = self.ask("invoice_lines", page).await?;
            // A page without lines that says there are more would be asked for again for ever.
            invoice.more_lines = page.more && !page.items.is_empty();
            invoice.lines.extend(page.items);
        }
        invoice.lines.truncate(LINES_MAX + 1);
        Ok(())
    }

    /// Adds whose invoice it is and what was bought: as the subscription says, then as the customer
    /// does.
    async fn add_owner(&self, invoice: &mut Invoice) -> Result<(), PaymentsError> {
        let Some(payments) = &self.inner.payments else {
            return Ok(());
        };
        if let Some(subscription) = &invoice.subscription {
            let found = payments.subscription(subscription);
            let found = known(self.ask("subscription", found).await)?;
            add(&mut invoice.owner, found);
        }
        if let Some(customer) = invoice.owner.customer.clone()
            && invoice.owner.user.is_none()
        {
            let found = payments.customer(&customer);
            let found = known(self.ask("customer", found).await)?;
            add(&mut invoice.owner, found);
        }
        Ok(())
    }

    /// Settles what is parked for a customer who has just become known, without asking anybody.
    /// What fails is left to `tick`.
    pub(super) async fn settle_parked_of(&self, customer: &str) {
        let index = Index::ParkedOf(customer.to_owned());
        let limit = PageLimit::rows(SETTLED_AT_ONCE_MAX);
        let rows = match self.scan(OP, &index, None, limit).await {
            Ok(page) => page.rows,
            Err(error) => return tracing::error!(customer, %error, "what is parked stays so"),
        };
        for Record { version, body, .. } in rows {
            let Body::Invoice(parked) = body else {
                continue;
            };
            let id = parked.invoice.id.clone();
            if let Err(error) = self.settle_invoice(version, parked).await {
                tracing::error!(invoice = id, %error, "a parked invoice stays so");
            }
        }
    }

    /// Judges a parked invoice by what is known here, and writes what comes of it. Whoever was
    /// quicker has seen to it.
    async fn settle_invoice(&self, version: u64, parked: InvoiceRecord) -> Result<(), Error> {
        let mut overflows = false;
        for _ in 0..JUDGEMENTS_MAX {
            let judged = match overflows {
                true => Judged::too_much(),
                false => self.judge(OP, &parked.invoice).await?,
            };
            let mut batch = self.batch()?;
            let now = self.inner.clock.now();
            write_again(&mut batch, version, parked.clone(), &judged, now);
            match self.commit(OP, batch).await {
                Ok(()) => {
                    tell(&parked.invoice, &judged.verdict);
                    self.tell_budget().await;
                    return Ok(());
                }
                Err(CommitFailure::Overflow(_)) => overflows = true,
                Err(CommitFailure::Conflict) => {
                    if !self.is_invoice_at(version, &parked).await? {
                        return Ok(());
                    }
                }
                Err(failure) => return Err(failure.into_error(OP)),
            }
        }
        Err(Error::Busy { op: OP })
    }

    async fn is_invoice_at(&self, version: u64, parked: &InvoiceRecord) -> Result<bool, Error> {
        let key = Key::Invoice(parked.invoice.id.clone());
        let found = self.read_one(OP, key).await?;
        Ok(found.is_some_and(|record| record.version == version))
    }
}

/// What the provider knows; nothing where it does not know the thing at all.
fn known(answer: Result<Owner, PaymentsError>) -> Result<Owner, PaymentsError> {
    match answer {
        Err(error) if error.failure == Failure::NotFound => Ok(Owner::default()),
        answer => answer,
    }
}

/// Fills in what was not known; what was stays.
fn add(owner: &mut Owner, found: Owner) {
    let Owner {
        user,
        tier,
        store,
        customer,
    } = found;
    owner.user = owner.user.take().or(user);
    owner.tier = owner.tier.take().or(tier);
    owner.store = owner.store.take().or(store);
    owner.customer = owner.customer.take().or(customer);
}
