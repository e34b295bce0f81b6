//! What is there for a while, counted while it is.

use metrics::Gauge;

/// One more in a gauge, for as long as this lives.
pub(crate) struct Gauged(Gauge);

impl Gauged {
    pub(crate) fn one_more(gauge: &'static str) -> Gauged {
        let gauge = metrics::gauge!(gauge);
        gauge.increment(1);
        Gauged(gauge)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}
