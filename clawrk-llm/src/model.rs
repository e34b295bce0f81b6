//! A language model at a provider.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use clawrk_core::model::{Completion, LanguageModel, ModelError, ModelFailure, Request};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

use crate::builder::Builder;
use crate::client::Client;
use crate::name::ModelName;

/// A model of a provider, asked over HTTP. Cheap to clone; its connections are kept and shared.
#[derive(Debug, Clone)]
pub struct Model {
    client: Arc<Client>,
    name: Arc<str>,
    runtime: Handle,
}

impl Model {
    /// That model, asked by that runtime, which needs its I/O and its timers.
    pub fn builder(name: ModelName, runtime: Handle) -> Builder {
        Builder::new(name, runtime)
    }

    pub(crate) fn new(client: Client, runtime: Handle) -> Model {
        Model {
            name: client.name.to_string().into(),
            client: Arc::new(client),
            runtime,
        }
    }
}

#[async_trait]
impl LanguageModel for Model {
    fn name(&self) -> &str {
        &self.name
    }

    /// Runs on the model's own runtime, for the caller may be polled by another executor.
    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let (client, request) = (Arc::clone(&self.client), request.clone());
        let asked = self
            .runtime
            .spawn(async move { client.complete(&request).await });
        match Task(asked).await {
            Ok(done) => done,
            // The runtime was shut down, or the task panicked.
            Err(_) => Err(ModelError::new(
                ModelFailure::Failed,
                format!("{}: the request was stopped half-way", self.name),
            )),
        }
    }
}

/// A task that ends with whoever waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
