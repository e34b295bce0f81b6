//! The page runs over HTTP, on a socket, and prints what stands on it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use clawrk::Policy;
use clawrk_http::{ApiKeys, router};
use scenario::{Http, Scenario};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const ADMIN_KEY: &str = "the operator's own";

/// A server with an empty exchange in which jobs take credits. It serves as long as the runtime.
async fn serve() -> SocketAddr {
    let mut policy = Policy::default();
    policy.credits = true;
    let builder = clawrk::builder("memory:").await.unwrap();
    let engine = builder.policy(policy).build();
    let people = ApiKeys::new(engine.clone()).admin_key(ADMIN_KEY);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = axum::serve(listener, router(engine, people)).into_future();
    tokio::spawn(serving);
    address
}

#[test]
fn the_transcript_is_the_one_on_the_page() {
    let runtime = Runtime::new().unwrap();
    let address = runtime.block_on(serve());
    let scenario = Scenario::read(include_str!("../../scenario.md")).unwrap();
    let transcript = scenario.run(&mut Http::new(address, ADMIN_KEY)).unwrap();
    assert_eq!(transcript, scenario.transcript);
}
