//! The exchange itself.
