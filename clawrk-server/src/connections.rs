//! Connections: how many there are, how long they may take, and how they end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::gauged::Gauged;
use crate::patient::Patient;

/// How long the head of a request may take to arrive, also when a connection is idle before it.
const HEAD_MAX: Duration = Duration::from_secs(60);

/// How long a client may take none of its answer.
const UNREAD_MAX: Duration = Duration::from_secs(30);

/// How long to wait where no connection can be taken, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The connections of a server.
pub(crate) struct Connections {
    router: Router,
    http: http1::Builder,
    free: Arc<Semaphore>,
    open: GracefulShutdown,
}

impl Connections {
    pub(crate) fn new(router: Router, max: usize) -> Connections {
        metrics::gauge!("clawrk_http_connections_max").set(max as f64);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_MAX)
            // A client may end its side once it has asked, and still gets its answer.
            .half_close(true);
        Connections {
            router,
            http,
            free: Arc::new(Semaphore::new(max)),
            open: GracefulShutdown::new(),
        }
    }

    /// Takes connections for as long as it is polled.
    pub(crate) async fn accept(&self, listener: &TcpListener) {
        // The semaphore is never closed, so this ends with the future.
        while let Ok(permit) = Arc::clone(&self.free).acquire_owned().await {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    pause(&error).await;
                    continue;
                }
            };
            metrics::counter!("clawrk_http_connections_total").increment(1);
            let open = Gauged::one_more("clawrk_http_connections_open");
            let serving = self.serve(stream);
            tokio::spawn(async move {
                serving.await;
                drop((open, permit));
            });
        }
    }

    fn serve(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + 'static {
        // Answers are small and written at once: waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection will be slower than it could be");
        }
        let service = TowerToHyperService::new(self.router.clone());
        let connection = self
            .http
            .serve_connection(TokioIo::new(Patient::new(stream, UNREAD_MAX)), service);
        let watched = self.open.watch(connection);
        async {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke");
            }
        }
    }

    /// Returns once every connection has got the answer that it waits for.
    pub(crate) async fn finish(self) {
        self.open.shutdown().await;
    }
}

/// A connection that broke before it was taken is nobody's problem; anything else may last.
async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tracing::error!(%error, "no connection can be taken");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
