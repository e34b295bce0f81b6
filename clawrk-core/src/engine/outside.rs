//! Asking the payment provider, and what is due to be asked.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::within::within;
use crate::engine::{Engine, Progress};
use crate::error::{Error, Rejection};
use crate::payments::{Failure, Payments, PaymentsError};
use crate::record::{Body, Record};
use crate::store::{Cursor, Index, PageLimit, StoreError};
use crate::time::Timestamp;

/// How long after a first look that found nothing the second one is taken. Each later wait is twice
/// as long.
pub(crate) const LOOK_FIRST: Duration = Duration::from_secs(60);

/// The longest wait between two looks.
pub(crate) const LOOK_LAST: Duration = Duration::from_secs(6 * 60 * 60);

/// The most looks at one thing. After them it is left to news, and to people: some hundred days.
pub(crate) const LOOKS_MAX: u32 = 400;

/// The wait after that many looks in a row that found nothing.
pub(crate) fn backoff(looks: u32) -> Duration {
    let factor = 1_u32.checked_shl(looks).unwrap_or(u32::MAX);
    LOOK_FIRST.saturating_mul(factor).min(LOOK_LAST)
}

impl Engine {
    /// The payment provider.
    ///
    /// # Errors
    /// [`Rejection::PaymentsNotConfigured`].
    pub(crate) fn payments(&self) -> Result<&Arc<dyn Payments>, Rejection> {
        let payments = self.inner.payments.as_ref();
        payments.ok_or(Rejection::PaymentsNotConfigured)
    }

    /// The provider's answer, unless it takes too long. Then nobody knows what became of it.
    pub(crate) async fn ask<T>(
        &self,
        what: &'static str,
        answer: impl Future<Output = Result<T, PaymentsError>>,
    ) -> Result<T, PaymentsError> {
        let clock = self.inner.clock.as_ref();
        let until = clock.now().after(self.inner.policy.payments_timeout);
        let answer = match within(clock, until, answer).await {
            Ok(answer) => answer,
            Err(lost) => Err(PaymentsError {
                failure: Failure::Unknown,
                detail: lost.to_string(),
                request_id: None,
            }),
        };
        if let Err(error) = &answer {
            let request_id = error.request_id.as_deref();
            tracing::warn!(what, %error, request_id, "the payment provider gave no answer");
        }
        answer
    }

    /// Asks what is due to be asked, one thing after the other, for no longer than one call may
    /// take. Nothing is where there is no provider.
    pub(crate) async fn tick_outside(&self, budget: usize) -> Result<Progress, Error> {
        let (mut done, mut after) = (0, None);
        let late = self
            .inner
            .clock
            .now()
            .after(self.inner.policy.payments_timeout / 2);
        // What is of another kind of money is logged by the outbox.
        if self.inner.payments.is_none() || self.check_money().await.is_err() {
            return Ok(Progress { done, next: None });
        }
        loop {
            let left = budget.saturating_sub(done);
            let (rows, next) = self.due_outside(after.as_ref(), left).await?;
            for record in rows {
                let Some(due) = due_outside(&record) else {
                    continue;
                };
                let now = self.inner.clock.now();
                if due > now || done >= budget || now >= late {
                    let next = Some(due);
                    return Ok(Progress { done, next });
                }
                match self.do_outside(record).await {
                    Ok(did) => done += usize::from(did),
                    // Whoever cannot be reached is not waited for again in this round. What was
                    // tried was put off before.
                    Err(Error::Payments { .. }) => {
                        let (done, next) = (done + 1, Some(self.inner.clock.now()));
                        return Ok(Progress { done, next });
                    }
                    Err(error) => return Err(error),
                }
            }
            after = next;
            if after.is_none() {
                return Ok(Progress { done, next: None });
            }
        }
    }

    async fn due_outside(
        &self,
        after: Option<&Cursor>,
        budget: usize,
    ) -> Result<(Vec<Record>, Option<Cursor>), Error> {
        let limit = PageLimit::rows(budget.saturating_add(1));
        let page = self
            .inner
            .store
            .scan(&Index::DueOutside, after, limit)
            .await;
        let page = page.map_err(|source| Error::Store { op: "tick", source })?;
        if let Some(first) = page.damaged.first() {
            let (rows, first) = (page.damaged.len(), &first.detail);
            tracing::error!(rows, %first, "what is due cannot be read; the audit names all of it");
        }
        Ok((page.rows, page.next))
    }

    /// Whether there was something to do. What is damaged stays due, and must not keep all the
    /// others waiting.
    async fn do_outside(&self, record: Record) -> Result<bool, Error> {
        let key = record.key();
        let Record { version, body, .. } = record;
        let did = match body {
            Body::Invoice(invoice) => self.look_at_invoice(version, invoice).await,
            Body::User(user) => self.look_at_account(version, user).await,
            _ => Ok(false),
        };
        match did {
            Err(
                error @ Error::Store {
                    source: StoreError::Corrupt { .. },
                    ..
                },
            ) => {
                tracing::error!(%key, %error, "something that is due is damaged");
                Ok(false)
            }
            did => did,
        }
    }
}

/// When something is due; none where nobody here does it.
fn due_outside(record: &Record) -> Option<Timestamp> {
    match &record.body {
        Body::Invoice(invoice) => invoice.due_at,
        Body::User(user) => Some(user.account.as_ref()?.look?.due_at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_minute_to_six_hours() {
        let minutes = |looks| backoff(looks).as_secs() / 60;
        assert_eq!((0..4).map(minutes).collect::<Vec<_>>(), [1, 2, 4, 8]);
        assert_eq!((minutes(8), minutes(9)), (256, 360));
        assert_eq!((minutes(40), minutes(u32::MAX)), (360, 360));
    }
}
