//! The exchange inside an axum application that has people of its own.
//!
//! `cargo run -p own_axum_app`, then, as alice, whose session the application knows:
//!
//! ```sh
//! curl -H 'Cookie: session=3f9a' -d '{"prompt": "Sum up RFC 9110"}' http://127.0.0.1:4000/exchange/api/jobs
//! ```

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::collections::HashMap;
use std::error::Error;
use std::future::pending;

use axum::Router;
use axum::http::{header::COOKIE, request::Parts};
use axum::routing::get;
use clawrk::{UserId, async_trait};
use clawrk_http::{AuthError, Authenticate, Principal, router};

/// Who is logged in, by session. A real application asks its database, and gives the cookie out as
/// `HttpOnly; Secure; SameSite=Lax`, so that pages of others cannot act for who is logged in.
struct Sessions(HashMap<String, UserId>);

#[async_trait]
impl Authenticate for Sessions {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Principal>, AuthError> {
        let cookies = request.headers.get(COOKIE).and_then(|it| it.to_str().ok());
        let mut cookies = cookies.unwrap_or_default().split("; ");
        let session = cookies.find_map(|cookie| cookie.strip_prefix("session="));
        // Nobody is 401; an error would be 503. A host may also answer `Principal::Admin`.
        let user = session.and_then(|session| self.0.get(session));
        Ok(user.cloned().map(Principal::User))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:4000".to_owned());
    let engine = clawrk::open("memory:").await?;
    // Deadlines pass only while somebody looks at them.
    tokio::spawn(clawrk::run_ticks(engine.clone(), pending()));

    let people = [("3f9a", "alice"), ("77c1", "bob")];
    let sessions = people.map(|(session, name)| Ok((session.to_owned(), UserId::new(name)?)));
    let sessions = Sessions(
        sessions
            .into_iter()
            .collect::<Result<_, Box<dyn Error>>>()?,
    );
    let app = Router::new()
        .route("/", get(|| async { "This is the application itself.\n" }))
        .nest("/exchange", router(engine, sessions));

    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
