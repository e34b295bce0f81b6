//! Language models over HTTP, for an exchange.

use clawrk_llm::{Builder, Model, ModelName};
use tokio::runtime::Handle;

use crate::OpenError;

/// The language model of that name, its requests run by the tokio runtime of the caller.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// let model = clawrk::language_model("anthropic:claude-sonnet-5".parse()?)?
///     .key("sk-ant-of-the-console")
///     .build()?;
/// let engine = clawrk::builder("memory:")
///     .await?
///     .language_model(Arc::new(model))
///     .build();
/// assert_eq!(engine.language_model(), Some("anthropic:claude-sonnet-5"));
/// # Ok(())
/// # }
/// ```
///
/// Several in an order are [`Fallbacks`](crate::llm::Fallbacks).
///
/// # Errors
/// [`OpenError::NoRuntime`] outside of a tokio runtime. What is wrong with the key or the address
/// is said by [`Builder::build`].
pub fn language_model(name: ModelName) -> Result<Builder, OpenError> {
    let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
    Ok(Model::builder(name, runtime))
}
