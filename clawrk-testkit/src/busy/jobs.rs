//! Jobs, and credits that an operator gives.

use clawrk_core::Call;
use clawrk_core::error::Rejection;
use clawrk_core::id::UserId;
use clawrk_core::money::Credits;

use super::{Busy, SKILLS};

pub(super) const GOOD: &str = "Output that is long enough to pass in mock mode.";
const BAD: &str = "no";

/// What a job is to come to.
#[derive(Debug, Clone, Copy)]
enum End {
    Queued,
    Accepted,
    Submitted,
    Cancelled,
    Verified,
    Rejected,
    Abandoned,
    Unjudged,
    Own,
}

const ENDS: [End; 14] = [
    End::Queued,
    End::Accepted,
    End::Submitted,
    End::Cancelled,
    End::Verified,
    End::Verified,
    End::Verified,
    End::Verified,
    End::Verified,
    End::Rejected,
    End::Rejected,
    End::Abandoned,
    End::Unjudged,
    End::Own,
];

impl Busy {
    /// The operator gives somebody credits, or takes some.
    ///
    /// # Panics
    /// If the exchange refuses that.
    pub async fn grant(&mut self, who: &UserId, credits: i64, reason: &str) {
        self.pass(60);
        let engine = self.any_engine();
        engine.user(who).await.unwrap();
        let (admin, credits) = (Call::by_admin(), Credits::new(credits));
        let granted = engine.grant_credits(admin, who, credits, reason);
        granted.await.unwrap();
    }

    /// Somebody posts a job, and it comes to an end or waits for one. Nothing, where they cannot
    /// pay for it.
    ///
    /// # Panics
    /// If the exchange refuses what it should take.
    pub async fn job(&mut self) {
        let (engine, sender, end) = (self.any_engine(), self.person(), self.rng.pick(&ENDS));
        let receiver = match end {
            End::Own => sender.clone(),
            _ => self.other(&sender),
        };
        let (skill, _) = self.rng.pick(&SKILLS);
        self.pass(90);
        let prompt = format!("Please {skill}: a thing");
        let job = match engine.create_job(&sender, &prompt).await {
            Ok(job) => job.id,
            Err(error) => match error.rejection() {
                Some(Rejection::InsufficientCredits { .. }) => return,
                _ => panic!("{error}"),
            },
        };
        match end {
            End::Queued => return,
            End::Cancelled => {
                self.pass(5);
                engine.cancel_job(&sender, &job).await.unwrap();
                return;
            }
            _ => {}
        }
        self.pass(5);
        engine.accept_job(&receiver, &job).await.unwrap();
        let output = match end {
            End::Accepted | End::Abandoned => return,
            End::Rejected => BAD,
            _ => GOOD,
        };
        self.pass(5);
        let handed_in = engine.submit_output(&receiver, &job, Some(output));
        handed_in.await.unwrap();
        if !matches!(end, End::Submitted | End::Unjudged) {
            // Sometimes at the same millisecond.
            if self.rng.chance(50) {
                self.pass(5);
            }
            engine.verify_job(&sender, &job).await.unwrap();
        }
    }

    fn other(&mut self, than: &UserId) -> UserId {
        loop {
            let person = self.person();
            if person != *than {
                return person;
            }
        }
    }
}
