//! Answers made smaller, for clients that ask for it.

use axum::Router;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Below it, what is saved is not worth the trouble.
const BYTES_MIN: u64 = 1 << 10;

/// Sends what is large as gzip, in its quickest form.
///
/// Not events, which would wait for more of them. Not an answer with a secret, which says that
/// nobody may store it: its length would tell of the secret to somebody who may choose other parts
/// of it and watches the line.
///
/// Whatever goes in must be [settled](settle) first.
pub(crate) fn with(router: Router) -> Router {
    let worth = SizeAbove::new(BYTES_MIN)
        .and(NotForContentType::SSE)
        .and(NoSecret);
    let gzip = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(worth);
    router.layer(gzip)
}

/// Leaves of what a client accepts only the one thing that is decided here. Left as it is, a
/// client that accepts nothing that can be sent would be refused after its command was done.
pub(crate) fn settle(headers: &mut HeaderMap) {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return;
    }
    let gzip = headers.get_all(ACCEPT_ENCODING).iter().any(accepts_gzip);
    headers.remove(ACCEPT_ENCODING);
    if gzip {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
}

fn accepts_gzip(value: &HeaderValue) -> bool {
    let codings = value.to_str().unwrap_or_default().split(',');
    let mut named = codings.map(|coding| match coding.split_once(';') {
        Some((name, weight)) => (name.trim(), is_zero(weight)),
        None => (coding.trim(), false),
    });
    named.any(|(name, refused)| name.eq_ignore_ascii_case("gzip") && !refused)
}

/// Whether the weight of a coding says that it is not wanted.
fn is_zero(weight: &str) -> bool {
    let value = weight.trim().trim_start_matches(['q', 'Q']).trim_start();
    let value = value.strip_prefix('=').unwrap_or(value).trim();
    value.starts_with('0') && value.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

#[derive(Debug, Clone, Copy)]
struct NoSecret;

impl Predicate for NoSecret {
    fn should_compress<B>(&self, response: &Response<B>) -> bool {
        let cache = response.headers().get(CACHE_CONTROL);
        cache.is_none_or(|cache| cache.as_bytes() != b"no-store")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_gzip_gets_it() {
        let accepts = |text| accepts_gzip(&HeaderValue::from_static(text));
        for wanted in [
            "gzip",
            "br, GZIP",
            "deflate;q=0.1,gzip;q=0.5",
            "gzip; q=0.001",
        ] {
            assert!(accepts(wanted), "{wanted}");
        }
        for other in [
            "",
            "br",
            "*",
            "gzip;q=0",
            "gzip ; q = 0.000, br",
            "xgzip",
            "identity;q=0",
        ] {
            assert!(!accepts(other), "{other}");
        }
    }
}
