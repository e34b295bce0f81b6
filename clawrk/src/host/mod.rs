//! An exchange as bindings to other languages use it: ids are text, and every future owns what it
//! needs, so that it can run as a task of its own.
//!
//! A task of its own is the point: a caller in another language that stops waiting, because it was
//! cancelled or interrupted, must not stop the command half-way.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use clawrk::host::Host;
//!
//! let host = Host::open("memory:").await?;
//! let posted = tokio::spawn(host.create_job("alice", "Sum up RFC 9110", Some("request-1")));
//! let job = posted.await??;
//! assert_eq!(host.job("alice", &job.id.to_string()).await?, job);
//! host.close().await?;
//! # Ok(())
//! # }
//! ```

mod caller;
mod ticks;

use std::error::Error as _;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use crate::{Engine, Error, Job, JobFilter, PageRequest};

use caller::{Caller, job_id, user_id};
use ticks::Ticks;

/// An open exchange with the loop that does what is due ([`run_ticks`](crate::run_ticks)). The
/// loop ends when the host is closed or dropped.
///
/// Each verb is the one of [`Engine`], in the name of `user`. A text that cannot be a user id is
/// [`Rejection::Invalid`](crate::Rejection::Invalid), one that cannot be a job id
/// [`Rejection::JobNotFound`](crate::Rejection::JobNotFound). With a `key`, a command has its
/// effect once: see [`Once`](crate::Once).
#[derive(Debug)]
pub struct Host {
    engine: Engine,
    ticks: Mutex<Option<Ticks>>,
}

impl Host {
    /// Opens the exchange that a URI names and starts the loop on the current tokio runtime.
    ///
    /// # Errors
    /// Those of [`open`](crate::open()).
    pub async fn open(uri: &str) -> Result<Host, Error> {
        let engine = crate::open(uri).await?;
        let ticks = Mutex::new(Some(Ticks::start(engine.clone())));
        Ok(Host { engine, ticks })
    }

    /// See [`Engine::create_job`].
    pub fn create_job(
        &self,
        user: &str,
        prompt: &str,
        key: Option<&str>,
    ) -> impl Future<Output = Result<Job, Error>> + Send + use<> {
        let caller = Caller::new(user, key, ["create_job", "", prompt]);
        let (engine, prompt) = (self.engine.clone(), prompt.to_owned());
        async move {
            let caller = caller?;
            engine.create_job(caller.call(), &prompt).await
        }
    }

    /// See [`Engine::submit_output`].
    pub fn submit_output(
        &self,
        user: &str,
        job: &str,
        output: Option<&str>,
        key: Option<&str>,
    ) -> impl Future<Output = Result<Job, Error>> + Send + use<> {
        let caller = Caller::new(
            user,
            key,
            ["submit_output", job, output.unwrap_or_default()],
        );
        let (engine, job, output) = (self.engine.clone(), job_id(job), output.map(str::to_owned));
        async move {
            let (caller, job) = (caller?, job?);
            let submitted = engine.submit_output(caller.call(), &job, output.as_deref());
            submitted.await
        }
    }

    /// See [`Engine::job`].
    pub fn job(
        &self,
        user: &str,
        job: &str,
    ) -> impl Future<Output = Result<Job, Error>> + Send + use<> {
        let (engine, user, job) = (self.engine.clone(), user_id(user), job_id(job));
        async move { engine.job(&user?, &job?).await }
    }

    /// Every job that the user posted, newest first. See [`Engine::jobs`].
    pub fn jobs(&self, user: &str) -> impl Future<Output = Result<Vec<Job>, Error>> + Send + use<> {
        let (engine, user) = (self.engine.clone(), user_id(user));
        async move {
            let (user, mut page, mut jobs) = (user?, PageRequest::first(), Vec::new());
            loop {
                let found = engine.jobs(&user, &JobFilter::sent(), &page).await?;
                jobs.extend(found.items);
                if found.next.is_none() {
                    return Ok(jobs);
                }
                page.after = found.next;
            }
        }
    }

    /// Ends the loop and closes the exchange. Every later call fails; closing again does nothing.
    /// See [`Engine::close`].
    pub fn close(&self) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let mut ticks = self.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        let (engine, ticks) = (self.engine.clone(), ticks.take());
        async move {
            if let Some(ticks) = ticks {
                ticks.end().await;
            }
            engine.close().await
        }
    }
}

/// The commands that name a job and take nothing else.
macro_rules! transitions {
    ($($verb:ident)*) => {
        impl Host {
            $(
                #[doc = concat!("See [`Engine::", stringify!($verb), "`].")]
                pub fn $verb(
                    &self,
                    user: &str,
                    job: &str,
                    key: Option<&str>,
                ) -> impl Future<Output = Result<Job, Error>> + Send + use<> {
                    let caller = Caller::new(user, key, [stringify!($verb), job, ""]);
                    let (engine, job) = (self.engine.clone(), job_id(job));
                    async move {
                        let (caller, job) = (caller?, job?);
                        engine.$verb(caller.call(), &job).await
                    }
                }
            )*
        }
    };
}

transitions! { accept_job verify_job cancel_job release_job }

/// An error with all its causes in one text, outermost first, for languages in which an error has
/// no sources.
pub fn explain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}
