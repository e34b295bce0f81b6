//! [wrk](https://github.com/wg/wrk), which loads a server.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The threads of wrk. It shares the machine with the server.
const THREADS: usize = 2;

/// A load.
#[derive(Debug, Clone, Copy)]
pub struct Load<'a> {
    /// Where it goes.
    pub address: SocketAddr,
    /// The path.
    pub path: &'a str,
    /// The bearer token.
    pub key: &'a str,
    /// What is sent, where that is more than `GET`.
    pub script: Option<&'a Path>,
    /// Connections at once.
    pub connections: usize,
    /// For how long.
    pub seconds: u64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Done {
    /// Requests that were answered.
    pub requests: u64,
    /// Requests a second.
    pub per_s: f64,
    /// The time that 99 of a hundred did not exceed.
    pub p99: Duration,
}

impl Load<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// Where wrk is not installed, or one answer was no success.
    pub fn run(&self) -> io::Result<Done> {
        let mut command = Command::new("wrk");
        command.args(["--latency", "-t", &THREADS.to_string()]);
        command.args(["-c", &self.connections.to_string()]);
        command.args(["-d", &format!("{}s", self.seconds)]);
        command.args(["-H", &format!("Authorization: Bearer {}", self.key)]);
        if let Some(script) = self.script {
            command.arg("-s").arg(script);
        }
        command.arg(format!("http://{}{}", self.address, self.path));
        let output = command
            .output()
            .map_err(|error| io::Error::other(format!("wrk cannot be run, install it: {error}")))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            return Err(io::Error::other(format!(
                "not every answer is a success:\n{text}"
            )));
        }
        parse(&text).ok_or_else(|| io::Error::other(format!("wrk said:\n{text}")))
    }
}

fn parse(text: &str) -> Option<Done> {
    let after = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(str::trim)
    };
    let requests = text.lines().find(|line| line.contains(" requests in "))?;
    Some(Done {
        requests: requests.split_whitespace().next()?.parse().ok()?,
        per_s: after("Requests/sec:")?.parse().ok()?,
        p99: time(after("99%")?)?,
    })
}

/// A time such as `1.50ms`.
fn time(text: &str) -> Option<Duration> {
    let split = text.find(|char: char| char.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Some(Duration::from_secs_f64(number.parse::<f64>().ok()? * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let text = "Running 2s test @ http://127.0.0.1:1/\n  2 threads and 64 connections\n\
                    \u{20}Latency Distribution\n     50%    1.20ms\n     99%    7.25ms\n\
                    \u{20}24680 requests in 2.00s, 9.1MB read\nRequests/sec:  12340.50\n";
        let done = parse(text).unwrap();
        assert_eq!((done.requests, done.per_s), (24_680, 12_340.5));
        assert_eq!(done.p99, Duration::from_micros(7_250));
        assert_eq!(time("2.5s"), Some(Duration::from_millis(2_500)));
        assert_eq!(time("2.5"), None);
    }
}
