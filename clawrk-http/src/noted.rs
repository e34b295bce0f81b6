//! What is known of a request, noted in the span of the host.

use clawrk_core::id::JobId;
use tracing::{Span, field};

use crate::auth::Principal;

/// Notes who is calling, in a span that has a field `user` or `admin`.
pub(crate) fn caller(principal: &Principal) {
    let span = Span::current();
    match principal {
        Principal::User(user) => span.record("user", field::display(user)),
        Principal::Admin => span.record("admin", true),
    };
}

/// Notes which job a request is about, in a span that has a field `job`.
pub(crate) fn job(id: &JobId) {
    Span::current().record("job", field::display(id));
}
