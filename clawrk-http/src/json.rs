//! Bodies as JSON, checked while they are read.
//!
//! Nothing is built but the members of the outermost object, so a body of many small values costs
//! no more memory than its text.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::ApiError;

use clawrk_core::error::Code;

/// What a number is called that no 64 bits hold.
const TOO_LARGE: &str = "a number that large";

/// Past this, 2⁵³, not every whole number with a point or an exponent is the one that was written.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// The members of a body.
#[derive(Debug, Default)]
pub(crate) struct Object(HashMap<String, Member>);

/// A value, as far as routes take one.
#[derive(Debug)]
enum Member {
    Null,
    Text(String),
    Int(i64),
    Object(HashMap<String, Member>),
    /// Something that no route takes; what it is, for a person.
    Other(&'static str),
}

impl Object {
    /// Reads a body. An empty one is an object without members.
    pub(crate) fn parse(body: &[u8], depth_max: usize) -> Result<Object, ApiError> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let at = error.valid_up_to();
            ApiError::malformed(format!("the body is not UTF-8 text, from byte {at} on"))
        })?;
        if text.trim().is_empty() {
            return Ok(Object::default());
        }
        let watch = Watch {
            depth_max,
            fault: RefCell::new(None),
        };
        let root = Scan {
            depth: 0,
            watch: &watch,
        };
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = root.deserialize(&mut reader);
        match read.and_then(|value| reader.end().map(|()| value)) {
            Ok(Member::Object(members)) => Ok(Object(members)),
            Ok(other) => Err(ApiError::malformed(format!(
                "the body must be a JSON object, not {}",
                other.kind()
            ))),
            Err(error) => Err(watch.fault.into_inner().unwrap_or_else(|| {
                ApiError::malformed(format!("the body is not valid JSON: {error}"))
            })),
        }
    }

    /// The text of a member; none where it is absent or null.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.0.remove(name) {
            None | Some(Member::Null) => Ok(None),
            Some(Member::Text(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(name, "a string", &other)),
        }
    }

    /// The whole number of a member; none where it is absent or null.
    pub(crate) fn int(&mut self, name: &'static str) -> Result<Option<i64>, ApiError> {
        match self.0.remove(name) {
            None | Some(Member::Null) => Ok(None),
            Some(Member::Int(number)) => Ok(Some(number)),
            Some(other) => Err(wrong(name, "a whole number", &other)),
        }
    }
}

/// The refusal of a request that lacks a member.
pub(crate) fn missing(name: &str, example: &str) -> ApiError {
    ApiError::new(
        Code::InvalidRequest,
        format!("`{name}` is missing; send {example}"),
    )
}

fn wrong(name: &str, wanted: &str, found: &Member) -> ApiError {
    let text = format!("`{name}` must be {wanted}, not {}", found.kind());
    ApiError::new(Code::InvalidRequest, text)
}

impl Member {
    fn kind(&self) -> &'static str {
        match self {
            Member::Null => "null",
            Member::Text(_) => "a string",
            Member::Int(_) => "a number",
            Member::Object(_) => "an object",
            Member::Other(kind) => kind,
        }
    }
}

/// What is watched for while a body is read.
struct Watch {
    depth_max: usize,
    /// What was found; the parser's own error is only the way out then.
    fault: RefCell<Option<ApiError>>,
}

/// Reads one value.
#[derive(Clone, Copy)]
struct Scan<'a> {
    /// How many arrays and objects it is inside of.
    depth: usize,
    watch: &'a Watch,
}

impl Scan<'_> {
    fn stop<E: serde::de::Error>(&self, fault: ApiError) -> E {
        *self.watch.fault.borrow_mut() = Some(fault);
        E::custom("refused")
    }

    /// The values inside this one.
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let max = self.watch.depth_max;
        if self.depth >= max {
            let text = format!("the body holds more than {max} arrays and objects in each other");
            return Err(self.stop(ApiError::too_large(text)));
        }
        Ok(Scan {
            depth: self.depth + 1,
            ..self
        })
    }

    fn check<E: serde::de::Error>(&self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            let text = "a text in the body contains U+0000, which no text may; remove it";
            return Err(self.stop(ApiError::new(Code::InvalidRequest, text)));
        }
        Ok(())
    }

    fn duplicate<E: serde::de::Error>(&self, name: &str) -> E {
        let name: String = name.chars().take(40).collect();
        let text = format!("the body has the member `{name}` twice in one object");
        self.stop(ApiError::malformed(text))
    }
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other("a boolean"))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Member, E> {
        Ok(Member::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Member, E> {
        let int = i64::try_from(number).map(Member::Int);
        Ok(int.unwrap_or(Member::Other(TOO_LARGE)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Member, E> {
        Ok(if number.abs() > WHOLE_MAX {
            Member::Other(TOO_LARGE)
        } else if number.fract() == 0.0 {
            // JSON knows one kind of number: 5, 5.0 and 0.5e1 are the same.
            Member::Int(number as i64)
        } else {
            Member::Other("a number with a fraction")
        })
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Member, E> {
        self.check(text)?;
        // Only what stands in the outermost object is ever asked for.
        match self.depth {
            1 => Ok(Member::Text(text.to_owned())),
            _ => Ok(Member::Other("a string")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Member, A::Error> {
        let inside = self.inside()?;
        while values.next_element_seed(inside)?.is_some() {}
        Ok(Member::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        let inside = self.inside()?;
        let (mut names, mut members) = (HashSet::new(), HashMap::new());
        while let Some(name) = map.next_key::<String>()? {
            self.check(&name)?;
            let value = map.next_value_seed(inside)?;
            if self.depth == 0 {
                if members.contains_key(&name) {
                    return Err(self.duplicate(&name));
                }
                members.insert(name, value);
            } else if let Some(name) = names.replace(name) {
                return Err(self.duplicate(&name));
            }
        }
        match self.depth {
            0 => Ok(Member::Object(members)),
            _ => Ok(Member::Other("an object")),
        }
    }
}
