//! Who is calling.

use std::fmt;

use async_trait::async_trait;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use clawrk_core::Engine;
use clawrk_core::id::UserId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Who a request is from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A person or agent. The user needs no row in the exchange: it is made when it is needed.
    User(UserId),
    /// The operator, who is no user: refused by user routes, as users are by admin routes.
    Admin,
}

/// Why it cannot be told at all who is calling.
///
/// Answered with 503 and logged; an error of the engine is answered as what it is. The text is
/// shown to nobody outside.
pub type AuthError = Box<dyn std::error::Error + Send + Sync>;

/// Tells who is calling.
///
/// It alone decides who gets in: that the operator disabled a user is known to [`ApiKeys`] and
/// [`Jwts`](crate::Jwts), and to another implementation only if it looks
/// ([`Engine::is_disabled`]).
///
/// Two of them make one, as do many: `(ApiKeys::new(engine), (jwts, MyPeople))`.
///
/// Bodies are taken whatever their `Content-Type` is, so a form on a page of somebody else can send
/// one. An implementation that goes by a cookie must see to it that such requests do not carry it
/// (`SameSite=Lax` or `Strict`), or look at `Origin` itself. [`ApiKeys`] goes by no cookie.
#[async_trait]
pub trait Authenticate: Send + Sync + 'static {
    /// Whom the request is from; none where it carries nothing valid, and is answered with 401.
    ///
    /// The head of the request has its headers, and the extensions that layers of the host left
    /// there.
    ///
    /// # Errors
    /// Where it cannot be found out, such as when a session store is down.
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError>;
}

/// The first of the two who knows the caller.
#[async_trait]
impl<A: Authenticate, B: Authenticate> Authenticate for (A, B) {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
        match self.0.authenticate(request).await? {
            Some(principal) => Ok(Some(principal)),
            None => self.1.authenticate(request).await,
        }
    }
}

/// Knows nobody where there is none.
#[async_trait]
impl<A: Authenticate> Authenticate for Option<A> {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
        match self {
            Some(auth) => auth.authenticate(request).await,
            None => Ok(None),
        }
    }
}

/// The exchange's own API keys as bearer tokens, and optionally an admin key.
#[derive(Clone)]
pub struct ApiKeys {
    engine: Engine,
    admin: Option<[u8; 32]>,
}

impl ApiKeys {
    /// The keys that this exchange gave out.
    pub fn new(engine: Engine) -> ApiKeys {
        ApiKeys {
            engine,
            admin: None,
        }
    }

    /// The operator's key. Only its hash is kept; it is compared in constant time.
    #[must_use]
    pub fn admin_key(mut self, key: &str) -> ApiKeys {
        self.admin = Some(digest(key));
        self
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys")
            .field("admin", &self.admin.is_some())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticate for ApiKeys {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
        let Some(token) = bearer(request) else {
            return Ok(None);
        };
        let is_admin: bool = match &self.admin {
            Some(admin) => admin.ct_eq(&digest(token)).into(),
            None => false,
        };
        if is_admin {
            return Ok(Some(Principal::Admin));
        }
        Ok(self.engine.authenticate(token).await?.map(Principal::User))
    }
}

/// The bearer token of a request. Two `Authorization` headers are no authorization.
pub(crate) fn bearer(request: &Parts) -> Option<&str> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next().filter(|_| headers.next().is_none())?;
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
