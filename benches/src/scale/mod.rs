//! The exchange when it is big: what a commit, a page, a look, an opening and an audit cost in a
//! store of so many jobs.
//!
//! A [`site::Site`] is a folder with such a store, which [`fill`] grows to a size. The other
//! modules measure one thing each, in a process of its own ([`step`]), so that memory and caches
//! are those of that step alone. [`table`] writes what came out as CSV, [`report`] as Markdown, and
//! [`chart`] as pictures.

pub mod audit;
pub mod chart;
pub mod commits;
pub mod fate;
pub mod fill;
pub mod opening;
pub mod process;
pub mod progress;
pub mod reads;
pub mod report;
pub mod site;
pub mod step;
pub mod table;
