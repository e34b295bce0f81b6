//! On what, and beside what, something was measured.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Linux counts a process's time in hundredths of a second.
const TICK_MS: u64 = 10;

/// The machine, one fact a line.
pub fn machine(folder: &Path) -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let rustc = output("rustc", &["--version"]);
    let device = output("df", &["--output=source,fstype", &folder.to_string_lossy()]);
    let device = device.lines().last().unwrap_or_default();
    let device: Vec<_> = device.split_whitespace().collect();
    vec![
        format!("CPU: {model}, {cores} cores"),
        format!("kernel: {} {}", std::env::consts::OS, kernel.trim()),
        format!("disk: {}", device.join(", ")),
        format!("compiler: {}", rustc.trim()),
    ]
}

/// How busy the machine is: the mean number of processes that run or wait, over one minute.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}

/// What this process has computed so far; zero where the system doesn't tell. To 10 ms.
pub fn cpu() -> Duration {
    cpu_in("/proc/self/stat")
}

/// What the process has computed that has this file in `/proc`.
pub(crate) fn cpu_in(stat: &str) -> Duration {
    let stat = fs::read_to_string(stat).unwrap_or_default();
    // The name, in parentheses, may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * TICK_MS)
}

fn output(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}
