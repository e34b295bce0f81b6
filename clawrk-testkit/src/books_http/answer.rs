//! Bodies of answers, whole and cut.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// The connection is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GivenUp;

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is given up on purpose")
    }
}

impl std::error::Error for GivenUp {}

impl From<Infallible> for GivenUp {
    fn from(never: Infallible) -> GivenUp {
        match never {}
    }
}

/// What is sent of an answer's body, and how it ends.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Option<Bytes>,
    /// How many bytes were promised, where the connection is given up before all are sent.
    promised: Option<u64>,
    /// Whether what was sent has had its chance to go out.
    flushed: bool,
}

impl Answer {
    /// All of it.
    pub(super) fn whole(bytes: Vec<u8>) -> Answer {
        Answer {
            bytes: Some(bytes.into()),
            promised: None,
            flushed: false,
        }
    }

    /// These bytes of so many, and then the end of the connection.
    pub(super) fn cut(bytes: Vec<u8>, promised: usize) -> Answer {
        Answer {
            bytes: Some(bytes.into()),
            promised: u64::try_from(promised).ok(),
            flushed: false,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GivenUp>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.promised.is_none() {
            return Poll::Ready(None);
        }
        // Hyper writes out what it has when it is made to wait; at an error it drops it.
        if !self.flushed {
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(GivenUp)))
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.bytes.as_ref().map_or(0, |bytes| bytes.len());
        let left = u64::try_from(left).unwrap_or(u64::MAX);
        SizeHint::with_exact(self.promised.unwrap_or(left))
    }
}
