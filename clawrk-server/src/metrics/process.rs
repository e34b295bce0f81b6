//! What the operating system knows of this process.

/// Measures it, as far as it can be found out.
#[cfg(target_os = "linux")]
pub(super) fn measure() {
    if let Some(pages) = resident_pages() {
        let bytes = pages * rustix::param::page_size() as u64;
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // One of them lists the others.
        metrics::gauge!("process_open_fds").set(open.count().saturating_sub(1) as f64);
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    if let Some(most) = limit.current {
        metrics::gauge!("process_max_fds").set(most as f64);
    }
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
pub(super) fn measure() {}

#[cfg(target_os = "linux")]
fn resident_pages() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages.split(' ').nth(1)?.parse().ok()
}
