//! The fake Stripe over HTTP, for clients that nobody here wrote and for programs of their own.
//!
//! Two ports: one speaks Stripe's interface, and can be closed and opened; the other takes orders
//! from whoever tests (below). Webhooks are posted by real requests.
//!
//! # Orders
//! Each is a `POST` of a JSON object, answered with one.
//!
//! | path | what it does | members |
//! |---|---|---|
//! | `/checkouts/ID/complete` | the buyer pays | |
//! | `/welcome` | accounts that are made from now on are complete at once | `welcoming` |
//! | `/accounts/ID/onboard` | the owner hands in what is needed, and Stripe agrees | |
//! | `/accounts/ID/standing` | what it may do | `standing`, as [`Standing`] in small letters |
//! | `/accounts/ID/deauthorize` | the owner ends the connection | |
//! | `/subscriptions/ID/renew` | a month has passed | |
//! | `/prices` | there is a monthly price with that id | `id`, `cents` |
//! | `/balance` | what the exchange holds | `currency`, `amount` |
//! | `/endpoints` | events are posted there too | `url`, `secret`, `version`, `connect` |
//! | `/courier` | posts come late and more than once | `delay_max_s`, `copies_max` |
//! | `/faults` | what goes wrong with requests | `path`, `method` (`POST`), `fault`, `times` (1) |
//! | `/door` | connections are refused, or taken again | `open` |
//! | `/slow` | requests wait, answers wait | `before_ms`, `after_ms` |
//! | `/time` | time passes; answers what time it is | `advance_s` |
//!
//! A fault has the name of [`Fault::name`] with `_` between its words, such as `lost_then_busy`.
//! Unknown ids are answered with 404, orders that cannot be read with 400.

mod answer;
mod control;
mod door;
mod exchange;
mod post;
mod record;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use clawrk_core::clock::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::door::{Door, Keys};
use self::exchange::Desk;
use self::record::Record;
use crate::books::Books;
#[cfg(doc)]
use crate::books::{Fault, Standing};

/// How a fake is served.
#[derive(Debug)]
pub struct Serving {
    /// The secret key of the book that orders are about.
    pub key: String,
    /// Where Stripe's clients connect; port 0 for any.
    pub listen: SocketAddr,
    /// Where orders are taken; port 0 for any.
    pub control: SocketAddr,
    /// Where all that is asked and answered is noted, a JSON object a line.
    pub record: Option<PathBuf>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// A fake Stripe that is served. Ends when dropped.
#[derive(Debug)]
pub struct Server {
    door: Door,
    keys: Keys,
    control: SocketAddr,
    desk: Arc<Desk>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves these books on the running tokio runtime.
    ///
    /// # Errors
    /// A port that is taken, or a record that cannot be written.
    pub async fn start(books: Books, serving: Serving) -> io::Result<Server> {
        let record = serving.record.as_deref().map(Record::create).transpose()?;
        let desk = Arc::new(Desk::new(books, &serving.key, serving.clock, record));
        let door = Door::open(serving.listen, Arc::clone(&desk)).await?;
        let keys = door.keys();
        let listener = TcpListener::bind(serving.control).await?;
        let control = listener.local_addr()?;
        let orders = control::router(Arc::clone(&desk), keys.clone());
        let taking = async move {
            // It ends with the task.
            let _ = axum::serve(listener, orders).await;
        };
        let posting = post::deliver(Arc::clone(&desk));
        Ok(Server {
            door,
            keys,
            control,
            desk,
            tasks: vec![tokio::spawn(taking), tokio::spawn(posting)],
        })
    }

    /// Where Stripe's clients connect, such as `http://127.0.0.1:4242`.
    pub fn url(&self) -> String {
        format!("http://{}", self.door.address())
    }

    /// Where orders are taken.
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// The books. What is done to them is posted once they are let go of and
    /// [`wake`](Server::wake) is called.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.desk.books()
    }

    /// Has what is due posted.
    pub fn wake(&self) {
        self.desk.bell.notify_one();
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.desk.shift(millis);
    }

    /// When it returns, connections are refused, and none is left.
    pub async fn close(&self) {
        self.keys.close().await;
    }

    /// When it returns well, connections are taken again.
    ///
    /// # Errors
    /// Somebody has taken the port.
    pub async fn open(&self) -> io::Result<()> {
        self.keys.open().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
