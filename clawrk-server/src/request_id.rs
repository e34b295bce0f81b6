//! A name for each request, by which a client's log and the server's can be laid side by side.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use clawrk::ids::{Ids, IdsError, RandomIds};

/// The header that carries it, both ways.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a client, in bytes.
const BYTES_MAX: usize = 128;

/// Names requests: as their clients do, else by a number behind what tells this run of the server
/// from any other.
#[derive(Debug)]
pub(crate) struct RequestIds {
    run: String,
    made: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Result<RequestIds, IdsError> {
        let mut run = [0; 6];
        RandomIds.fill(&mut run)?;
        Ok(RequestIds {
            run: run.iter().map(|byte| format!("{byte:02x}")).collect(),
            made: AtomicU64::new(0),
        })
    }

    /// The id of a request with these headers.
    pub(crate) fn of(&self, headers: &HeaderMap) -> String {
        let mut given = headers.get_all(HEADER).iter();
        match (given.next().and_then(usable), given.next()) {
            (Some(id), None) => id.to_owned(),
            _ => {
                let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
                format!("{}-{number}", self.run)
            }
        }
    }
}

/// What a client sent, where it may stand in a log and in an answer.
fn usable(value: &HeaderValue) -> Option<&str> {
    let fits = (1..=BYTES_MAX).contains(&value.len());
    let id = value.to_str().ok().filter(|_| fits)?;
    id.bytes().all(|byte| byte.is_ascii_graphic()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(ids: &[&[u8]]) -> HeaderMap {
        let values = ids.iter().map(|id| HeaderValue::from_bytes(id).unwrap());
        values.map(|value| (HEADER, value)).collect()
    }

    #[test]
    fn an_id_that_a_client_sends_is_taken_where_it_can_be() {
        let ids = RequestIds::new().unwrap();
        let longest = [b'x'; BYTES_MAX];
        for id in [b"a".as_slice(), b"7f/\"~!", &longest] {
            assert_eq!(ids.of(&headers(&[id])).as_bytes(), id);
        }
        let too_long = [b'x'; BYTES_MAX + 1];
        let unusable: [&[&[u8]]; 7] = [
            &[],
            &[b""],
            &[b"a b"],
            &[b"a\tb"],
            &[b"\xc3\xbc"],
            &[&too_long],
            &[b"a", b"b"],
        ];
        for given in unusable {
            assert!(ids.of(&headers(given)).starts_with(&ids.run), "{given:?}");
        }
    }

    #[test]
    fn no_two_that_are_made_are_the_same() {
        let (ids, others) = (RequestIds::new().unwrap(), RequestIds::new().unwrap());
        let none = HeaderMap::new();
        assert_ne!(ids.of(&none), ids.of(&none));
        assert_ne!(ids.run, others.run);
    }
}
