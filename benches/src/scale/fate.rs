//! What becomes of the jobs of a big store.

use clawrk_testkit::rng::Rng;

/// Where a job's life stands in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Nobody took it.
    Queued,
    /// Somebody works on it.
    Accepted,
    /// The sender has not looked at the output.
    Submitted,
    /// It passed.
    Verified,
    /// It did not.
    Rejected,
    /// The sender took it back.
    Cancelled,
}

/// Of so many jobs each fate has its share.
const SHARES_SUM: usize = 1_000;
const SHARES: [(Fate, usize); 6] = [
    (Fate::Verified, 700),
    (Fate::Rejected, 145),
    (Fate::Cancelled, 100),
    (Fate::Accepted, 25),
    (Fate::Submitted, 25),
    (Fate::Queued, 5),
];

/// A job of a big store: whose it is, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// The sender's number.
    pub sender: usize,
    /// The receiver's number.
    pub receiver: usize,
    /// What becomes of it.
    pub fate: Fate,
}

impl Lot {
    /// The lot of the job with this number, the same in every run.
    pub fn of(job: usize, senders: usize, receivers: usize) -> Lot {
        let mut rng = Rng::new(job as u64);
        Lot {
            sender: rng.below(senders),
            receiver: rng.below(receivers),
            fate: fate(rng.below(SHARES_SUM)),
        }
    }
}

fn fate(mut drawn: usize) -> Fate {
    for (fate, share) in SHARES {
        if drawn < share {
            return fate;
        }
        drawn -= share;
    }
    Fate::Queued
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_make_a_whole_and_are_kept() {
        assert_eq!(
            SHARES.iter().map(|(_, share)| share).sum::<usize>(),
            SHARES_SUM
        );
        let lots = (0..10_000).map(|job| Lot::of(job, 100, 10));
        let verified = lots.filter(|lot| lot.fate == Fate::Verified).count();
        assert!((6_800..7_200).contains(&verified), "{verified}");
    }
}
