//! What a naive exchange can be asked, and what it says.

use clawrk_core::error::Code;
use clawrk_core::job::Status;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A user.
    Ann,
    /// A user.
    Bob,
    /// A user.
    Eve,
    /// The operator.
    Admin,
}

impl By {
    /// Every user.
    pub const USERS: [By; 3] = [By::Ann, By::Bob, By::Eve];

    /// The user's id.
    pub fn name(self) -> &'static str {
        match self {
            By::Ann => "ann",
            By::Bob => "bob",
            By::Eve => "eve",
            By::Admin => "admin",
        }
    }
}

/// What is asked for. Jobs are numbered in the order they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// A new job, for a skill that costs so much.
    Create {
        /// 2: the skill's output passes. 3: the skill fails.
        cost: i64,
    },
    /// Takes a job.
    Accept(usize),
    /// Hands in output that passes, or does not.
    Submit(usize, bool),
    /// Has the skill make the output.
    RunSkill(usize),
    /// Has the output judged.
    Verify(usize),
    /// Takes the job back.
    Cancel(usize),
    /// Gives the job up.
    Release(usize),
    /// Gives a user credits, or takes some.
    Grant(By, i64),
    /// Lets so many seconds pass and everything happen that is due.
    Wait(u64),
}

/// One thing asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who asks.
    pub by: By,
    /// Under which idempotency key.
    pub key: Option<u8>,
    /// What for.
    pub verb: Verb,
}

/// A job as it is seen; none where the answer is no job.
pub type Said = Result<Option<Seen>, Code>;

/// A job as its participants see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where it stands.
    pub status: Status,
    /// Who posted it.
    pub sender: By,
    /// Who works or worked on it.
    pub receiver: Option<By>,
    /// Whether the output would pass; none where there is none.
    pub passes: Option<bool>,
    /// What came of the last verdict.
    pub passed: Option<bool>,
}
