//! Records as bytes: format 1.
//!
//! ```text
//! byte 0      format, 1
//! byte 1      kind
//! bytes 2-9   version, big-endian
//! bytes 10-17 seq, big-endian
//! then        the body as MessagePack with named fields
//! ```
//!
//! Named fields may come (with a default) and go without a new format. A format that is not known
//! here was written by a later release and is refused.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::{Body, Kind, Record};

/// The number of the record format that is written.
pub const FORMAT: u8 = 1;

/// The length of the fixed part in front of a body.
pub const HEADER_BYTES: usize = 18;

/// Bytes that are no record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer bytes than the fixed part has.
    #[error("a record of {0} bytes is cut short")]
    Short(usize),
    /// Written by a later release, or not by clawrk at all.
    #[error("record format {0} is not known to this release")]
    Format(u8),
    /// No kind has this number.
    #[error("record kind {0} is not known to this release")]
    Kind(u8),
    /// The body is not what its kind demands.
    #[error("the body of a record is damaged")]
    Body(#[source] rmp_serde::decode::Error),
    /// The body belongs under another kind.
    #[error("the body of a record does not fit its kind")]
    Misfit,
}

/// A record cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("a record cannot be encoded")]
pub struct EncodeError(#[source] rmp_serde::encode::Error);

impl Record {
    /// The record as bytes.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(FORMAT);
        bytes.push(self.kind() as u8);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        match &self.body {
            Body::Job(body) => write(&mut bytes, body),
            Body::Text(body) => write(&mut bytes, body),
            Body::Event(body) => write(&mut bytes, body),
            Body::Account(body) => write(&mut bytes, body),
            Body::Entry(body) => write(&mut bytes, body),
            Body::Payout(body) => write(&mut bytes, body),
            Body::User(body) => write(&mut bytes, body),
            Body::ApiKey(body) => write(&mut bytes, body),
            Body::Once(body) => write(&mut bytes, body),
            Body::Meta(body) => write(&mut bytes, body),
            Body::Step(body) => write(&mut bytes, body),
            Body::Attempt(body) => write(&mut bytes, body),
            Body::Outbox(body) => write(&mut bytes, body),
            Body::Inbox(body) => write(&mut bytes, body),
            Body::Invoice(body) => write(&mut bytes, body),
            Body::Link(body) => write(&mut bytes, body),
        }?;
        Ok(bytes)
    }

    /// The record that these bytes are.
    pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
        let Some((header, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Err(DecodeError::Short(bytes.len()));
        };
        if header[0] != FORMAT {
            return Err(DecodeError::Format(header[0]));
        }
        let kind = Kind::from_byte(header[1]).ok_or(DecodeError::Kind(header[1]))?;
        let record = Record {
            version: number(&header[2..10]),
            seq: number(&header[10..18]),
            body: read_body(kind, body)?,
        };
        if record.kind() == kind {
            Ok(record)
        } else {
            Err(DecodeError::Misfit)
        }
    }
}

fn read_body(kind: Kind, bytes: &[u8]) -> Result<Body, DecodeError> {
    Ok(match kind {
        Kind::Job => Body::Job(read(bytes)?),
        Kind::Text => Body::Text(read(bytes)?),
        Kind::Event => Body::Event(read(bytes)?),
        Kind::Account => Body::Account(read(bytes)?),
        Kind::Entry | Kind::LooseEntry => Body::Entry(read(bytes)?),
        Kind::Payout => Body::Payout(read(bytes)?),
        Kind::User => Body::User(read(bytes)?),
        Kind::ApiKey => Body::ApiKey(read(bytes)?),
        Kind::Once => Body::Once(read(bytes)?),
        Kind::Meta => Body::Meta(read(bytes)?),
        Kind::Step => Body::Step(read(bytes)?),
        Kind::Attempt => Body::Attempt(read(bytes)?),
        Kind::Outbox => Body::Outbox(read(bytes)?),
        Kind::Inbox => Body::Inbox(read(bytes)?),
        Kind::Invoice => Body::Invoice(read(bytes)?),
        Kind::Link => Body::Link(read(bytes)?),
    })
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn write(bytes: &mut Vec<u8>, body: &impl Serialize) -> Result<(), EncodeError> {
    rmp_serde::encode::write_named(bytes, body).map_err(EncodeError)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    rmp_serde::from_slice(bytes).map_err(DecodeError::Body)
}
