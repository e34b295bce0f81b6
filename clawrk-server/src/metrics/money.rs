//! How money stands, as the store has it.

use clawrk::record::{Body, InvoiceOutcome};
use clawrk::store::{Index, PageLimit};
use clawrk::{Call, Engine};

use crate::wrong::chain;

/// How many things that wait for the provider are looked at for each scrape.
const ROWS_MAX: usize = 1_000;

/// Measures it, as far as the store answers.
pub(super) async fn measure(engine: &Engine) {
    match engine.outbox(Call::by_admin()).await {
        Ok(outbox) => {
            let stopped = if outbox.running { 0.0 } else { 1.0 };
            metrics::gauge!("clawrk_outbox_stopped").set(stopped);
        }
        Err(error) => tracing::debug!("the outbox was not looked at: {}", chain(&error)),
    }
    let waiting = engine.store();
    let waiting = waiting.scan(&Index::DueOutside, None, PageLimit::rows(ROWS_MAX));
    match waiting.await {
        Ok(page) => {
            let parked = page.rows.iter().filter(|record| match &record.body {
                Body::Invoice(invoice) => {
                    matches!(invoice.outcome, InvoiceOutcome::Parked { .. })
                }
                _ => false,
            });
            metrics::gauge!("clawrk_invoices_parked").set(parked.count() as f64);
        }
        Err(error) => tracing::debug!("no invoice was counted: {}", chain(&error)),
    }
}
