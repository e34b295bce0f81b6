//! Something that happens once, and that tasks and threads wait for.

use std::sync::atomic::{AtomicBool, Ordering};

use event_listener::Event;

#[derive(Debug, Default)]
pub(crate) struct Latch {
    done: AtomicBool,
    event: Event,
}

impl Latch {
    /// Returns once it has happened.
    pub(crate) async fn wait(&self) {
        while !self.done.load(Ordering::Acquire) {
            let listener = self.event.listen();
            if !self.done.load(Ordering::Acquire) {
                listener.await;
            }
        }
    }

    /// Lets it happen.
    pub(crate) fn release(&self) {
        self.done.store(true, Ordering::Release);
        self.event.notify(usize::MAX);
    }
}
