//! Prints the description of the API; `cargo xtask docs` keeps it in `docs/openapi.json`.

use std::io::Write as _;

use clawrk_core::policy::Policy;

fn main() -> std::io::Result<()> {
    let document = clawrk_http::openapi(&Policy::default());
    std::io::stdout().write_all(document.as_bytes())
}
