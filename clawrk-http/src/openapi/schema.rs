//! The pieces that schemas are made of.

use clawrk_core::job::Status;
use clawrk_core::record::PayoutStatus;
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType, Type};
use utoipa::openapi::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat,
};

/// A text without U+0000.
const NO_NUL: &str = r"^[^\u0000]*$";

/// A text without U+0000 that is not white space alone.
const NOT_BLANK: &str = concat!(
    r"^[^\u0000]*",
    r"[^\u0000\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
    r"[^\u0000]*$"
);

/// 26 digits of five bits, three in the first.
const JOB_ID: &str = "^[0-7][0-9a-hjkmnp-tv-z]{25}$";

/// That of its job.
const PAYOUT_ID: &str = "^po_[0-7][0-9a-hjkmnp-tv-z]{25}$";

/// 13 digits of five bits, four in the first.
const KEY_ID: &str = "^[0-9a-f][0-9a-hjkmnp-tv-z]{12}$";

const USER_ID: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

const TIME: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$";

/// The component of that name.
pub(crate) fn one(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

/// An array of the component of that name.
pub(crate) fn list_of(name: &str) -> RefOr<Schema> {
    ArrayBuilder::new().items(one(name)).into()
}

/// The component of that name, or null.
pub(super) fn one_or_null(name: &str) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(one(name)).item(null).into()
}

/// That, or null.
pub(super) fn or_null(schema: ObjectBuilder, kind: Type) -> ObjectBuilder {
    let types: SchemaType = [kind, Type::Null].into_iter().collect();
    schema.schema_type(types)
}

/// An answer's object: these members, all of them, in this order, and no other.
pub(crate) fn object<const N: usize>(members: [(&str, RefOr<Schema>); N]) -> ObjectBuilder {
    let mut object = ObjectBuilder::new();
    for (name, schema) in members {
        object = object.property(name, schema).required(name);
    }
    let none = AdditionalProperties::FreeForm(false);
    object.additional_properties(Some(none))
}

/// Members of any name and kind.
pub(crate) fn anything() -> AdditionalProperties<Schema> {
    AdditionalProperties::FreeForm(true)
}

/// A request's object without members of its own. Whatever others it has are ignored, but no text
/// in them may contain U+0000.
pub(super) fn request() -> ObjectBuilder {
    ObjectBuilder::new()
        .property_names(Some(Schema::from(without_nul())))
        .additional_properties(Some(Ref::from_schema_name("Ignored")))
}

pub(crate) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A text of a request that may be anything but U+0000.
pub(super) fn without_nul() -> ObjectBuilder {
    text().pattern(Some(NO_NUL))
}

/// A text of a request that a person must be able to read, of so many bytes at most.
pub(super) fn readable(bytes_max: usize) -> ObjectBuilder {
    let limit = format!("At most {bytes_max} bytes of UTF-8.");
    let text = text().pattern(Some(NOT_BLANK)).max_length(Some(bytes_max));
    text.description(Some(limit))
}

pub(crate) fn integer() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    let integer = ObjectBuilder::new().schema_type(Type::Integer);
    integer.format(Some(format))
}

/// How many there are.
pub(crate) fn count() -> ObjectBuilder {
    integer().minimum(Some(0_usize))
}

/// A place in a sequence: any number of 64 bits without a sign.
pub(crate) fn place() -> ObjectBuilder {
    let integer = ObjectBuilder::new().schema_type(Type::Integer);
    integer.minimum(Some(0_u64)).maximum(Some(u64::MAX))
}

pub(crate) fn boolean() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean)
}

/// One of these texts.
pub(crate) fn word<'a>(words: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    text().enum_values(Some(words.into_iter().map(Value::from)))
}

/// A job's status.
pub(crate) fn status() -> ObjectBuilder {
    word(Status::ALL.iter().map(|status| status.as_str()))
}

/// A payout's status.
pub(crate) fn payout_status() -> ObjectBuilder {
    word(PayoutStatus::ALL.iter().map(|status| status.as_str()))
}

/// Always this text.
pub(super) fn always(word: &str) -> ObjectBuilder {
    self::word([word])
}

pub(crate) fn job_id() -> ObjectBuilder {
    text().pattern(Some(JOB_ID))
}

pub(crate) fn payout_id() -> ObjectBuilder {
    text().pattern(Some(PAYOUT_ID))
}

pub(crate) fn key_id() -> ObjectBuilder {
    text().pattern(Some(KEY_ID))
}

pub(crate) fn user_id() -> ObjectBuilder {
    let text = text().pattern(Some(USER_ID));
    text.min_length(Some(1)).max_length(Some(255))
}

pub(crate) fn time() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    text().format(Some(format)).pattern(Some(TIME))
}
