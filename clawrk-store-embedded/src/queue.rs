//! A bounded queue from async callers to one thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use event_listener::Event;

/// The queue takes nothing any more.
#[derive(Debug)]
pub(crate) struct Closed;

/// Who puts something in awaits a place; who takes something out blocks.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    filled: Condvar,
    room: Event,
    items_max: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Inner<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue of so many items and bytes. A single item may have more bytes.
    pub(crate) fn new(items_max: usize, bytes_max: usize) -> Queue<T> {
        Queue {
            inner: Mutex::new(Inner {
                items: VecDeque::new(),
                bytes: 0,
                closed: false,
            }),
            filled: Condvar::new(),
            room: Event::new(),
            items_max,
            bytes_max,
        }
    }

    /// No panic leaves the queue half changed: nothing in here panics between two writes.
    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item in as soon as there is room.
    pub(crate) async fn put(&self, item: T, bytes: usize) -> Result<(), Closed> {
        let mut item = item;
        loop {
            match self.try_put(item, bytes)? {
                None => return Ok(()),
                Some(back) => item = back,
            }
            let listener = self.room.listen();
            match self.try_put(item, bytes)? {
                None => return Ok(()),
                Some(back) => item = back,
            }
            listener.await;
        }
    }

    /// Puts an item in, or gives it back where there is no room.
    fn try_put(&self, item: T, bytes: usize) -> Result<Option<T>, Closed> {
        let mut inner = self.inner();
        if inner.closed {
            return Err(Closed);
        }
        let fits = inner.items.len() < self.items_max && inner.bytes + bytes <= self.bytes_max;
        if !fits && !inner.items.is_empty() {
            return Ok(Some(item));
        }
        inner.items.push_back((item, bytes));
        inner.bytes += bytes;
        drop(inner);
        self.filled.notify_one();
        Ok(None)
    }

    /// Waits until there is something, and takes from the front as long as it keeps to the
    /// limits, but one item at least. None once the queue is closed and empty.
    pub(crate) fn take(&self, items_max: usize, bytes_max: usize) -> Option<Vec<T>> {
        let mut inner = self
            .filled
            .wait_while(self.inner(), |inner| {
                inner.items.is_empty() && !inner.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut total) = (Vec::new(), 0);
        while let Some((_, bytes)) = inner.items.front() {
            let full = taken.len() >= items_max || total + bytes > bytes_max;
            if full && !taken.is_empty() {
                break;
            }
            let Some((item, bytes)) = inner.items.pop_front() else {
                break;
            };
            total += bytes;
            taken.push(item);
        }
        inner.bytes -= total;
        drop(inner);
        if taken.is_empty() {
            return None;
        }
        self.room.notify_additional(taken.len());
        Some(taken)
    }

    /// Takes nothing in any more. What is in it can still be taken out.
    pub(crate) fn close(&self) {
        self.inner().closed = true;
        self.filled.notify_all();
        self.room.notify(usize::MAX);
    }
}
