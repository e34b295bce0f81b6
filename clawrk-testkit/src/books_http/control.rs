//! Orders from whoever tests.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::door::Keys;
use super::exchange::Desk;
use crate::books::{Endpoint, Fault, Method, Standing, Target};

#[derive(Debug, Clone)]
struct Control {
    desk: Arc<Desk>,
    keys: Keys,
}

/// What takes the orders.
pub(super) fn router(desk: Arc<Desk>, keys: Keys) -> Router {
    Router::new()
        .route("/checkouts/{id}/complete", post(complete))
        .route("/welcome", post(welcome))
        .route("/accounts/{id}/onboard", post(onboard))
        .route("/accounts/{id}/standing", post(standing))
        .route("/accounts/{id}/deauthorize", post(deauthorize))
        .route("/subscriptions/{id}/renew", post(renew))
        .route("/prices", post(price))
        .route("/balance", post(balance))
        .route("/endpoints", post(endpoint))
        .route("/courier", post(courier))
        .route("/faults", post(fault))
        .route("/door", post(door))
        .route("/slow", post(slow))
        .route("/time", post(time))
        .with_state(Control { desk, keys })
}

/// An order that cannot be carried out.
#[derive(Debug)]
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

type Answer = Result<Response, Refused>;

fn bad(why: impl Into<String>) -> Refused {
    Refused(StatusCode::BAD_REQUEST, why.into())
}

fn unknown(what: &str, id: &str) -> Refused {
    Refused(StatusCode::NOT_FOUND, format!("there is no {what} `{id}`"))
}

fn done(value: &Value) -> Answer {
    let kind = [(CONTENT_TYPE, "application/json")];
    Ok((kind, value.to_string()).into_response())
}

/// The members of an order.
struct Order(Map<String, Value>);

impl Order {
    fn read(body: &Bytes) -> Result<Order, Refused> {
        if body.is_empty() {
            return Ok(Order(Map::new()));
        }
        let read = serde_json::from_slice(body);
        read.map(Order)
            .map_err(|error| bad(format!("an order is a JSON object: {error}")))
    }

    fn text(&self, name: &str) -> Result<&str, Refused> {
        let found = self.0.get(name).and_then(Value::as_str);
        found.ok_or_else(|| bad(format!("`{name}` must be a text")))
    }

    fn text_or<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, Refused> {
        match self.0.contains_key(name) {
            true => self.text(name),
            false => Ok(default),
        }
    }

    fn number(&self, name: &str) -> Result<i64, Refused> {
        let found = self.0.get(name).and_then(Value::as_i64);
        found.ok_or_else(|| bad(format!("`{name}` must be a whole number")))
    }

    fn number_or(&self, name: &str, default: i64) -> Result<i64, Refused> {
        match self.0.contains_key(name) {
            true => self.number(name),
            false => Ok(default),
        }
    }

    /// A number that is not negative.
    fn count_or(&self, name: &str, default: i64) -> Result<u64, Refused> {
        let number = self.number_or(name, default)?;
        u64::try_from(number).map_err(|_| bad(format!("`{name}` must not be negative")))
    }

    fn truth(&self, name: &str) -> Result<bool, Refused> {
        let found = self.0.get(name).and_then(Value::as_bool);
        found.ok_or_else(|| bad(format!("`{name}` must be true or false")))
    }
}

async fn complete(State(control): State<Control>, Path(id): Path<String>) -> Answer {
    let completed = control.desk.with_book(|book| {
        book.session(&id).ok_or_else(|| unknown("session", &id))?;
        Ok(book.complete_checkout(&id))
    })?;
    match completed {
        true => done(&json!({ "completed": true })),
        false => Err(bad("the session waits no more")),
    }
}

async fn welcome(State(control): State<Control>, body: Bytes) -> Answer {
    let welcoming = Order::read(&body)?.truth("welcoming")?;
    control.desk.with_book(|book| book.set_welcoming(welcoming));
    done(&json!({}))
}

async fn onboard(State(control): State<Control>, Path(id): Path<String>) -> Answer {
    set_standing(&control, &id, Standing::Complete)
}

async fn standing(State(control): State<Control>, Path(id): Path<String>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let standing = match order.text("standing")? {
        "in_review" => Standing::InReview,
        "complete" => Standing::Complete,
        "no_payouts" => Standing::NoPayouts,
        "restricted" => Standing::Restricted,
        other => return Err(bad(format!("there is no standing `{other}`"))),
    };
    set_standing(&control, &id, standing)
}

fn set_standing(control: &Control, id: &str, standing: Standing) -> Answer {
    control.desk.with_book(|book| {
        book.account(id).ok_or_else(|| unknown("account", id))?;
        book.set_standing(id, standing);
        Ok(())
    })?;
    done(&json!({}))
}

async fn deauthorize(State(control): State<Control>, Path(id): Path<String>) -> Answer {
    control.desk.with_book(|book| {
        book.account(&id).ok_or_else(|| unknown("account", &id))?;
        book.deauthorize(&id);
        Ok(())
    })?;
    done(&json!({}))
}

async fn renew(State(control): State<Control>, Path(id): Path<String>) -> Answer {
    let invoice = control.desk.with_book(|book| {
        let found = book.find_subscription(&id);
        found.ok_or_else(|| unknown("subscription", &id))?;
        Ok(book.renew(&id))
    })?;
    done(&json!({ "invoice": invoice }))
}

async fn price(State(control): State<Control>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let (id, cents) = (order.text("id")?, order.number("cents")?);
    control.desk.with_book(|book| book.add_price(id, cents));
    done(&json!({}))
}

async fn balance(State(control): State<Control>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let currency = order.text_or("currency", "usd")?;
    let amount = order.number("amount")?;
    control
        .desk
        .with_book(|book| book.set_balance(currency, amount));
    done(&json!({}))
}

async fn endpoint(State(control): State<Control>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let (url, secret) = (order.text("url")?, order.text("secret")?);
    let mut endpoint = match order.truth("connect")? {
        true => Endpoint::connect(url, secret),
        false => Endpoint::own(url, secret),
    };
    if order.0.contains_key("version") {
        endpoint = endpoint.in_version(order.text("version")?);
    }
    control.desk.with_book(|book| book.add_endpoint(endpoint));
    done(&json!({}))
}

async fn courier(State(control): State<Control>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let delay = Duration::from_secs(order.count_or("delay_max_s", 0)?);
    let copies = usize::try_from(order.count_or("copies_max", 1)?).unwrap_or(usize::MAX);
    control
        .desk
        .with_book(|book| book.set_courier(delay, copies));
    done(&json!({}))
}

async fn fault(State(control): State<Control>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let word = order.text("fault")?;
    if word == "not_connected" {
        return Err(bad("for a refused connection, close the door"));
    }
    let named = |fault: &Fault| fault.name().replace(", ", "_").replace(' ', "_") == word;
    let fault = Fault::all().into_iter().find(named);
    let fault = fault.ok_or_else(|| bad(format!("there is no fault `{word}`")))?;
    let method = match order.text_or("method", "POST")? {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => return Err(bad(format!("there is no method `{other}`"))),
    };
    let times = u32::try_from(order.count_or("times", 1)?).unwrap_or(u32::MAX);
    let target = Target::new(method, order.text("path")?).times(times);
    control.desk.books().plan(target, fault);
    done(&json!({}))
}

async fn door(State(control): State<Control>, body: Bytes) -> Answer {
    if Order::read(&body)?.truth("open")? {
        let opened = control.keys.open().await;
        opened.map_err(|error| bad(format!("the port cannot be opened: {error}")))?;
    } else {
        control.keys.close().await;
    }
    done(&json!({}))
}

async fn slow(State(control): State<Control>, body: Bytes) -> Answer {
    let order = Order::read(&body)?;
    let wait = |name| order.count_or(name, 0).map(Duration::from_millis);
    control.desk.slow(wait("before_ms")?, wait("after_ms")?);
    done(&json!({}))
}

async fn time(State(control): State<Control>, body: Bytes) -> Answer {
    let seconds = Order::read(&body)?.number_or("advance_s", 0)?;
    control.desk.shift(seconds.saturating_mul(1_000));
    done(&json!({ "now": control.desk.now().as_millis() / 1_000 }))
}
