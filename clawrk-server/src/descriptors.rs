//! How many connections the operating system lets this process have.

/// Descriptors that are not connections: the store, the log, the runtime, some to spare.
#[cfg(unix)]
const OTHERS: u64 = 64;

/// How many of so many connections there can be at once. Asks for as many descriptors as the
/// process may have, and says in the log where that is too few.
#[cfg(unix)]
pub(crate) fn allow(connections_max: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::debug!(%error, "the limit of file descriptors could not be raised");
    }
    // None is no limit.
    let Some(most) = getrlimit(Resource::Nofile).current else {
        return connections_max;
    };
    let room = usize::try_from(most.saturating_sub(OTHERS)).unwrap_or(usize::MAX);
    let allowed = connections_max.min(room.max(1));
    if allowed < connections_max {
        tracing::warn!(
            "connections_max is {connections_max}, but this process may have no more than {most} \
             files open (ulimit -Hn): {allowed} connections at once"
        );
    }
    allowed
}

/// How many of so many connections there can be at once: not known here.
#[cfg(not(unix))]
pub(crate) fn allow(connections_max: usize) -> usize {
    connections_max
}
