//! Questions to the provider, none longer than there is time.

use std::future::Future;
use std::time::Duration;

use crate::engine::Engine;
use crate::engine::within::within;
use crate::payments::{Failure, Payments, PaymentsError};
use crate::record::Platform;
use crate::time::Timestamp;

/// A provider at work on one thing, until a time.
#[derive(Clone, Copy)]
pub(super) struct Provider<'a> {
    pub(super) payments: &'a dyn Payments,
    /// When the questions before a send must have been answered.
    pub(super) until: Timestamp,
    /// When the answer to a send must have come.
    pub(super) send_until: Timestamp,
}

impl Engine {
    /// The provider, with the time that one piece of work may take that was begun then: half of the
    /// timeout for questions, and all of it until the answer to a send.
    pub(super) fn provider(&self, began: Timestamp) -> Option<Provider<'_>> {
        let payments = self.inner.payments.as_deref()?;
        let timeout = self.inner.policy.payments_timeout;
        Some(Provider {
            payments,
            until: began.after(timeout / 2),
            send_until: began.after(timeout),
        })
    }

    /// The provider, with all of the time for questions.
    pub(super) fn asked_provider(&self, began: Timestamp) -> Option<Provider<'_>> {
        self.provider(began).map(|provider| Provider {
            until: provider.send_until,
            ..provider
        })
    }

    /// The answer of a call, unless it comes too late. What became of it then is unknown.
    pub(super) async fn asked<T>(
        &self,
        until: Timestamp,
        answer: impl Future<Output = Result<T, PaymentsError>>,
    ) -> Result<T, PaymentsError> {
        let answer = within(self.inner.clock.as_ref(), until, answer).await;
        answer.unwrap_or_else(|lost| {
            Err(PaymentsError {
                failure: Failure::Unknown,
                detail: lost.to_string(),
                request_id: None,
            })
        })
    }

    /// The exchange's own account. Asked once.
    pub(super) async fn platform(&self, at: Provider<'_>) -> Result<Platform, PaymentsError> {
        if let Some(platform) = self.inner.outbox.known(|known| known.platform.clone()) {
            return Ok(platform);
        }
        let account = self.asked(at.until, at.payments.platform());
        let platform = Platform {
            account: account.await?,
            mode: at.payments.mode(),
        };
        let known = platform.clone();
        self.inner
            .outbox
            .known(|memory| memory.platform = Some(known));
        Ok(platform)
    }
}

/// What an error asks for: not to be asked again before that.
pub(super) fn wanted(error: &PaymentsError) -> Duration {
    match &error.failure {
        Failure::NotBegun {
            retry_after: Some(after),
        } => *after,
        _ => Duration::ZERO,
    }
}
