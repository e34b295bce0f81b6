//! The time of the machine, waited for on tokio.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;

use crate::{Clock, Timestamp, async_trait};

/// The machine's clock, with a tokio runtime's timer to wait by.
///
/// The wait is measured once and then by a clock that nobody sets: when the machine's time jumps,
/// those who already wait come late or early, and nothing else happens. Its futures may be polled
/// by any executor, as long as the runtime is there and somebody drives it.
#[derive(Debug, Clone)]
pub struct TokioClock {
    runtime: Handle,
}

impl TokioClock {
    /// A clock that waits by the timer of that runtime, which must be on.
    pub fn new(runtime: Handle) -> TokioClock {
        TokioClock { runtime }
    }
}

#[async_trait]
impl Clock for TokioClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine for the time"
    )]
    fn now(&self) -> Timestamp {
        // A machine that believes to be before 1970 is taken to be in 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp::MIN.after(since.unwrap_or_default())
    }

    async fn sleep(&self, until: Timestamp) {
        let wait = until.since(self.now());
        let timer = {
            let _inside = self.runtime.enter();
            tokio::time::sleep(wait)
        };
        timer.await;
    }
}
