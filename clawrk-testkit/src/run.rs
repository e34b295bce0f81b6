//! Runs futures without an async runtime: on this thread, or many at once on threads.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs a future to its end on this thread, which sleeps while there is nothing to do.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    match block_on_unless(future, || false) {
        Some(value) => value,
        None => unreachable!("nothing ends it early"),
    }
}

/// Runs a future on this thread until it ends or, while it waits, `stop` is true: then it is
/// dropped and gives none.
pub fn block_on_unless<T>(future: impl Future<Output = T>, stop: impl Fn() -> bool) -> Option<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return Some(value),
            Poll::Pending if stop() => return None,
            Poll::Pending => thread::park(),
        }
    }
}

/// Looks at a future once, without waiting.
pub fn poll_once<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `count` futures at once, each on a thread of its own, all started at the same moment;
/// gives what they gave, in order. A panic in one goes on here, after all have ended.
pub async fn together<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let threads: Vec<_> = (0..count)
        .map(|place| {
            let (future, start) = (task(place), Arc::clone(&start));
            spawn(async move {
                start.wait();
                future.await
            })
        })
        .collect();
    let mut ended = Vec::with_capacity(count);
    for thread in threads {
        ended.push(thread.ended().await);
    }
    ended
        .into_iter()
        .map(|end| end.unwrap_or_else(|panic| resume_unwind(panic)))
        .collect()
}

/// Starts a future on a thread of its own.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Running<T> {
    let running = Running(Arc::new(Mutex::new(Slot {
        end: None,
        waiter: None,
    })));
    let thread = running.0.clone();
    thread::spawn(move || {
        let end = catch_unwind(AssertUnwindSafe(|| block_on(future)));
        let waiter = {
            let mut slot = lock(&thread);
            slot.end = Some(end);
            slot.waiter.take()
        };
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    });
    running
}

/// A future on a thread of its own.
pub struct Running<T>(Arc<Mutex<Slot<T>>>);

struct Slot<T> {
    end: Option<End<T>>,
    waiter: Option<Waker>,
}

type End<T> = Result<T, Box<dyn Any + Send>>;

impl<T> Running<T> {
    /// What it gave. A panic there goes on here.
    pub async fn join(self) -> T {
        self.ended()
            .await
            .unwrap_or_else(|panic| resume_unwind(panic))
    }

    async fn ended(self) -> End<T> {
        std::future::poll_fn(|context| {
            let mut slot = lock(&self.0);
            match slot.end.take() {
                Some(end) => Poll::Ready(end),
                None => {
                    slot.waiter = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl<T> fmt::Debug for Running<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_gives_answers_in_order() {
        let answers = block_on(together(8, |place| async move { place * 2 }));
        assert_eq!(answers, [0, 2, 4, 6, 8, 10, 12, 14]);
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn together_passes_a_panic_on() {
        block_on(together(4, |place| async move {
            assert!(place != 2, "the third");
        }));
    }
}
