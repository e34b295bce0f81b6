//! What is known of a request, noted in the span of the host.

use clawrk_core::id::JobId;
use tracing::{Span, field};

use crate::auth::Principal;

/// Notes who is calling, in a span that has a field `user` or `admin`.
pub(crate) fn caller(principal: &Principal) {
    let span = Span::current();
    match principal {
        // As a text, which is quoted: an id of somebody else's may look like more fields.
        Principal::User(user) => span.record("user", user.as_str()),
        Principal::Admin => span.record("admin", true),
    };
}

/// Notes which job a request is about, in a span that has a field `job`.
pub(crate) fn job(id: &JobId) {
    Span::current().record("job", field::display(id));
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use clawrk_core::id::UserId;
    use tracing::field::Empty;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_id_makes_no_other_fields_up() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let user = UserId::new("x\"}: admin=true").unwrap();
            tracing::info_span!("asked", user = Empty).in_scope(|| {
                caller(&Principal::User(user));
                tracing::info!("answered");
            });
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(r#"{user="x\"}: admin=true"}"#), "{text}");
    }
}
