//! Every metric: its name, its kind, what it says.

/// What a metric does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Sorts measurements into buckets.
    Histogram,
}

/// A metric, for those who look it up.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Names of its labels.
    pub(crate) labels: &'static [&'static str],
    pub(crate) help: &'static str,
}

macro_rules! metrics {
    ($($name:ident $kind:ident [$($label:literal)*] $help:literal;)*) => {
        /// Every metric, in the order of the reference.
        pub(crate) const TABLE: &[Metric] = &[
            $(Metric {
                name: stringify!($name),
                kind: Kind::$kind,
                labels: &[$($label),*],
                help: $help,
            },)*
        ];
    };
}

metrics! {
    clawrk_http_requests_total Counter ["method" "route" "status"]
        "Requests that were answered.";
    clawrk_http_request_duration_seconds Histogram ["method" "route"]
        "From the head of a request to the head of its answer.";
    clawrk_http_requests_in_flight Gauge []
        "Requests that wait for the head of their answer.";
    clawrk_http_event_streams_open Gauge []
        "Event streams that are being sent.";
    clawrk_http_connections_open Gauge []
        "Connections of clients.";
    clawrk_http_connections_max Gauge []
        "The most connections that are open at once; more wait to be taken.";
    clawrk_http_connections_total Counter []
        "Connections that were taken.";
    clawrk_authentication_failures_total Counter []
        "Requests that had no valid bearer, or no valid login code, where one was needed.";
    clawrk_commands_total Counter ["command" "outcome"]
        "Commands on jobs and purchases; the outcome is done, or the code of the error.";
    clawrk_webhooks_total Counter ["outcome"]
        "Webhooks; the outcome is what came of it, or the code of the error.";
    clawrk_ticks_total Counter ["outcome"]
        "Rounds of what happens by itself; the outcome is done, or the code of the error.";
    clawrk_tick_actions_total Counter []
        "Things that were due and done: lost runs, overdue jobs, what expired, questions outside.";
    clawrk_tick_overdue_seconds Gauge []
        "How late the oldest thing is that the last round left undone; 0 where it left none.";
    clawrk_store_commits_total Counter ["outcome"]
        "Commits: committed, conflict and tried again, refused by a rule, or failed.";
    clawrk_store_group_commits Histogram []
        "Commits that were made durable by one sync.";
    clawrk_store_apply_seconds Histogram []
        "Time to hand a group of commits to the storage engine.";
    clawrk_store_sync_seconds Histogram []
        "Time until the disk had a group of commits.";
    clawrk_store_written_bytes_total Counter []
        "Bytes of keys and values handed to the storage engine.";
    clawrk_store_queue_commits Gauge []
        "Commits that wait for their group.";
    clawrk_model_calls_total Counter ["provider" "outcome"]
        "Calls to language models; the outcome is done, dropped, or what the failure means.";
    clawrk_model_call_seconds Histogram ["provider"]
        "Time until a language model answered, or was no longer waited for.";
    clawrk_model_tokens_total Counter ["provider" "direction"]
        "Tokens that language models read (in) and wrote (out), as their providers count them.";
    clawrk_payments_calls_total Counter ["call" "outcome"]
        "Calls to the payment provider; the outcome is done, dropped, or what the failure means.";
    clawrk_payments_call_seconds Histogram ["call"]
        "Time until the payment provider answered, or was no longer waited for.";
    clawrk_payout_attempts_total Counter ["outcome"]
        "Attempts to pay that were answered; the outcome is where the payout stands then.";
    clawrk_outbox_alarms_total Counter ["alarm"]
        "What stopped the sending of payouts.";
    clawrk_outbox_stopped Gauge []
        "1 while payouts are not sent until an operator says so, else 0.";
    clawrk_invoices_parked Gauge []
        "Paid invoices whose credits wait until it is known whose they are; 1,000 at most.";
    clawrk_jobs Gauge ["status"]
        "Jobs in the store.";
    clawrk_payouts Gauge ["status"]
        "Payouts in the store.";
    clawrk_records Gauge ["kind"]
        "Records in the store.";
    clawrk_log_lines_dropped_total Counter []
        "Lines of the log that were dropped, because whoever reads it does not keep up.";
    clawrk_build_info Gauge ["version"]
        "Always 1; the label says which release runs.";
    process_start_time_seconds Gauge []
        "When the server was started, in seconds since 1970.";
    process_resident_memory_bytes Gauge []
        "Memory in use. Linux only.";
    process_open_fds Gauge []
        "File descriptors in use. Linux only.";
    process_max_fds Gauge []
        "The most file descriptors that may be in use. Linux only.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        for Metric {
            name, kind, help, ..
        } in TABLE
        {
            let counts = name.ends_with("_total");
            assert_eq!(counts, *kind == Kind::Counter, "{name}");
            assert!(help.ends_with('.'), "{name}");
            let known = ["clawrk_", "process_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            assert!(known, "{name}");
        }
        let mut names: Vec<_> = TABLE.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn the_reference_lists_them_all_and_no_others() {
        let page = include_str!("../../../docs/metrics.md");
        let listed: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        let row = |metric: &Metric| {
            let kind = format!("{:?}", metric.kind).to_lowercase();
            let labels: Vec<_> = metric
                .labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect();
            let (name, help) = (metric.name, metric.help);
            let row = format!("| `{name}` | {kind} | {} | {help} |", labels.join(", "));
            row.replace("|  |", "| |")
        };
        assert_eq!(listed, TABLE.iter().map(row).collect::<Vec<_>>());
    }
}
