//! Stripe, as the payment provider of an exchange.

use clawrk_stripe::{Builder, Stripe};
use tokio::runtime::Handle;

use crate::OpenError;

/// Stripe with this key, its requests run by the tokio runtime of the caller.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use clawrk::Policy;
///
/// let stripe = clawrk::stripe("sk_test_4eC39HqLyjWDarjtT1zdp7dc")?
///     .webhook_secrets("whsec_of_the_dashboard")
///     .build()?;
/// let mut policy = Policy::default();
/// policy.credits = true;
/// let engine = clawrk::builder("memory:")
///     .await?
///     .policy(policy)
///     .payments(Arc::new(stripe))
///     .build();
/// # drop(engine);
/// # Ok(())
/// # }
/// ```
///
/// Beside the [blocking twin](crate::blocking), whose own runtime knows no sockets, give
/// [`Stripe::builder`] a runtime of yours.
///
/// # Errors
/// [`OpenError::NoRuntime`] outside of a tokio runtime. What is wrong with the key is said by
/// [`Builder::build`].
pub fn stripe(key: &str) -> Result<Builder, OpenError> {
    let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
    Ok(Stripe::builder(key, runtime))
}
