//! What goes wrong between a client and Stripe.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::wire::{Method, Request};
use crate::rng::Rng;

/// What goes wrong with a request. Where a fault needs something to be made, a request that only
/// reads meets as much of it as there can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing: the request goes well. For scripts and draws.
    Nothing,
    /// No connection is made; Stripe sees nothing.
    NotConnected,
    /// 400 before anything began. The key is not taken.
    Invalid,
    /// It began, and was declined with that status and code. The answer is kept under its key.
    Declined {
        /// The status: 400, 402, 403 or 404.
        status: u16,
        /// The code, such as `card_declined`.
        code: String,
    },
    /// 401: the secret key is not accepted.
    Unauthorized,
    /// 403 without a code: the secret key may not do this.
    Forbidden,
    /// 409: another request under this key is being carried out.
    Conflict,
    /// 429.
    Busy,
    /// It is carried out, the answer is lost, and the next request under this key meets 429.
    LostThenBusy,
    /// 500, and nothing happens. The answer is kept.
    Error,
    /// 500, though it is carried out. The answer is kept.
    ErrorDone,
    /// 500, and it is carried out so much later. The answer is kept.
    ErrorDoneLater(Duration),
    /// It is carried out, and the connection ends before the answer.
    Lost,
    /// It is carried out, and the connection stays open without an answer.
    Hangs,
    /// Nothing happens, and the connection stays open without an answer.
    HangsUndone,
    /// The connection stays open without an answer, and it is carried out so much later. Until
    /// then, the key is in use.
    HangsDoneLater(Duration),
    /// It is carried out, and the answer ends in the middle.
    Cut,
    /// 502 from somebody on the way, and nothing happens.
    Gateway,
    /// 502 from somebody on the way, though it is carried out.
    GatewayDone,
    /// 302 from somebody on the way, and nothing happens.
    Redirect,
    /// It is carried out, and the answer is about something else: another amount.
    Mismatch,
}

impl Fault {
    /// One of each; later is two hours, declined is an unknown code.
    pub fn all() -> Vec<Fault> {
        let later = Duration::from_secs(2 * 60 * 60);
        vec![
            Fault::Nothing,
            Fault::NotConnected,
            Fault::Invalid,
            Fault::Declined {
                status: 402,
                code: "card_declined".to_owned(),
            },
            Fault::Unauthorized,
            Fault::Forbidden,
            Fault::Conflict,
            Fault::Busy,
            Fault::LostThenBusy,
            Fault::Error,
            Fault::ErrorDone,
            Fault::ErrorDoneLater(later),
            Fault::Lost,
            Fault::Hangs,
            Fault::HangsUndone,
            Fault::HangsDoneLater(later),
            Fault::Cut,
            Fault::Gateway,
            Fault::GatewayDone,
            Fault::Redirect,
            Fault::Mismatch,
        ]
    }

    /// A word for it, for counting.
    pub const fn name(&self) -> &'static str {
        match self {
            Fault::Nothing => "nothing",
            Fault::NotConnected => "not connected",
            Fault::Invalid => "invalid",
            Fault::Declined { .. } => "declined",
            Fault::Unauthorized => "unauthorized",
            Fault::Forbidden => "forbidden",
            Fault::Conflict => "conflict",
            Fault::Busy => "busy",
            Fault::LostThenBusy => "lost, then busy",
            Fault::Error => "error",
            Fault::ErrorDone => "error, done",
            Fault::ErrorDoneLater(_) => "error, done later",
            Fault::Lost => "lost",
            Fault::Hangs => "hangs",
            Fault::HangsUndone => "hangs, undone",
            Fault::HangsDoneLater(_) => "hangs, done later",
            Fault::Cut => "cut",
            Fault::Gateway => "gateway",
            Fault::GatewayDone => "gateway, done",
            Fault::Redirect => "redirect",
            Fault::Mismatch => "mismatch",
        }
    }
}

/// Which requests meet a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    method: Option<Method>,
    path: Option<String>,
    skip: u32,
    times: u32,
}

impl Target {
    /// The next request of that method and path; `*` stands for one segment.
    pub fn new(method: Method, path: &str) -> Target {
        Target {
            method: Some(method),
            path: Some(path.to_owned()),
            ..Target::any()
        }
    }

    /// The next request, whatever it is.
    pub const fn any() -> Target {
        Target {
            method: None,
            path: None,
            skip: 0,
            times: 1,
        }
    }

    /// The next request to make a transfer.
    pub fn send() -> Target {
        Target::new(Method::Post, "/v1/transfers")
    }

    /// The next request for a page of transfers.
    pub fn list() -> Target {
        Target::new(Method::Get, "/v1/transfers")
    }

    /// Not the next such request, but the one after so many.
    #[must_use]
    pub const fn skip(mut self, requests: u32) -> Target {
        self.skip = requests;
        self
    }

    /// So many such requests in a row.
    #[must_use]
    pub const fn times(mut self, requests: u32) -> Target {
        self.times = requests;
        self
    }

    fn is(&self, request: &Request) -> bool {
        let method = self.method.is_none_or(|method| method == request.method);
        method
            && self
                .path
                .as_ref()
                .is_none_or(|path| like(path, &request.path))
    }
}

fn like(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

/// Faults that are planned, or drawn.
#[derive(Debug, Clone)]
pub(super) struct Faults {
    rng: Rng,
    script: Vec<(Target, Fault)>,
    chaos: Vec<(Target, usize, Vec<Fault>)>,
    /// Keys whose next request meets 429.
    busy: BTreeSet<String>,
    hits: BTreeMap<&'static str, u64>,
}

impl Faults {
    pub(super) fn new(rng: Rng) -> Faults {
        Faults {
            rng,
            script: Vec::new(),
            chaos: Vec::new(),
            busy: BTreeSet::new(),
            hits: BTreeMap::new(),
        }
    }

    pub(super) fn plan(&mut self, target: Target, fault: Fault) {
        self.script.push((target, fault));
    }

    pub(super) fn draw(&mut self, target: Target, percent: usize, faults: Vec<Fault>) {
        assert!(!faults.is_empty(), "there is nothing to draw from");
        self.chaos.push((target, percent, faults));
    }

    pub(super) fn clear(&mut self) {
        self.script.clear();
        self.chaos.clear();
        self.busy.clear();
    }

    /// Every fault that was met, and how often.
    pub(super) fn hits(&self) -> &BTreeMap<&'static str, u64> {
        &self.hits
    }

    /// What this request meets. The script comes first, in its order.
    pub(super) fn meet(&mut self, request: &Request) -> Fault {
        let fault = self.next(request);
        *self.hits.entry(fault.name()).or_insert(0) += 1;
        if let (Fault::LostThenBusy, Some(key)) = (&fault, &request.idempotency_key) {
            self.busy.insert(key.clone());
        }
        fault
    }

    fn next(&mut self, request: &Request) -> Fault {
        if let Some(key) = &request.idempotency_key
            && self.busy.remove(key)
        {
            return Fault::Busy;
        }
        let mut met = None;
        for (at, (target, _)) in self.script.iter_mut().enumerate() {
            if !target.is(request) {
                continue;
            }
            match target.skip {
                0 => {
                    met = Some(at);
                    break;
                }
                _ => target.skip -= 1,
            }
        }
        if let Some(at) = met {
            let (target, fault) = &mut self.script[at];
            let fault = fault.clone();
            target.times = target.times.saturating_sub(1);
            if target.times == 0 {
                self.script.remove(at);
            }
            return fault;
        }
        let chaos = self.chaos.iter().find(|(target, ..)| target.is(request));
        match chaos {
            Some((_, percent, faults)) if self.rng.chance(*percent) => self.rng.pick(faults),
            _ => Fault::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(faults: &mut Faults, requests: &[&Request]) -> Vec<&'static str> {
        let met = requests.iter().map(|request| faults.meet(request).name());
        met.collect()
    }

    #[test]
    fn a_script_is_met_in_its_order_and_used_up() {
        let mut faults = Faults::new(Rng::new(1));
        faults.plan(Target::send().skip(1).times(2), Fault::Lost);
        faults.plan(Target::new(Method::Get, "/v1/transfers/*"), Fault::Busy);
        let send = Request::new(Method::Post, "/v1/transfers", "k");
        let get = Request::new(Method::Get, "/v1/transfers/tr_1", "k");
        let list = Request::new(Method::Get, "/v1/transfers", "k");
        let met = names(
            &mut faults,
            &[&send, &list, &get, &send, &send, &send, &get],
        );
        let lost = [
            "nothing", "nothing", "busy", "lost", "lost", "nothing", "nothing",
        ];
        assert_eq!(met, lost);
        assert_eq!(faults.hits()["lost"], 2);
    }

    #[test]
    fn after_a_lost_answer_the_same_key_is_busy_once() {
        let mut faults = Faults::new(Rng::new(1));
        faults.plan(Target::send(), Fault::LostThenBusy);
        let send = Request::new(Method::Post, "/v1/transfers", "k");
        let (one, two) = (send.clone().under("1"), send.under("2"));
        let met = names(&mut faults, &[&one, &two, &one, &one]);
        assert_eq!(met, ["lost, then busy", "nothing", "busy", "nothing"]);
    }

    #[test]
    fn draws_repeat_with_their_seed() {
        let send = Request::new(Method::Post, "/v1/transfers", "k");
        let drawn = |seed| {
            let mut faults = Faults::new(Rng::new(seed));
            faults.draw(Target::send(), 50, Fault::all());
            names(&mut faults, &[&send; 40])
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
