//! Objects of one kind, in the order they were made.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::StripeError;
use super::params::Params;

/// What can be listed.
pub(super) trait Item {
    /// What it is called in errors, such as `transfer`.
    const NAME: &'static str;
    /// Its id.
    fn id(&self) -> &str;
    /// When it was made, in seconds since 1970.
    fn created(&self) -> i64;
    /// As Stripe shows it.
    fn render(&self, livemode: bool) -> Value;
}

/// Objects of one kind, in the order they were made.
#[derive(Debug, Clone)]
pub(super) struct Shelf<T> {
    items: Vec<T>,
    places: BTreeMap<String, usize>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf {
            items: Vec::new(),
            places: BTreeMap::new(),
        }
    }
}

impl<T: Item> Shelf<T> {
    /// Puts a new object at the end, and gives it back.
    pub(super) fn put(&mut self, item: T) -> &mut T {
        let place = self.items.len();
        self.places.insert(item.id().to_owned(), place);
        self.items.push(item);
        &mut self.items[place]
    }

    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.places.get(id).map(|place| &self.items[*place])
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.places.get(id).map(|place| &mut self.items[*place])
    }

    /// All, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }

    /// As Stripe shows one that the path names.
    pub(super) fn show(&self, id: &str, livemode: bool) -> Result<Value, StripeError> {
        let found = self
            .get(id)
            .ok_or_else(|| StripeError::missing(T::NAME, id))?;
        Ok(found.render(livemode))
    }
}

/// Most objects on a page, and how many there are unless the request says otherwise.
const PAGE_MAX: i64 = 100;
const PAGE: i64 = 10;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Span {
    limit: Option<i64>,
    after: Option<String>,
    before: Option<String>,
    created: Vec<(Bound, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    From,
    Above,
    UpTo,
    Below,
}

impl Bound {
    fn holds(self, value: i64, limit: i64) -> bool {
        match self {
            Bound::From => value >= limit,
            Bound::Above => value > limit,
            Bound::UpTo => value <= limit,
            Bound::Below => value < limit,
        }
    }
}

impl Span {
    /// The parameters that every list has.
    pub(super) fn read(params: &mut Params) -> Result<Span, StripeError> {
        let mut span = Span {
            limit: params.between("limit", 1, PAGE_MAX)?,
            after: params.text("starting_after")?,
            before: params.text("ending_before")?,
            created: Vec::new(),
        };
        if let Some(exact) = params.integer("created")? {
            span.created = vec![(Bound::From, exact), (Bound::UpTo, exact)];
        }
        let mut created = params.nested("created");
        let bounds = [
            ("gte", Bound::From),
            ("gt", Bound::Above),
            ("lte", Bound::UpTo),
            ("lt", Bound::Below),
        ];
        for (word, bound) in bounds {
            if let Some(limit) = created.integer(word)? {
                span.created.push((bound, limit));
            }
        }
        created.finish()?;
        Ok(span)
    }

    /// The page of these objects, given newest first; at most `page_max` on it.
    pub(super) fn page<'a, T: Item + 'a>(
        &self,
        url: &str,
        newest_first: impl Iterator<Item = &'a T>,
        page_max: usize,
        livemode: bool,
    ) -> Result<Value, StripeError> {
        let wanted = |item: &&T| {
            let created = item.created();
            let mut bounds = self.created.iter();
            bounds.all(|(bound, limit)| bound.holds(created, *limit))
        };
        let all: Vec<&T> = newest_first.collect();
        let (shown, more) = self.cut(&all, wanted, page_max)?;
        let data: Vec<Value> = shown.iter().map(|item| item.render(livemode)).collect();
        Ok(list(url, data, more))
    }

    fn cut<'a, T: Item>(
        &self,
        all: &[&'a T],
        wanted: impl Fn(&&'a T) -> bool,
        page_max: usize,
    ) -> Result<(Vec<&'a T>, bool), StripeError> {
        let place = |param: &str, id: &str| {
            let found = all.iter().position(|item| item.id() == id);
            found.ok_or_else(|| StripeError::missing_in(param, T::NAME, id))
        };
        let limit = usize::try_from(self.limit.unwrap_or(PAGE)).unwrap_or(0);
        let limit = limit.min(page_max.max(1));
        if let Some(before) = &self.before {
            let end = place("ending_before", before)?;
            let newer: Vec<&T> = all[..end].iter().copied().filter(wanted).collect();
            let start = newer.len().saturating_sub(limit);
            return Ok((newer[start..].to_vec(), start > 0));
        }
        let start = match &self.after {
            Some(after) => place("starting_after", after)? + 1,
            None => 0,
        };
        let mut rest: Vec<&T> = all[start..]
            .iter()
            .copied()
            .filter(wanted)
            .take(limit + 1)
            .collect();
        let more = rest.len() > limit;
        rest.truncate(limit);
        Ok((rest, more))
    }
}

/// Stripe's list object.
pub(super) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

/// Shows these fields as null.
pub(super) fn unset(object: &mut Value, fields: &[&str]) {
    for field in fields {
        object[*field] = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(String, i64);

    impl Item for Thing {
        const NAME: &'static str = "thing";
        fn id(&self) -> &str {
            &self.0
        }
        fn created(&self) -> i64 {
            self.1
        }
        fn render(&self, _: bool) -> Value {
            self.0.as_str().into()
        }
    }

    fn page(pairs: &[(&str, &str)], page_max: usize) -> Result<(String, bool), StripeError> {
        let things: Vec<_> = (0..25).map(|n| Thing(format!("t{n}"), n / 5)).collect();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let span = Span::read(&mut Params::new(&pairs))?;
        let page = span.page("/v1/things", things.iter().rev(), page_max, false)?;
        let data = page["data"].as_array().unwrap();
        let ids: Vec<_> = data.iter().map(|id| id.as_str().unwrap()).collect();
        Ok((ids.join(" "), page["has_more"].as_bool().unwrap()))
    }

    #[test]
    fn pages_are_newest_first_and_say_whether_there_is_more() {
        let tens = "t24 t23 t22 t21 t20 t19 t18 t17 t16 t15";
        assert_eq!(page(&[], 100), Ok((tens.to_owned(), true)));
        let two = [("limit", "2"), ("starting_after", "t1")];
        assert_eq!(page(&two, 100), Ok(("t0".to_owned(), false)));
        let before = [("limit", "2"), ("ending_before", "t20")];
        assert_eq!(page(&before, 100), Ok(("t22 t21".to_owned(), true)));
        assert_eq!(page(&[("limit", "9")], 1), Ok(("t24".to_owned(), true)));
    }

    #[test]
    fn created_bounds_the_list() {
        let since = [("created[gte]", "4"), ("limit", "5")];
        assert_eq!(
            page(&since, 100),
            Ok(("t24 t23 t22 t21 t20".to_owned(), false))
        );
        let between = [("created[gt]", "0"), ("created[lt]", "2"), ("limit", "1")];
        assert_eq!(page(&between, 100), Ok(("t9".to_owned(), true)));
    }

    #[test]
    fn bounds_and_cursors_are_checked() {
        let code = |pairs| page(pairs, 100).unwrap_err().code.unwrap();
        assert_eq!(code(&[("limit", "0")]), "parameter_invalid_integer");
        assert_eq!(code(&[("limit", "101")]), "parameter_invalid_integer");
        assert_eq!(code(&[("starting_after", "t99")]), "resource_missing");
        assert_eq!(code(&[("created[since]", "1")]), "parameter_unknown");
    }
}
