//! How long an audit of a big store takes.

use std::io;

use tokio::runtime::Runtime;

use crate::conditions::cpu;
use crate::exchange::Exchange;
use crate::now;
use crate::scale::process::peak_rss_mib;
use crate::scale::site::Site;
use crate::scale::table::{Table, number};

/// What came out.
pub const TABLE: Table = Table {
    name: "audit",
    columns: &[
        "jobs",
        "seconds",
        "us_per_job",
        "cpu_us_per_job",
        "peak_rss_mib",
    ],
};

/// Audits a store, in which nothing may be found.
///
/// # Errors
/// None at present.
///
/// # Panics
/// Where the audit fails or finds something.
pub fn measure(site: &Site, runtime: &Runtime) -> io::Result<Vec<Vec<String>>> {
    let exchange = Exchange::open(&site.store(), runtime.handle());
    let (began, computed) = (now(), cpu());
    let audit = runtime.block_on(exchange.engine.audit()).expect("an audit");
    let (took, computed) = (began.elapsed(), cpu().saturating_sub(computed));
    assert!(audit.ok(), "{:#?}", audit.violations);
    let each = |seconds: f64| number(seconds * 1e6 / audit.jobs.max(1) as f64);
    Ok(vec![vec![
        audit.jobs.to_string(),
        number(took.as_secs_f64()),
        each(took.as_secs_f64()),
        each(computed.as_secs_f64()),
        number(peak_rss_mib(std::process::id())),
    ]])
}
