//! How much of a request is taken.

use std::num::NonZeroU32;
use std::time::Duration;

/// What a request may hold, how many there may be, and how many streams. What a prompt or an
/// output may hold is the engine's [`Policy`](clawrk_core::policy::Policy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest body, in bytes. Default: 1 MiB.
    pub body_bytes_max: usize,
    /// The longest body of a webhook, in bytes. Default: 1 MiB.
    pub webhook_bytes_max: usize,
    /// How many arrays and objects a JSON body may hold inside each other. Default: 32; values
    /// over [`Limits::JSON_DEPTH_MAX`] count as that.
    pub json_depth_max: usize,
    /// How long a body may take to arrive. Default: 30 seconds.
    pub body_timeout: Duration,
    /// How long nothing of a body may arrive before it is given up. Default: 10 seconds.
    pub body_stall_timeout: Duration,
    /// How many requests a user may make in a second, and the operator; twice as many at once after
    /// a pause. Default: any number.
    pub requests_per_second_max: Option<NonZeroU32>,
    /// How many streams of events are open at once, in all. Default: 2,000. Each is a connection,
    /// so leave some for other requests.
    pub streams_max: usize,
    /// How many of them are one user's. Default: 100. A client that went away may count for up to
    /// half a minute more.
    pub streams_per_user_max: usize,
}

impl Limits {
    /// The deepest JSON that can be allowed.
    pub const JSON_DEPTH_MAX: usize = 100;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes_max: 1 << 20,
            webhook_bytes_max: 1 << 20,
            json_depth_max: 32,
            body_timeout: Duration::from_secs(30),
            body_stall_timeout: Duration::from_secs(10),
            requests_per_second_max: None,
            streams_max: 2_000,
            streams_per_user_max: 100,
        }
    }
}
