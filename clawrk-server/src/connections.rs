//! Connections: how many there are, how long they may take, and how they end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::descriptors;
use crate::gauged::Gauged;
use crate::patient::Patient;

/// How much is read ahead of what a client sends, and so about the longest head. The most headers
/// are 100, by hyper's own choice.
const AHEAD_BYTES_MAX: usize = 64 << 10;

/// How long a client whose machine is silent counts as there: then it is asked, and given up if
/// nothing comes of that for as long again.
#[cfg(target_os = "linux")]
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How long to wait where no connection can be taken, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections there may be, and what they may take their time for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) connections_max: usize,
    /// To send the head of the first request.
    pub(crate) head: Duration,
    /// To send the head of a later one.
    pub(crate) idle: Duration,
    /// To take something of an answer.
    pub(crate) unread: Duration,
}

/// The connections of a server.
pub(crate) struct Connections {
    router: Router,
    http: http1::Builder,
    patience: Patience,
    free: Arc<Semaphore>,
    open: GracefulShutdown,
}

impl Connections {
    pub(crate) fn new(router: Router, patience: Patience) -> Connections {
        let max = descriptors::allow(patience.connections_max);
        metrics::gauge!("clawrk_http_connections_max").set(max as f64);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(patience.idle)
            .max_buf_size(AHEAD_BYTES_MAX)
            // A client may end its side once it has asked, and still gets its answer.
            .half_close(true);
        Connections {
            router,
            http,
            patience,
            free: Arc::new(Semaphore::new(max)),
            open: GracefulShutdown::new(),
        }
    }

    /// Takes connections for as long as it is polled.
    pub(crate) async fn accept(&self, listener: &TcpListener) {
        // The semaphore is never closed, so this ends with the future.
        while let Ok(permit) = Arc::clone(&self.free).acquire_owned().await {
            let (stream, peer) = match listener.accept().await {
                Ok(taken) => taken,
                Err(error) => {
                    pause(&error).await;
                    continue;
                }
            };
            metrics::counter!("clawrk_http_connections_total").increment(1);
            let open = Gauged::one_more("clawrk_http_connections_open");
            let serving = self.serve(stream, peer);
            tokio::spawn(async move {
                serving.await;
                drop((open, permit));
            });
        }
    }

    fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = ()> + Send + 'static {
        // Answers are small and written at once: waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection will be slower than it could be");
        }
        outlive(&stream, self.patience.unread);
        let asked = Arc::new(AtomicBool::new(false));
        let router = TowerToHyperService::new(self.router.clone());
        let service = {
            let asked = Arc::clone(&asked);
            service_fn(move |mut request: Request<Incoming>| {
                asked.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(ConnectInfo(peer));
                router.call(request)
            })
        };
        let stream = TokioIo::new(Patient::new(stream, self.patience.unread));
        let watched = self.open.watch(self.http.serve_connection(stream, service));
        let head = self.patience.head;
        async move {
            let said_nothing = async {
                tokio::time::sleep(head).await;
                if asked.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                ended = watched => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                },
                () = said_nothing => tracing::debug!("a connection sent no request in time"),
            }
        }
    }

    /// Returns once every connection has got the answer that it waits for.
    pub(crate) async fn finish(self) {
        self.open.shutdown().await;
    }
}

/// Lets the operating system find out about clients that went away without a word, as when a
/// machine is switched off, and about those that do not read what it has taken for them: it takes
/// megabytes, so writing goes on for long.
#[cfg(target_os = "linux")]
fn outlive(stream: &TcpStream, unread: Duration) {
    use rustix::net::sockopt;

    const ASKED_TIMES: u32 = 4;
    let set = || {
        sockopt::set_tcp_keepidle(stream, SILENCE_MAX)?;
        sockopt::set_tcp_keepintvl(stream, SILENCE_MAX / ASKED_TIMES)?;
        sockopt::set_tcp_keepcnt(stream, ASKED_TIMES)?;
        sockopt::set_socket_keepalive(stream, true)?;
        let unread_ms = u32::try_from(unread.as_millis()).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(stream, unread_ms)
    };
    if let Err(error) = set() {
        tracing::debug!(%error, "a client that goes away may not be missed");
    }
}

/// Lets the operating system find out about clients that went away: as it does by itself.
#[cfg(not(target_os = "linux"))]
fn outlive(_: &TcpStream, _: Duration) {}

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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_request_says_where_it_is_from() {
        let said = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let patience = Patience {
            connections_max: 5,
            head: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            unread: Duration::from_secs(60),
        };
        let connections = Connections::new(Router::new().route("/", get(said)), patience);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asking = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            (stream.local_addr().unwrap(), answer)
        };
        tokio::select! {
            () = connections.accept(&listener) => {}
            (own, answer) = asking => {
                let end = format!("\r\n\r\n{own}");
                assert!(answer.ends_with(&end), "{answer:?} from {own}");
            }
        }
    }
}
