//! Whether an answer is one that the description of the API allows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Answer;

/// Checks an answer to an operation: its status, and its body down to the last member. What a text
/// looks like inside is left to tools that know regular expressions.
#[track_caller]
pub(crate) fn conforms(document: &Value, operation: &Value, answer: &Answer) {
    let status = answer.status.as_u16().to_string();
    let name = &operation["operationId"];
    let Some(described) = operation["responses"].get(&status) else {
        panic!("{name} does not describe {status}");
    };
    let media = answer.header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default();
    let Some(content) = described.get("content") else {
        assert!(answer.body.is_empty(), "{name} {status} has a body");
        return;
    };
    let Some(content) = content.get(media) else {
        panic!("{name} {status} does not describe {media:?}");
    };
    if media == "application/json" {
        let found = faults(document, &content["schema"], &answer.json(), "body");
        assert!(found.is_empty(), "{name} {status}: {found:#?}");
    }
}

/// What of a value a schema does not allow.
fn faults(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let Value::Object(keywords) = schema else {
        return match schema {
            Value::Bool(false) => vec![format!("{place} may not be there")],
            _ => Vec::new(),
        };
    };
    let below = |schema: &Value, value: &Value, place: &str| faults(document, schema, value, place);
    let fits = |schema: &&Value| below(schema, value, place).is_empty();
    let mut found = Vec::new();
    let mut must = |fine: bool, what: &str| {
        if !fine {
            found.push(format!("{place} {what}: {value}"));
        }
    };
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "$ref" => {
                let path = wanted.as_str().unwrap().trim_start_matches('#');
                must(fits(&document.pointer(path).unwrap()), "is not as named");
            }
            "type" => must(is_of(wanted, value), "is of another type"),
            "enum" => must(
                wanted.as_array().unwrap().contains(value),
                "is no such word",
            ),
            "allOf" => must(
                list(wanted).all(|schema| fits(&schema)),
                "is not all of them",
            ),
            "anyOf" => must(list(wanted).any(|schema| fits(&schema)), "is none of them"),
            "oneOf" => must(list(wanted).filter(fits).count() == 1, "is not one of them"),
            "minimum" => must(value.as_i64() >= wanted.as_i64(), "is too small"),
            "maximum" => must(value.as_i64() <= wanted.as_i64(), "is too large"),
            "maxItems" => {
                let length = value.as_array().map(Vec::len).unwrap_or_default();
                must(length as u64 <= wanted.as_u64().unwrap(), "is too long");
            }
            "minLength" | "maxLength" => {
                let length = value.as_str().map(|text| text.chars().count() as u64);
                let limit = wanted.as_u64();
                let fine = match keyword.as_str() {
                    _ if length.is_none() => true,
                    "minLength" => length >= limit,
                    _ => length <= limit,
                };
                must(fine, "has another length");
            }
            "required" => {
                let there = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                must(list(wanted).all(there), "lacks a member");
            }
            "items" | "properties" | "additionalProperties" => {}
            "description" | "format" | "pattern" | "title" => {}
            other => panic!("{other} is not understood here"),
        }
    }
    found.extend(inside(document, schema, value, place));
    found
}

/// What is wrong in the members or rows of a value.
fn inside(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Value::Array(rows) = value {
        for (at, row) in rows.iter().enumerate() {
            found.extend(faults(
                document,
                &schema["items"],
                row,
                &format!("{place}[{at}]"),
            ));
        }
    }
    if let Value::Object(members) = value {
        let named: BTreeSet<&String> = match &schema["properties"] {
            Value::Object(named) => named.keys().collect(),
            _ => BTreeSet::new(),
        };
        for (name, member) in members {
            let schema = match named.contains(name) {
                true => &schema["properties"][name],
                false => &schema["additionalProperties"],
            };
            found.extend(faults(document, schema, member, &format!("{place}.{name}")));
        }
    }
    found
}

fn list(values: &Value) -> impl Iterator<Item = &Value> {
    values.as_array().unwrap().iter()
}

fn is_of(types: &Value, value: &Value) -> bool {
    match types {
        Value::Array(types) => types.iter().any(|kind| is_of(kind, value)),
        kind => match kind.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("no such type: {other}"),
        },
    }
}
