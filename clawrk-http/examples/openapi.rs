//! Prints the description of the API; `cargo xtask docs` keeps it in `docs/openapi.json`.

use std::io::Write as _;
use std::sync::Arc;

use clawrk_core::Engine;
use clawrk_core::store::memory::MemoryStore;
use clawrk_testkit::clock::VirtualClock;

fn main() -> std::io::Result<()> {
    let clock = Arc::new(VirtualClock::new());
    let engine = Engine::builder(Arc::new(MemoryStore::new()), clock).build();
    let document = clawrk_http::openapi(&engine);
    std::io::stdout().write_all(document.as_bytes())
}
