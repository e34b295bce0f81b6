//! What Stripe tells by itself.

mod event;
mod signature;

pub(crate) use event::event;
pub use signature::AGE_MAX;
pub(crate) use signature::Secrets;
