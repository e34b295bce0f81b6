//! Whether the money of an exchange is real. It is one or the other for good: what was bought and
//! earned in play must not be paid with real money because a key was changed.

use std::sync::atomic::Ordering;

use crate::engine::Engine;
use crate::error::{Error, Rejection};
use crate::payments::Mode;
use crate::record::OutboxRecord;

impl Engine {
    /// Whether the payment provider's key is for the kind of money that the store knows. Where it
    /// knows none yet, any key is.
    ///
    /// # Errors
    /// [`Rejection::OtherMoney`].
    pub async fn check_money(&self) -> Result<(), Error> {
        let Some(payments) = &self.inner.payments else {
            return Ok(());
        };
        let (_, outbox) = self.outbox_record("money").await?;
        compare(known(&outbox), payments.mode())
    }

    /// The same, before the first money: from then on the store knows its kind.
    pub(crate) async fn claim_money(&self) -> Result<(), Error> {
        let Some(payments) = &self.inner.payments else {
            return Ok(());
        };
        if self.inner.outbox.claimed.load(Ordering::Acquire) {
            return Ok(());
        }
        let key = payments.mode();
        let claim = |outbox: &mut OutboxRecord| outbox.mode = known(outbox).or(Some(key));
        let outbox = self.change_outbox("money", claim).await?;
        compare(known(&outbox), key)?;
        self.inner.outbox.claimed.store(true, Ordering::Release);
        Ok(())
    }
}

/// What a store knows. One of before this was written down may have looked at the provider's list.
fn known(outbox: &OutboxRecord) -> Option<Mode> {
    let watched = outbox.watched.as_ref().map(|watched| watched.mode);
    outbox.mode.or(watched)
}

fn compare(store: Option<Mode>, key: Mode) -> Result<(), Error> {
    match store {
        Some(store) if store != key => Err(Rejection::OtherMoney { store, key }.into()),
        _ => Ok(()),
    }
}
