//! A port that can be closed, so that a connection to it is refused, and opened again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::exchange::{self, Desk};

/// An order to the porter.
#[derive(Debug)]
enum Order {
    /// Refuse connections, and end those that are there.
    Close(oneshot::Sender<()>),
    /// Take them again, on the same port.
    Open(oneshot::Sender<io::Result<()>>),
}

/// Most orders that wait.
const ORDERS_MAX: usize = 8;

/// Where clients connect.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    porter: JoinHandle<()>,
}

impl Door {
    /// Opens a port.
    pub(super) async fn open(listen: SocketAddr, desk: Arc<Desk>) -> io::Result<Door> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let (orders, waiting) = mpsc::channel(ORDERS_MAX);
        let porter = tokio::spawn(keep(listener, address, waiting, desk));
        Ok(Door {
            address,
            orders,
            porter,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whoever may close and open the door.
    pub(super) fn keys(&self) -> Keys {
        Keys {
            orders: self.orders.clone(),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.porter.abort();
    }
}

/// Closes and opens a door. Clones are for the same door.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    orders: mpsc::Sender<Order>,
}

impl Keys {
    /// When it returns, connections are refused, and none is left.
    pub(super) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            // An error is a porter that has gone, and its door with it.
            let _ = wait.await;
        }
    }

    /// When it returns well, connections are taken.
    pub(super) async fn open(&self) -> io::Result<()> {
        let gone = || io::Error::other("the server has ended");
        let (done, wait) = oneshot::channel();
        let sent = self.orders.send(Order::Open(done)).await;
        sent.map_err(|_| gone())?;
        wait.await.map_err(|_| gone())?
    }
}

/// Takes connections and orders, until nobody can give one any more.
async fn keep(
    listener: TcpListener,
    address: SocketAddr,
    mut orders: mpsc::Receiver<Order>,
    desk: Arc<Desk>,
) {
    let mut listener = Some(listener);
    let mut guests = JoinSet::new();
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            stream = next(listener.as_ref()) => {
                guests.spawn(serve(stream, Arc::clone(&desk)));
                continue;
            }
            Some(_) = guests.join_next() => continue,
        };
        match order {
            None => return,
            Some(Order::Close(done)) => {
                listener = None;
                guests.shutdown().await;
                let _ = done.send(());
            }
            Some(Order::Open(done)) => {
                let opened = match &listener {
                    Some(_) => Ok(()),
                    None => TcpListener::bind(address).await.map(|it| {
                        listener = Some(it);
                    }),
                };
                let _ = done.send(opened);
            }
        }
    }
}

/// The next connection; never, while the door is closed.
async fn next(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        // A connection that broke before it was taken is nobody's problem.
        if let Ok((stream, _)) = listener.accept().await {
            return stream;
        }
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    // Answers are small: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| {
        let desk = Arc::clone(&desk);
        exchange::exchange(desk, request)
    });
    let mut http = http1::Builder::new();
    let connection = http
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // It breaks when a client goes away, and where it is given up on purpose.
    let _ = connection.await;
}
