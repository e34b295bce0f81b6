//! Webhooks, posted by real requests.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::exchange::Desk;
use crate::books::Delivery;

/// How long an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many events are on their way at once.
const ON_THE_WAY_MAX: usize = 16;

/// Posts what falls due, for as long as it is polled.
pub(super) async fn deliver(desk: Arc<Desk>) {
    let places = Arc::new(Semaphore::new(ON_THE_WAY_MAX));
    let mut posting = JoinSet::new();
    loop {
        for delivery in desk.take_deliveries() {
            desk.note(&json!({ "event": delivery.body }));
            let (desk, places) = (Arc::clone(&desk), Arc::clone(&places));
            posting.spawn(async move {
                // It is never closed.
                let _place = places.acquire_owned().await;
                let taken = tokio::time::timeout(PATIENCE, post(&delivery)).await;
                if !matches!(taken, Ok(Some(true))) {
                    desk.books().refused(&delivery);
                    desk.bell.notify_one();
                }
            });
        }
        tokio::select! {
            () = desk.bell.notified() => {}
            () = desk.until_next_delivery() => {}
            Some(_) = posting.join_next() => {}
        }
    }
}

/// Whether the endpoint took it; nothing where it cannot be reached.
async fn post(delivery: &Delivery) -> Option<bool> {
    let url: Uri = delivery.url.parse().ok()?;
    let authority = url.authority()?;
    let port = authority.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((authority.host(), port)).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::post(url.path_and_query()?.as_str())
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("Stripe-Signature", &delivery.signature)
        .header(
            "User-Agent",
            "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        )
        .body(Full::new(Bytes::from(delivery.body.clone())))
        .ok()?;
    let asked = async {
        let response = sender.send_request(request).await.ok()?;
        let well = response.status().is_success();
        // The rest is of no interest, but an endpoint may want to have said it.
        response.into_body().collect().await.ok()?;
        Some(well)
    };
    // The connection moves on for as long as it is polled.
    tokio::select! {
        answer = asked => answer,
        _ = connection => None,
    }
}
