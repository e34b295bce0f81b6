//! What the simulation tried.

use std::collections::BTreeMap;

use clawrk_core::error::Code;
use clawrk_core::job::TRANSITIONS;

use super::command::Answer;
use crate::faults::{Fault, FaultStore};
use crate::invariants::Step;

/// Counts what came up, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How often each thing came up.
    pub counts: BTreeMap<String, u64>,
}

/// Answers that have to come up.
const CODES: [Code; 11] = [
    Code::WrongStatus,
    Code::NotSender,
    Code::NotReceiver,
    Code::UserOnly,
    Code::InsufficientCredits,
    Code::JobNotFound,
    Code::SkillRunning,
    Code::SkillFailed,
    Code::RequestInProgress,
    Code::OutcomeUnknown,
    Code::StoreUnavailable,
];

impl Coverage {
    /// Adds what another run tried.
    pub fn add(&mut self, other: &Coverage) {
        for (name, count) in &other.counts {
            *self.counts.entry(name.clone()).or_default() += count;
        }
    }

    /// What came up less than `times` and should have: every transition, every fault, every kind
    /// of refusal that users can bring about, and all that happens to processes and clocks.
    pub fn missing(&self, times: u64) -> Vec<String> {
        let steps = TRANSITIONS
            .iter()
            .flat_map(|row| row.to.iter().map(|to| step(&(row.from, row.command, *to))));
        let faults = Fault::ALL.map(fault);
        let codes = CODES.map(answer);
        let happenings = [
            "clock on",
            "clock back",
            "crash",
            "restart",
            "replay",
            "payout paid",
        ];
        steps
            .chain(faults)
            .chain(codes)
            .chain(happenings.map(str::to_owned))
            .filter(|name| self.counts.get(name).is_none_or(|count| *count < times))
            .collect()
    }

    pub(super) fn happened(&mut self, what: &str) {
        self.count(what.to_owned(), 1);
    }

    pub(super) fn answer(&mut self, given: &Answer) {
        match given {
            Answer::Failed(error) => self.count(answer(error.code()), 1),
            Answer::Job { replayed: true, .. } => self.happened("replay"),
            _ => {}
        }
    }

    pub(super) fn faults(&mut self, store: &FaultStore) {
        for kind in Fault::ALL {
            self.count(fault(kind), store.hits(kind));
        }
    }

    pub(super) fn steps(&mut self, steps: Vec<Step>) {
        for taken in steps {
            self.count(step(&taken), 1);
        }
    }

    fn count(&mut self, name: String, times: u64) {
        if times > 0 {
            *self.counts.entry(name).or_default() += times;
        }
    }
}

fn step((from, command, to): &Step) -> String {
    format!("{from} -{command}-> {to}")
}

fn fault(kind: Fault) -> String {
    format!("fault {kind:?}")
}

fn answer(code: Code) -> String {
    format!("answer {code}")
}
