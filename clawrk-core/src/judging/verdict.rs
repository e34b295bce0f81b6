//! What a model says of each criterion, and what of that holds.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::job::CriterionVerdict;
use crate::judging::quote::Quoted;
use crate::model::{Flaw, visible};

/// The longest reason, in characters.
pub(super) const REASON_CHARS_MAX: usize = 500;
/// The longest quote, in characters.
pub(super) const QUOTE_CHARS_MAX: usize = 300;

/// How much longer a reason or quote may be than what was asked for.
const SLACK: usize = 4;

/// The member of the answer in which the criterion of that number is judged, counted from 1.
pub(super) fn member(criterion: usize) -> String {
    format!("criterion_{criterion}")
}

/// The answer that is asked for: what is said of each criterion, by its [`member`].
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Verdict(BTreeMap<String, Item>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    passed: bool,
    reason: String,
    quote: String,
}

impl Verdict {
    /// What is said of each criterion, where all of it can be taken. What is said to be met and is
    /// not shown counts as not met, unless the model can mend that.
    pub(super) fn checked(
        mut self,
        criteria: &[&str],
        output: &Quoted,
    ) -> Result<Vec<CriterionVerdict>, Flaw<Vec<CriterionVerdict>>> {
        let mut checked = Vec::with_capacity(criteria.len());
        let mut unshown = Vec::new();
        for (number, criterion) in (1..).zip(criteria) {
            let name = member(number);
            let Some(item) = self.0.remove(&name) else {
                return Err(Flaw::new(format!("it has no member {name}")));
            };
            let claimed = item.passed;
            let verdict = item.checked(criterion, output)?;
            if claimed && !verdict.passed {
                unshown.push(number.to_string());
            }
            checked.push(verdict);
        }
        if let Some(more) = self.0.into_keys().next() {
            let more: String = more.chars().take(40).collect();
            return Err(Flaw::new(format!("{more:?} is no criterion")));
        }
        if unshown.is_empty() {
            return Ok(checked);
        }
        let flaw = format!(
            "the quotes for the criteria {} are not in the submission, letter by letter, or are \
             shorter than 8 characters",
            unshown.join(", ")
        );
        Err(Flaw::or(flaw, checked))
    }
}

impl Item {
    fn checked(
        self,
        criterion: &str,
        output: &Quoted,
    ) -> Result<CriterionVerdict, Flaw<Vec<CriterionVerdict>>> {
        let reason = visible(self.reason.trim());
        if reason.is_empty() {
            return Err(Flaw::new("a reason is empty"));
        }
        if reason.chars().count() > REASON_CHARS_MAX * SLACK {
            return Err(Flaw::new("a reason is too long"));
        }
        if self.quote.chars().count() > QUOTE_CHARS_MAX * SLACK {
            return Err(Flaw::new("a quote is too long"));
        }
        let shown = output.has(&self.quote);
        let reason = match self.passed && !shown {
            true => "The judge did not show a passage of the output that meets it.".to_owned(),
            false => reason,
        };
        Ok(CriterionVerdict {
            criterion: criterion.to_owned(),
            passed: self.passed && shown,
            reason,
            quote: shown.then(|| visible(self.quote.trim())),
        })
    }
}
