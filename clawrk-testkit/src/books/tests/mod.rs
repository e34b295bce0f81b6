//! Each rule of the fake.

mod buying;
mod face;
mod faults;
mod keys;
mod paying;
mod random;

use std::time::Duration;

use clawrk_core::time::Timestamp;
use serde_json::Value;

use super::*;

/// Books, the time, and requests in one line.
pub(super) struct Desk {
    pub(super) books: Books,
    pub(super) now: Timestamp,
}

impl Desk {
    pub(super) fn new() -> Desk {
        Desk {
            books: Books::new(7),
            now: Timestamp::from_millis(1_735_689_600_000),
        }
    }

    pub(super) fn wait(&mut self, by: Duration) {
        self.now = self.now.after(by);
        self.books.advance(self.now);
    }

    pub(super) fn ask(&mut self, request: &Request) -> Response {
        self.books.handle(request, self.now)
    }

    /// The answer to a request that goes well.
    pub(super) fn get(&mut self, path: &str, pairs: &[(&str, &str)]) -> Value {
        let response = self.ask(&with(Method::Get, path, pairs));
        assert_eq!(response.status, 200, "{:?}", response.body);
        response.json().clone()
    }

    /// The id of what is made.
    pub(super) fn make(&mut self, path: &str, pairs: &[(&str, &str)]) -> String {
        let response = self.ask(&with(Method::Post, path, pairs));
        assert_eq!(response.status, 200, "{:?}", response.body);
        response.json()["id"].as_str().unwrap().to_owned()
    }

    /// Status, code and parameter of the error of a request that does not go well.
    pub(super) fn refused(&mut self, request: &Request) -> (u16, String, String) {
        let response = self.ask(request);
        assert_ne!(response.status, 200, "{:?}", response.body);
        let error = &response.json()["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (response.status, text("code"), text("param"))
    }

    /// A connected account that can be paid.
    pub(super) fn receiver(&mut self) -> String {
        let asked = [
            ("controller[stripe_dashboard][type]", "express"),
            ("capabilities[transfers][requested]", "true"),
        ];
        let account = self.make("/v1/accounts", &asked);
        self.books.test().set_standing(&account, Standing::Complete);
        account
    }

    /// How many transfers there are in truth.
    pub(super) fn paid(&mut self) -> usize {
        self.books.test().transfers().count()
    }
}

pub(super) fn with(method: Method, path: &str, pairs: &[(&str, &str)]) -> Request {
    let request = Request::new(method, path, TEST_KEY);
    pairs.iter().fold(request, |request, (name, value)| {
        request.param(name, *value)
    })
}

/// A transfer of a dollar for the job `job_1`.
pub(super) fn send(destination: &str) -> Request {
    let pairs = [
        ("amount", "100"),
        ("currency", "usd"),
        ("destination", destination),
        ("transfer_group", "job_1"),
        ("metadata[clawrk_payout]", "po_job_1"),
    ];
    with(Method::Post, "/v1/transfers", &pairs)
}
