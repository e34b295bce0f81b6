//! Many callers at once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use crate::conditions::cpu;
use crate::now;

/// How a run went.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// From the first call to the last answer.
    pub took: Duration,
    /// How long each call took.
    pub calls: Vec<Duration>,
    /// What this process computed meanwhile, its committer and whatever else included. To 10 ms.
    pub cpu: Duration,
}

impl Run {
    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.calls.len() as f64 / self.took.as_secs_f64()
    }

    /// What a call makes the process compute, in microseconds. Hardly changed by what else the
    /// machine does.
    pub fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls.len() as f64
    }
}

/// Has each caller go through its work, one call after the other, all callers at once. Gives how
/// that went, and what each caller was answered.
///
/// # Panics
/// Where a caller does.
pub fn run<W, T, F>(
    runtime: &Runtime,
    work: Vec<Vec<W>>,
    call: impl Fn(W) -> F + Send + Sync + 'static,
) -> (Run, Vec<Vec<T>>)
where
    W: Send + 'static,
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let call = Arc::new(call);
    let start = Arc::new(Barrier::new(work.len() + 1));
    runtime.block_on(async {
        let callers: Vec<_> = work
            .into_iter()
            .map(|work| {
                let (call, start) = (Arc::clone(&call), Arc::clone(&start));
                runtime.spawn(async move {
                    start.wait().await;
                    let mut calls = Vec::with_capacity(work.len());
                    let mut answers = Vec::with_capacity(work.len());
                    for item in work {
                        let began = now();
                        answers.push(call(item).await);
                        calls.push(began.elapsed());
                    }
                    (calls, answers)
                })
            })
            .collect();
        let computed = cpu();
        start.wait().await;
        let began = now();
        let mut run = Run::default();
        let mut all = Vec::with_capacity(callers.len());
        for caller in callers {
            let (calls, answers) = caller.await.expect("a caller panicked");
            run.calls.extend(calls);
            all.push(answers);
        }
        run.took = began.elapsed();
        run.cpu = cpu().saturating_sub(computed);
        (run, all)
    })
}
