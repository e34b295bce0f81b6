//! The exchange under criterion, which remembers the last run and says what changed since.
//!
//! One iteration is one call of every caller.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that fails measures nothing"
)]

use std::path::PathBuf;
use std::time::Duration;

use clawrk_benches::COMMANDS;
use clawrk_benches::callers::Run;
use clawrk_benches::contest::{PHASES, Session};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use criterion::{criterion_group, criterion_main};
use tokio::runtime::Runtime;

const CALLERS: [usize; 3] = [1, 8, 64];

/// So often every caller calls, `iterations` times, in a new store.
fn phase(runtime: &Runtime, callers: usize, phase: usize, iterations: u64) -> Duration {
    let jobs = usize::try_from(iterations).unwrap_or(usize::MAX);
    let folder = tempfile::tempdir_in(PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    let folder = folder.expect("a folder");
    let session = Session::open(runtime, &folder.path().join("exchange"), callers);
    if phase == COMMANDS.len() {
        return session.lives(jobs).took;
    }
    let mut last = Run::default();
    session.commands(jobs, phase, |_, run| last = run);
    last.took
}

fn durable(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime");
    for (number, name) in PHASES.iter().enumerate() {
        let mut group = criterion.benchmark_group(*name);
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        for callers in CALLERS {
            group.throughput(Throughput::Elements(callers as u64));
            let id = BenchmarkId::from_parameter(callers);
            group.bench_with_input(id, &callers, |bencher, callers| {
                bencher.iter_custom(|iterations| phase(&runtime, *callers, number, iterations));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, durable);
criterion_main!(benches);
