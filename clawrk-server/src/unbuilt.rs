//! What other releases have and this one lacks. To go on without would be worse than not to start.

use crate::settings::Environment;
use crate::wrong::Wrong;

struct Unbuilt {
    name: &'static str,
    /// The one value that asks for nothing.
    harmless: &'static str,
    what: &'static str,
}

const fn unbuilt(name: &'static str, harmless: &'static str, what: &'static str) -> Unbuilt {
    Unbuilt {
        name,
        harmless,
        what,
    }
}

const UNBUILT: [Unbuilt; 1] = [unbuilt(
    "CLAWRK_LLM",
    "mock",
    "language models are not part of this release; unset it, or set it to `mock`",
)];

/// Refuses what this release cannot do.
pub(crate) fn check(environment: &Environment) -> Result<(), Wrong> {
    for unbuilt in &UNBUILT {
        match environment.get(unbuilt.name)? {
            Some(value) if value != unbuilt.harmless => {
                return Err(Wrong::new(unbuilt.name, unbuilt.what));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether `name` is one of these.
pub(crate) fn knows(name: &str) -> bool {
    UNBUILT.iter().any(|unbuilt| unbuilt.name == name)
}
