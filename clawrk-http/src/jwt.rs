//! JSON Web Tokens of an identity provider, signed with HMAC-SHA-256 (RFC 7519, RFC 7515).
//!
//! Only what was signed is looked into, and only one algorithm is known, so a token has no say in
//! how it is checked.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clawrk_core::Engine;
use clawrk_core::id::UserId;
use clawrk_core::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use sha2::Sha256;

use crate::auth::{AuthError, Authenticate, Principal, bearer};
use crate::json::Object;

/// The longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 8 << 10;

/// How many arrays and objects a token may hold inside each other.
const DEPTH_MAX: usize = 32;

/// How far the clocks of the provider and of the exchange may be apart.
const LEEWAY: Duration = Duration::from_secs(30);

/// Tokens of an identity provider, which shares a secret with the exchange (`HS256`).
///
/// A token is good where it is signed with the secret, its `exp` is in the future, its `nbf` and
/// `iat`, if it has them, are not, and its `iss` and `aud` are as set here; the clocks may be 30
/// seconds apart. Its `sub` is the user's id. A user whom the operator disabled is refused.
///
/// A token is not good that is over 8 KiB, has `crit` or `b64` in its head, names another
/// algorithm, has a member twice, or is padded.
///
/// Together with the exchange's own keys: `(ApiKeys::new(engine), jwts)`.
#[derive(Clone)]
pub struct Jwts {
    engine: Engine,
    mac: Hmac<Sha256>,
    issuer: Option<String>,
    audience: Option<String>,
}

/// A secret that can be guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret has {bytes} bytes; at least {} are needed",
    Jwts::SECRET_BYTES_MIN
)]
pub struct ShortSecret {
    bytes: usize,
}

impl Jwts {
    /// The shortest secret, in bytes: as long as the hash (RFC 7518, section 3.2).
    pub const SECRET_BYTES_MIN: usize = 32;

    /// Tokens that are signed with that secret.
    ///
    /// # Errors
    /// Where the secret is shorter than [`Jwts::SECRET_BYTES_MIN`].
    pub fn new(engine: Engine, secret: &[u8]) -> Result<Jwts, ShortSecret> {
        let short = ShortSecret {
            bytes: secret.len(),
        };
        if secret.len() < Self::SECRET_BYTES_MIN {
            return Err(short);
        }
        // HMAC takes a key of any length.
        let mac = Hmac::new_from_slice(secret).map_err(|_| short)?;
        Ok(Jwts {
            engine,
            mac,
            issuer: None,
            audience: None,
        })
    }

    /// Who must have made a token (`iss`). Default: anybody who has the secret.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Jwts {
        self.issuer = Some(issuer.into());
        self
    }

    /// Whom a token must be for (`aud`, which may name several). Default: `aud` is not looked at.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Jwts {
        self.audience = Some(audience.into());
        self
    }

    /// Whose token it is; none where it is not good.
    fn user(&self, token: &str) -> Option<UserId> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let mac = self.mac.clone().chain_update(signed);
        // In constant time.
        mac.verify_slice(&signature).ok()?;
        let head: Head = part(head)?;
        let claims: Claims = part(claims)?;
        let good = head.is_plain_hs256() && self.accepts(&claims);
        good.then(|| UserId::new(claims.sub).ok())?
    }

    fn accepts(&self, claims: &Claims) -> bool {
        let now = seconds(self.engine.clock().now());
        let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or(0);
        let is_past = |date: &Date| date.0 <= now.saturating_add(leeway);
        let is_issuer = |issuer: &String| claims.iss.as_ref() == Some(issuer);
        let is_audience = |audience: &String| {
            let named = claims.aud.as_ref();
            named.is_some_and(|named| named.0.contains(audience))
        };
        claims.exp.0 > now.saturating_sub(leeway)
            && claims.nbf.as_ref().is_none_or(is_past)
            && claims.iat.as_ref().is_none_or(is_past)
            && self.issuer.as_ref().is_none_or(is_issuer)
            && self.audience.as_ref().is_none_or(is_audience)
    }
}

impl fmt::Debug for Jwts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwts")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticate for Jwts {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
        let Some(user) = bearer(request).and_then(|token| self.user(token)) else {
            return Ok(None);
        };
        let disabled = self.engine.is_disabled(&user).await?;
        Ok((!disabled).then_some(Principal::User(user)))
    }
}

/// The first part of a token.
#[derive(serde::Deserialize)]
struct Head {
    alg: String,
    #[serde(default, deserialize_with = "there")]
    crit: bool,
    #[serde(default, deserialize_with = "there")]
    b64: bool,
}

impl Head {
    /// Extensions that must be understood are not (RFC 7515, section 4.1.11), nor is content that
    /// is not encoded (RFC 7797).
    fn is_plain_hs256(&self) -> bool {
        self.alg == "HS256" && !self.crit && !self.b64
    }
}

/// The second part of a token, as far as it is looked at.
#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    exp: Date,
    #[serde(default, deserialize_with = "not_null")]
    nbf: Option<Date>,
    #[serde(default, deserialize_with = "not_null")]
    iat: Option<Date>,
    iss: Option<String>,
    aud: Option<Audience>,
}

/// Seconds since the start of 1970, rounded towards it.
#[derive(Clone, Copy)]
struct Date(i64);

/// One name or several.
struct Audience(Vec<String>);

/// Reads a part: an object in base64url without padding, with no member twice.
fn part<T: de::DeserializeOwned>(text: &str) -> Option<T> {
    let json = URL_SAFE_NO_PAD.decode(text).ok()?;
    Object::parse(&json, DEPTH_MAX).ok()?;
    serde_json::from_slice(&json).ok()
}

fn seconds(time: Timestamp) -> i64 {
    time.as_millis() / 1_000
}

/// That a member is there, whatever it is.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A member that may be left out, and else is no null.
fn not_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    Date::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        deserializer.deserialize_any(DateVisitor)
    }
}

struct DateVisitor;

impl Visitor<'_> for DateVisitor {
    type Value = Date;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970")
    }

    fn visit_i64<E>(self, seconds: i64) -> Result<Date, E> {
        Ok(Date(seconds))
    }

    fn visit_u64<E>(self, seconds: u64) -> Result<Date, E> {
        Ok(Date(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, seconds: f64) -> Result<Date, E> {
        // What no 64 bits hold becomes the last second that they do.
        Ok(Date(seconds as i64))
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Audience, D::Error> {
        deserializer.deserialize_any(AudienceVisitor)
    }
}

struct AudienceVisitor;

impl<'de> Visitor<'de> for AudienceVisitor {
    type Value = Audience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings")
    }

    fn visit_str<E>(self, name: &str) -> Result<Audience, E> {
        Ok(Audience(vec![name.to_owned()]))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut names: A) -> Result<Audience, A::Error> {
        let mut all = Vec::new();
        while let Some(name) = names.next_element()? {
            all.push(name);
        }
        Ok(Audience(all))
    }
}
