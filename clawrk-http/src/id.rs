//! Ids out of paths.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use clawrk_core::Rejection;
use clawrk_core::error::Code;
use clawrk_core::id::{JobId, KeyId, PayoutId, UserId};

use crate::error::ApiError;
use crate::noted;

/// The id in the path; none where the text there can be no id.
#[derive(Debug)]
pub(crate) struct PathId<T>(Option<T>);

impl PathId<JobId> {
    /// The id to look for. A text that can be no id stands for one that no job has, so that it is
    /// answered as any unknown id is, whatever else is wrong with the request.
    pub(crate) fn get(self) -> JobId {
        if let Some(id) = &self.0 {
            noted::job(id);
        }
        self.0.unwrap_or(JobId::from_bits(0))
    }
}

impl PathId<UserId> {
    pub(crate) fn found(self) -> Result<UserId, ApiError> {
        let none = || ApiError::new(Code::UserNotFound, "there is no such user");
        self.0.ok_or_else(none)
    }
}

impl PathId<KeyId> {
    pub(crate) fn found(self) -> Result<KeyId, ApiError> {
        self.0.ok_or_else(|| Rejection::KeyNotFound.into())
    }
}

impl PathId<PayoutId> {
    pub(crate) fn found(self) -> Result<PayoutId, ApiError> {
        self.0.ok_or_else(|| Rejection::PayoutNotFound.into())
    }
}

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        // A host may have parameters of its own in the prefix; the route's is the last.
        let text = params.as_ref().and_then(|params| params.iter().last());
        Ok(PathId(text.and_then(|(_, text)| text.parse().ok())))
    }
}
