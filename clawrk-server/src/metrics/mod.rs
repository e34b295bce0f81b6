//! What the server counts and measures, as text for Prometheus.

mod money;
mod process;
mod table;

use std::time::Duration;

use clawrk::store::{Counted, Counts};
use clawrk::{Engine, Timestamp};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::log;
use crate::wrong::{Wrong, chain};
use table::{Kind, TABLE};

/// Bounds of the buckets for times, in seconds.
const TIMES: [f64; 15] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];

/// Bounds of the buckets for calls over the network, in seconds.
const CALLS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0];

/// Bounds of the buckets for answers of language models, in seconds.
const THOUGHTS: [f64; 10] = [0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0];

/// Bounds of the buckets for the commits in a group, of which there are 128 at most.
const GROUPS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// How often measurements are sorted into their buckets while nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(10);

/// What was counted since the start.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to count. Call it before anything counts.
    pub(crate) fn install(started: Timestamp) -> Result<Metrics, Wrong> {
        let wrong = |error: &dyn std::error::Error| Wrong::because("metrics", error);
        let groups = Matcher::Full("clawrk_store_group_commits".to_owned());
        let calls = Matcher::Full("clawrk_payments_call_seconds".to_owned());
        let thoughts = Matcher::Full("clawrk_model_call_seconds".to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets(&TIMES)
            .and_then(|builder| builder.set_buckets_for_metric(groups, &GROUPS))
            .and_then(|builder| builder.set_buckets_for_metric(calls, &CALLS))
            .and_then(|builder| builder.set_buckets_for_metric(thoughts, &THOUGHTS))
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| wrong(&error))?;
        describe();
        let started = Duration::from_millis(u64::try_from(started.as_millis()).unwrap_or(0));
        metrics::gauge!("process_start_time_seconds").set(started.as_secs_f64());
        metrics::gauge!("clawrk_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        Ok(Metrics(handle))
    }

    /// Everything, as it is now.
    pub(crate) async fn render(&self, engine: &Engine) -> String {
        match engine.store().counts().await {
            Ok(counts) => set(&counts),
            // The rest is wanted all the more then. What was known before stays.
            Err(error) => tracing::debug!("nothing was counted: {}", chain(&error)),
        }
        if engine.payments_mode().is_some() {
            money::measure(engine).await;
        }
        let dropped = u64::try_from(log::dropped_lines()).unwrap_or(u64::MAX);
        metrics::counter!("clawrk_log_lines_dropped_total").absolute(dropped);
        process::measure();
        self.0.render()
    }

    /// Keeps what is measured small, for as long as it is polled.
    pub(crate) async fn keep(&self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

/// Says what each is, and lets those that have no labels begin at 0.
fn describe() {
    for metric in TABLE {
        let (name, bare) = (metric.name, metric.labels.is_empty());
        match metric.kind {
            Kind::Counter => {
                metrics::describe_counter!(name, metric.help);
                if bare {
                    metrics::counter!(name).absolute(0);
                }
            }
            Kind::Gauge => {
                metrics::describe_gauge!(name, metric.help);
                if bare && name.starts_with("clawrk_") {
                    metrics::gauge!(name).set(0);
                }
            }
            Kind::Histogram => metrics::describe_histogram!(name, metric.help),
        }
    }
}

fn set(counts: &Counts) {
    for counted in Counted::all() {
        let gauge = match counted {
            Counted::Records(kind) => metrics::gauge!("clawrk_records", "kind" => kind.as_str()),
            Counted::Jobs(status) => metrics::gauge!("clawrk_jobs", "status" => status.as_str()),
            Counted::Payouts(status) => {
                metrics::gauge!("clawrk_payouts", "status" => status.as_str())
            }
        };
        gauge.set(counts.get(counted) as f64);
    }
}
