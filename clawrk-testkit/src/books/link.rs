//! Account links: pages on which the owner of an account completes it.

use serde_json::{Value, json};

use super::book::Book;
use super::error::StripeError;
use super::params::Params;

/// How long a link is good, in seconds.
const LIFE: i64 = 5 * 60;

/// A page on which the owner of an account completes it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    account: String,
    url: String,
    expires_at: i64,
    visited: bool,
    refresh_url: String,
    return_url: String,
}

/// A link that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    account: String,
    refresh_url: String,
    return_url: String,
}

impl Draft {
    pub(super) fn read(params: &mut Params) -> Result<Draft, StripeError> {
        let account = params.required("account")?;
        let kinds = ["account_onboarding", "account_update"];
        if params.one_of("type", &kinds)?.is_none() {
            return Err(params.lacking("type"));
        }
        let (refresh, back) = (params.url("refresh_url")?, params.url("return_url")?);
        params.ignore(&["collect", "collection_options"]);
        Ok(Draft {
            account,
            refresh_url: refresh.ok_or_else(|| params.lacking("refresh_url"))?,
            return_url: back.ok_or_else(|| params.lacking("return_url"))?,
        })
    }
}

/// Where a browser ends that opens a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// On the page. Whoever is done there is sent to `return_url`.
    Onboarding {
        /// Whose page it is.
        account: String,
        /// Where the browser goes next.
        return_url: String,
    },
    /// The link was used or is too old: the browser is sent to `refresh_url`.
    Expired {
        /// Where the browser goes next.
        refresh_url: String,
    },
    /// There is no such link.
    Unknown,
}

impl Book {
    pub(super) fn create_link(&mut self, draft: Draft) -> Result<Value, StripeError> {
        self.connected(&draft.account).map_err(|_| {
            // In a parameter, an unknown account is a bad request.
            StripeError::missing_in("account", "account", &draft.account)
        })?;
        let created = self.now();
        let slug = self.id("link", 12);
        let url = format!(
            "https://connect.stripe.com/setup/e/{}/{slug}",
            draft.account
        );
        let link = Link {
            account: draft.account,
            url: url.clone(),
            expires_at: created + LIFE,
            visited: false,
            refresh_url: draft.refresh_url,
            return_url: draft.return_url,
        };
        let expires_at = link.expires_at;
        self.links.push(link);
        Ok(json!({
            "object": "account_link",
            "created": created,
            "expires_at": expires_at,
            "url": url,
        }))
    }

    /// Opens a link in a browser. It is good once.
    pub fn visit_link(&mut self, url: &str) -> Visit {
        let now = self.now();
        let Some(link) = self.links.iter_mut().find(|link| link.url == url) else {
            return Visit::Unknown;
        };
        if link.visited || link.expires_at <= now {
            return Visit::Expired {
                refresh_url: link.refresh_url.clone(),
            };
        }
        link.visited = true;
        Visit::Onboarding {
            account: link.account.clone(),
            return_url: link.return_url.clone(),
        }
    }
}
