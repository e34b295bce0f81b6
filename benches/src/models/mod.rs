//! What a call of a language model costs beside the model: the very question that clawrk sends,
//! sent by [`bare`] HTTP, by the adapter, and by a verdict of the exchange, all in the same round.
//!
//! The store is one in memory: what a commit costs on a disk is measured elsewhere.

pub mod bare;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use clawrk_core::model::LanguageModel;
use clawrk_llm::{Model, Provider};
use tokio::runtime::Handle;

use crate::now;
use crate::numbers::Spread;
use bare::Bare;
use verdict::Bench;

/// The three ways of asking, each with the name of a model and what stands behind the address.
const WAYS: [(Provider, &str, &str); 3] = [
    (Provider::Anthropic, "claude-of-aimock", ""),
    (Provider::OpenAi, "gpt-of-aimock", "/v1"),
    (Provider::Ollama, "qwen3:of-aimock", ""),
];

/// How long the outputs are that are judged, in KiB; the last is the longest by default.
const SIZES_KIB: [usize; 3] = [1, 16, 128];

/// Rounds before those that count: connections and caches.
const WARM_UP: usize = 5;

/// What was measured of one way and size.
#[derive(Debug)]
pub struct Row {
    /// The way.
    pub way: &'static str,
    /// The size of the output, in KiB.
    pub kib: usize,
    /// A call by hand, in milliseconds.
    pub by_hand: Spread,
    /// What the adapter took more than the call by hand in its round, in milliseconds.
    pub adapter: Spread,
    /// The same, of the verdict.
    pub verdict: Spread,
}

/// Measures all ways and sizes against the fake at that address.
///
/// # Panics
/// Where anything is not answered as it should be.
pub async fn measure(url: &str, key: &str, rounds: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (provider, name, path) in WAYS {
        for kib in SIZES_KIB {
            let address = format!("{url}{path}");
            let ask = Ask {
                provider,
                name,
                key,
            };
            rows.push(ask.measure(&address, path, kib, rounds).await);
        }
    }
    rows
}

struct Ask<'a> {
    provider: Provider,
    name: &'a str,
    key: &'a str,
}

impl Ask<'_> {
    fn model(&self, url: &str) -> Model {
        let name = format!("{}:{}", self.provider.as_str(), self.name);
        let name = name.parse().expect("a name");
        let model = Model::builder(name, Handle::current());
        let model = model.key(self.key).url(url).tries(1).build();
        model.expect("a model")
    }

    async fn measure(&self, url: &str, path: &str, kib: usize, rounds: usize) -> Row {
        let model = Arc::new(self.model(url));
        let bench = Bench::new(Arc::clone(&model) as Arc<dyn LanguageModel>, kib << 10).await;
        let request = bench.question().await;
        let bare = Bare::tapped(url, path, async |tap| {
            let asked = self.model(tap);
            asked.complete(&request).await.expect_err("no answer yet");
        });
        let bare = bare.await;
        let (mut by_hand, mut adapter, mut verdict) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..WARM_UP + rounds {
            let job = bench.submitted(round).await;
            let ask = async || drop(model.complete(&request).await.expect("an answer"));
            // In turn, since whoever comes second finds the fake awake.
            let (hand, asked) = if round % 2 == 0 {
                let hand = took(bare.ask()).await;
                (hand, took(ask()).await)
            } else {
                let asked = took(ask()).await;
                (took(bare.ask()).await, asked)
            };
            let judged = took(bench.judge(&job)).await;
            if round >= WARM_UP {
                by_hand.push(hand);
                adapter.push(millis(asked) - millis(hand));
                verdict.push(millis(judged) - millis(hand));
            }
        }
        Row {
            way: self.provider.as_str(),
            kib,
            by_hand: Spread::of(by_hand.into_iter().map(millis)),
            adapter: Spread::of(adapter),
            verdict: Spread::of(verdict),
        }
    }
}

async fn took(work: impl Future<Output = ()>) -> Duration {
    let began = now();
    work.await;
    began.elapsed()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
