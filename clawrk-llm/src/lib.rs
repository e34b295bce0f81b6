//! Language models for clawrk: the port [`LanguageModel`](clawrk_core::model::LanguageModel) over
//! the HTTP APIs of Anthropic, of OpenAI and whatever speaks as it does, and of Ollama.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), clawrk_llm::InvalidSetting> {
//! use std::sync::Arc;
//!
//! use clawrk_core::model::LanguageModel;
//! use clawrk_llm::{Fallbacks, Model};
//! use tokio::runtime::Handle;
//!
//! let claude = Model::builder("anthropic:claude-sonnet-5".parse()?, Handle::current())
//!     .key("sk-ant-4eC39HqLyjWDarjtT1zdp7dc")
//!     .build()?;
//! assert_eq!(claude.name(), "anthropic:claude-sonnet-5");
//! assert!(!format!("{claude:?}").contains("4eC39"));
//!
//! // Asked where the first one fails.
//! let local = Model::builder("ollama:qwen3:8b".parse()?, Handle::current()).build()?;
//! let models = Fallbacks::new(vec![Arc::new(claude), Arc::new(local)])?;
//! # drop(models);
//! # Ok(())
//! # }
//! ```
//!
//! Each provider is held to the schema of the answer in its own way. A
//! [`Completion`](clawrk_core::model::Completion) names its model as `provider:model`, with the
//! model as the provider calls it: `anthropic:claude-sonnet-5-20260901`. So the record says who
//! has judged, also where an alias was asked for or a fallback has answered.
//!
//! Asking changes nothing at a provider, so a request is made again where that may help: the
//! provider is busy or failed by itself, or there was no connection, or it was cut. How often, and
//! for how long in all, is set by the [`Builder`]; where a provider says how long to wait, that
//! long is waited. No redirect is followed, and an answer is read up to the limit of its request.
//!
//! Requests run on the tokio runtime given to [`Model::builder`], which needs its timers, so the
//! futures of the port can be polled by any executor. One that is dropped stops its request,
//! wherever that is by then.
//!
//! The key is in no log, no error and no `Debug` text, and neither are the values of headers.

mod answer;
mod builder;
mod client;
mod extra;
mod failed;
mod fallbacks;
mod model;
mod name;
mod retry;
mod secrets;
mod setting;
mod shape;
mod tls;
mod url;

pub use builder::{BACKOFF, Builder, CONNECT_TIMEOUT, TIMEOUT, TRIES, TRIES_MAX};
pub use extra::HEADERS_MAX;
pub use fallbacks::{Fallbacks, MODELS_MAX};
pub use model::Model;
pub use name::{ModelName, Provider};
pub use retry::RETRY_AFTER_MAX;
pub use setting::InvalidSetting;
