//! Several things that wait, at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// One of them.
pub(crate) type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The results of all, in their order.
pub(crate) async fn together<T>(mut works: Vec<Work<'_, T>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = works.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (work, result) in works.iter_mut().zip(&mut results) {
            if result.is_none() {
                match work.as_mut().poll(context) {
                    Poll::Ready(done) => *result = Some(done),
                    Poll::Pending => pending = true,
                }
            }
        }
        match pending {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    })
    .await;
    results.into_iter().flatten().collect()
}
