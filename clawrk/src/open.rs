//! From a URI to an engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::store::Store;
use crate::store::memory::MemoryStore;
use crate::transfer::is_unfinished;
use crate::uri::Location;
use crate::{Engine, EngineBuilder, OpenError, TokioClock};

/// Opens the exchange that a URI names, with every setting at its default.
///
/// - `sled:PATH`: in that folder, made if it is not there. One process at a time.
/// - `memory:`: in this process alone, empty each time. For tests.
///
/// Nothing runs by itself: see [`run_ticks`](crate::run_ticks).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), clawrk::OpenError> {
/// let engine = clawrk::open("memory:").await?;
/// assert_eq!(engine.skills()[0].name, "research");
///
/// let unknown = clawrk::open("cloud:somewhere").await.unwrap_err();
/// assert!(unknown.to_string().contains("`cloud:` is no store that clawrk knows"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every [`OpenError`] but the two of the blocking twin. Call it on a tokio runtime that has its
/// timer on, as `#[tokio::main]` does.
pub async fn open(uri: &str) -> Result<Engine, OpenError> {
    Ok(builder(uri).await?.build())
}

/// Opens the store that a URI names, and lets settings be chosen before the engine is built.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), clawrk::OpenError> {
/// use clawrk::Policy;
///
/// let mut policy = Policy::default();
/// policy.credits = true;
/// let engine = clawrk::builder("memory:").await?.policy(policy).build();
/// assert!(engine.policy().credits);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`open`].
pub async fn builder(uri: &str) -> Result<EngineBuilder, OpenError> {
    let location = Location::parse(uri)?;
    let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
    let store: Arc<dyn Store> = match location {
        Location::Memory => Arc::new(MemoryStore::new()),
        Location::Sled(path) => open_sled(path, &runtime).await?,
    };
    if is_unfinished(store.as_ref())
        .await
        .map_err(OpenError::Unreadable)?
    {
        return Err(OpenError::Unfinished);
    }
    Ok(Engine::builder(store, Arc::new(TokioClock::new(runtime))))
}

/// Whether there is a store where a URI says, without opening it: [`open`] would make an empty one
/// where there is none.
///
/// # Errors
/// What [`open`] says of a URI that names no store.
pub fn exists(uri: &str) -> Result<bool, OpenError> {
    Ok(match Location::parse(uri)? {
        Location::Memory => false,
        Location::Sled(path) => is_sled(&path)?,
    })
}

#[cfg(feature = "sled")]
fn is_sled(path: &Path) -> Result<bool, OpenError> {
    Ok(clawrk_store_sled::SledStore::exists(path))
}

#[cfg(not(feature = "sled"))]
fn is_sled(_path: &Path) -> Result<bool, OpenError> {
    Err(FEATURE_OFF)
}

#[cfg(feature = "sled")]
async fn open_sled(path: PathBuf, runtime: &Handle) -> Result<Arc<dyn Store>, OpenError> {
    // It reads what the last process left, which takes seconds where that was much.
    let opening = runtime.spawn_blocking(move || clawrk_store_sled::SledStore::open(path));
    let opened = opening.await.map_err(|_| OpenError::NoRuntime)?;
    Ok(Arc::new(opened?))
}

#[cfg(not(feature = "sled"))]
async fn open_sled(_path: PathBuf, _runtime: &Handle) -> Result<Arc<dyn Store>, OpenError> {
    Err(FEATURE_OFF)
}

#[cfg(not(feature = "sled"))]
const FEATURE_OFF: OpenError = OpenError::FeatureOff {
    scheme: "sled",
    feature: "sled",
};
