//! What is there for a while, counted while it is.

use metrics::Gauge;

/// One more in a gauge, for as long as this lives.
pub(crate) struct Gauged(Gauge);

impl Gauged {
    pub(crate) fn one_more(gauge: &'static str) -> Gauged {
        Gauged::one_more_in(metrics::gauge!(gauge))
    }

    pub(crate) fn one_more_in(gauge: Gauge) -> Gauged {
        gauge.increment(1);
        Gauged(gauge)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}
