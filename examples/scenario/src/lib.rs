//! Runs the steps of `examples/scenario.md`.
//!
//! [`Scenario::run`] gives them one by one to an [`Exchange`] and answers with what it printed.
//! [`Embedded`] is one in this process, [`Http`] is a server somewhere.

mod answer;
mod embedded;
mod http;
mod steps;

use std::error::Error;

pub use answer::Answer;
pub use embedded::Embedded;
pub use http::Http;
pub use steps::{Scenario, Step};

/// What is wrong with a page, or why an exchange gave no answer at all.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Where steps are executed.
pub trait Exchange {
    /// Does one step. `words` are its arguments, with the id of a job where its name stood.
    ///
    /// # Errors
    /// Only where there is no answer; a refusal is one.
    fn give(&mut self, who: &str, verb: &str, words: &[&str]) -> Result<Answer, Failure>;
}
