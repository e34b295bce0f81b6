//! A fake Stripe as a program, for tests in other languages and of whole servers.
//!
//! ```text
//! stripe-books [--listen 127.0.0.1:0] [--control 127.0.0.1:0] [--key sk_test_…] [--record FILE]
//! ```
//!
//! It prints `stripe http://…` and `control http://…`, each on a line, and serves until it is
//! ended. The orders that it takes at the second address are in `clawrk_testkit::books_http`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program: it prints where it is"
)]

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use clawrk_core::clock::Clock;
use clawrk_core::payments::Mode;
use clawrk_core::time::Timestamp;
use clawrk_testkit::books::{Books, TEST_KEY};
use clawrk_testkit::books_http::{Server, Serving};

const USAGE: &str = "\
usage: stripe-books [--listen ADDRESS] [--control ADDRESS] [--key sk_test_…] [--record FILE]";

/// What the fake draws at random is the same in every run.
const SEED: u64 = 1;

/// The machine's time.
#[derive(Debug)]
struct WallClock;

#[async_trait]
impl Clock for WallClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "a program of its own: nobody gives it a clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp::MIN.after(since.unwrap_or_default())
    }

    async fn sleep(&self, until: Timestamp) {
        tokio::time::sleep(until.since(self.now())).await;
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Serving, String> {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut serving = Serving {
        key: TEST_KEY.to_owned(),
        listen: anywhere,
        control: anywhere,
        record: None,
        clock: Arc::new(WallClock),
    };
    while let Some(flag) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("{flag} needs a value"))?;
        let address = || {
            value
                .parse()
                .map_err(|error| format!("{flag} {value}: {error}"))
        };
        match flag.as_str() {
            "--listen" => serving.listen = address()?,
            "--control" => serving.control = address()?,
            "--key" => serving.key = value,
            "--record" => serving.record = Some(PathBuf::from(value)),
            _ => return Err(format!("there is no {flag}")),
        }
    }
    Ok(serving)
}

/// Whether a secret key is for play money or for real money.
fn mode(key: &str) -> Mode {
    match key.starts_with("sk_live_") {
        true => Mode::Live,
        false => Mode::Test,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let serving = match read(std::env::args().skip(1)) {
        Ok(serving) => serving,
        Err(wrong) => {
            eprintln!("{wrong}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let mut books = Books::new(SEED);
    let (platform, mode) = (books.platform().to_owned(), mode(&serving.key));
    books.add_key(&serving.key, &platform, mode);
    let server = match Server::start(books, serving).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("the fake cannot be served: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("stripe {}\ncontrol {}", server.url(), server.control_url());
    // Whoever waits for the addresses may read a pipe.
    let _ = std::io::stdout().flush();
    std::future::pending().await
}
