//! What is there for a while, counted while it is.

/// One more in a gauge, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Gauged(&'static str);

impl Gauged {
    pub(crate) fn one_more(gauge: &'static str) -> Gauged {
        metrics::gauge!(gauge).increment(1);
        Gauged(gauge)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1);
    }
}
