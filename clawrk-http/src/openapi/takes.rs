//! What a handler takes out of a request, as its arguments say.

use axum::extract::{OriginalUri, State};
use axum::handler::Handler;
use clawrk_core::error::Code;
use clawrk_core::id::{JobId, KeyId, PayoutId, UserId};
use utoipa::openapi::path::ParameterIn;

use super::about::{About, FAILURES};
use super::schema::{job_id, key_id, payout_id, place, text, user_id, word};
use crate::api::Api;
use crate::command::{By, Command, OpenSecret, Role, Secret};
use crate::events::Head;
use crate::id::PathId;
use crate::stripe::Signed;

/// A part of a request.
pub(crate) trait Part {
    /// Adds what it asks of a request, and how that may be refused.
    fn describe(about: &mut About);
}

/// A handler, by its arguments.
pub(crate) trait Takes<T> {
    /// Adds what all its arguments ask of a request.
    fn describe(about: &mut About);
}

macro_rules! takes {
    ($($part:ident)*) => {
        impl<F, M, $($part),*> Takes<(M, $($part,)*)> for F
        where
            F: Handler<(M, $($part,)*), Api>,
            $($part: Part,)*
        {
            fn describe(_about: &mut About) {
                $($part::describe(_about);)*
            }
        }
    };
}

takes! {}
takes! { A }
takes! { A B }
takes! { A B C }
takes! { A B C D }

impl Part for State<Api> {
    fn describe(_: &mut About) {}
}

impl Part for OriginalUri {
    fn describe(_: &mut About) {}
}

impl Part for Head {
    fn describe(about: &mut About) {
        about.take_parameter(
            ParameterIn::Header,
            "Last-Event-ID",
            "Of a stream: go on behind this event, the last one that was received.",
            place(),
        );
    }
}

impl<R: Role> Part for By<R> {
    fn describe(about: &mut About) {
        about.take_scheme(R::SCHEME);
        about.take_codes(&[Code::RateLimited, Code::AuthenticationRequired, R::REFUSAL]);
        about.take_codes(R::OFF);
        about.take_codes(FAILURES);
    }
}

impl<R: Role> Part for Command<R> {
    fn describe(about: &mut About) {
        By::<R>::describe(about);
        with_body(about);
        let key = text().pattern(Some("^[!-~]{1,255}$"));
        about.take_parameter(
            ParameterIn::Header,
            "Idempotency-Key",
            "A name of your own for this request. The same request under the same key has its \
             effect once, and its first answer each time.",
            key,
        );
        about.take_header(
            "Idempotent-Replayed",
            "The answer is that of an earlier request under the same `Idempotency-Key`.",
            word(["true"]),
        );
        about.take_codes(&[
            Code::InvalidIdempotencyKey,
            Code::IdempotencyKeyReused,
            Code::RequestInProgress,
        ]);
    }
}

impl<R: Role> Part for Secret<R> {
    fn describe(about: &mut About) {
        By::<R>::describe(about);
        with_secret(about);
    }
}

impl Part for OpenSecret {
    fn describe(about: &mut About) {
        about.take_codes(&[Code::RateLimited]);
        about.take_codes(FAILURES);
        with_secret(about);
    }
}

impl Part for Signed {
    fn describe(about: &mut About) {
        about.take_parameter(
            ParameterIn::Header,
            "Stripe-Signature",
            "The time and the signature of the body, as Stripe makes them: `t=…,v1=…`.",
            text(),
        );
        about.take_codes(&[
            Code::NotConfigured,
            Code::PayloadTooLarge,
            Code::MalformedBody,
            Code::WebhookInvalid,
            Code::Internal,
        ]);
    }
}

fn with_secret(about: &mut About) {
    with_body(about);
    let what = "The answer holds a secret, which nothing on the way may keep.";
    about.take_header("Cache-Control", what, word(["no-store"]));
    about.take_codes(&[Code::IdempotencyUnsupported]);
}

fn with_body(about: &mut About) {
    about.take_body();
    about.take_codes(&[
        Code::PayloadTooLarge,
        Code::MalformedBody,
        Code::InvalidRequest,
    ]);
}

impl Part for PathId<JobId> {
    fn describe(about: &mut About) {
        about.take_parameter(ParameterIn::Path, "id", "A job's id.", job_id());
        about.take_codes(&[Code::JobNotFound]);
    }
}

impl Part for PathId<UserId> {
    fn describe(about: &mut About) {
        about.take_parameter(ParameterIn::Path, "id", "A user's id.", user_id());
        about.take_codes(&[Code::UserNotFound]);
    }
}

impl Part for PathId<PayoutId> {
    fn describe(about: &mut About) {
        about.take_parameter(ParameterIn::Path, "id", "A payout's id.", payout_id());
        about.take_codes(&[Code::PayoutNotFound]);
    }
}

impl Part for PathId<KeyId> {
    fn describe(about: &mut About) {
        about.take_parameter(ParameterIn::Path, "id", "A key's id.", key_id());
        about.take_codes(&[Code::KeyNotFound]);
    }
}
