//! One record as a line.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::record::{Body, Kind, Record};
use crate::store::{Key, Part, encode_restored};
use crate::transfer::{LineFault, marker};

#[derive(Serialize)]
struct Written<'a> {
    kind: Kind,
    key: Vec<Value>,
    version: u64,
    seq: u64,
    #[serde(serialize_with = "write_body")]
    body: &'a Body,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    kind: Kind,
    key: Vec<Value>,
    version: u64,
    seq: u64,
    body: Value,
}

/// The record as a line, without its end.
pub(super) fn write(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Written {
        kind: record.kind(),
        key: parts(&record.key()),
        version: record.version,
        seq: record.seq,
        body: &record.body,
    })
}

/// The record that a line is, fit to be restored.
pub(super) fn read(line: &[u8]) -> Result<Record, LineFault> {
    let read: Read = serde_json::from_slice(line).map_err(LineFault::Unreadable)?;
    let record = Record {
        version: read.version,
        seq: read.seq,
        body: read_body(read.kind, read.body).map_err(LineFault::Unreadable)?,
    };
    let key = record.key();
    if record.kind() != read.kind || parts(&key) != read.key {
        return Err(LineFault::Misplaced(key));
    }
    if key == marker::key() {
        return Err(LineFault::Mark);
    }
    let fit = encode_restored(std::slice::from_ref(&record));
    fit.map_err(LineFault::Unfit)?;
    match dropped(line, &record).map_err(LineFault::Unreadable)? {
        Some(field) => Err(LineFault::Field(field)),
        None => Ok(record),
    }
}

/// A field of the line that the record has no place for. A later release may have written it, and
/// leaving it out would be a loss that nobody hears of.
fn dropped(line: &[u8], record: &Record) -> Result<Option<String>, serde_json::Error> {
    let kept = write(record)?;
    // All lines that this release wrote.
    if line.strip_suffix(b"\n") == Some(&*kept) {
        return Ok(None);
    }
    let (line, kept) = (
        serde_json::from_slice(line)?,
        serde_json::from_slice(&kept)?,
    );
    Ok(missing(&line, &kept))
}

/// The name of the first field that says something and is not among those that were kept.
fn missing(line: &Value, kept: &Value) -> Option<String> {
    match (line, kept) {
        (Value::Object(line), Value::Object(kept)) => {
            line.iter().find_map(|(name, value)| match kept.get(name) {
                Some(kept) => missing(value, kept),
                None if is_nothing(value) => None,
                None => Some(name.clone()),
            })
        }
        (Value::Array(line), Value::Array(kept)) => {
            let pairs = line.iter().zip(kept);
            pairs
                .into_iter()
                .find_map(|(line, kept)| missing(line, kept))
        }
        _ => None,
    }
}

/// Whether a value is as good as none at all.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// What a key is made of, for people and their tools.
fn parts(key: &Key) -> Vec<Value> {
    match key {
        Key::Job(job) => vec![json!(job)],
        Key::Text(job, Part::Brief) => vec![json!(job), json!("brief")],
        Key::Text(job, Part::Output(attempt)) => vec![json!(job), json!("output"), json!(attempt)],
        Key::Text(job, Part::Verdict(attempt)) => {
            vec![json!(job), json!("verdict"), json!(attempt)]
        }
        Key::Event(job, seq) => vec![json!(job), json!(seq)],
        Key::Account(account) => vec![json!(account)],
        Key::Entry(account, number) => vec![json!(account), json!(number)],
        Key::LooseEntry(commit, place) => vec![json!(commit), json!(place)],
        Key::Payout(payout) => vec![json!(payout)],
        Key::User(user) => vec![json!(user)],
        Key::ApiKey(key) => vec![json!(key.to_string())],
        Key::Once(scope, key) => vec![json!(scope.to_string()), json!(key)],
        Key::Meta | Key::Outbox => vec![],
        Key::Step(payout, seq) => vec![json!(payout), json!(seq)],
        Key::Attempt(payout, number) => vec![json!(payout), json!(number)],
        Key::Inbox(id) | Key::Invoice(id) => vec![json!(id)],
        Key::Link(what, id) => vec![json!(what), json!(id)],
    }
}

fn write_body<S: Serializer>(body: &&Body, serializer: S) -> Result<S::Ok, S::Error> {
    match body {
        Body::Job(body) => body.serialize(serializer),
        Body::Text(body) => body.serialize(serializer),
        Body::Event(body) => body.serialize(serializer),
        Body::Account(body) => body.serialize(serializer),
        Body::Entry(body) => body.serialize(serializer),
        Body::Payout(body) => body.serialize(serializer),
        Body::User(body) => body.serialize(serializer),
        Body::ApiKey(body) => body.serialize(serializer),
        Body::Once(body) => body.serialize(serializer),
        Body::Meta(body) => body.serialize(serializer),
        Body::Step(body) => body.serialize(serializer),
        Body::Attempt(body) => body.serialize(serializer),
        Body::Outbox(body) => body.serialize(serializer),
        Body::Inbox(body) => body.serialize(serializer),
        Body::Invoice(body) => body.serialize(serializer),
        Body::Link(body) => body.serialize(serializer),
    }
}

fn read_body(kind: Kind, body: Value) -> Result<Body, serde_json::Error> {
    use serde_json::from_value;
    Ok(match kind {
        Kind::Job => Body::Job(from_value(body)?),
        Kind::Text => Body::Text(from_value(body)?),
        Kind::Event => Body::Event(from_value(body)?),
        Kind::Account => Body::Account(from_value(body)?),
        Kind::Entry | Kind::LooseEntry => Body::Entry(from_value(body)?),
        Kind::Payout => Body::Payout(from_value(body)?),
        Kind::User => Body::User(from_value(body)?),
        Kind::ApiKey => Body::ApiKey(from_value(body)?),
        Kind::Once => Body::Once(from_value(body)?),
        Kind::Meta => Body::Meta(from_value(body)?),
        Kind::Step => Body::Step(from_value(body)?),
        Kind::Attempt => Body::Attempt(from_value(body)?),
        Kind::Outbox => Body::Outbox(from_value(body)?),
        Kind::Inbox => Body::Inbox(from_value(body)?),
        Kind::Invoice => Body::Invoice(from_value(body)?),
        Kind::Link => Body::Link(from_value(body)?),
    })
}
