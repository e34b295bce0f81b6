//! Serving, from the first connection to the last.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware;
use clawrk::{Engine, Error};
use clawrk_http::{Api, ApiKeys, Commands, Jwts};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::access::{self, Watch};
use crate::compression;
use crate::connections::Connections;
use crate::cors;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::stop;
use crate::wrong::{Wrong, chain};

/// How long what runs may go on after the signal to stop.
const DRAIN_MAX: Duration = Duration::from_secs(8);

/// How long the refusals of what was dropped may take to go out.
const LAST_ANSWERS_MAX: Duration = Duration::from_millis(500);

/// When the store must have been closed, from the signal on.
const CLOSE_MAX: Duration = Duration::from_millis(9_500);

/// What a server is made of.
pub(crate) struct Served {
    pub(crate) engine: Engine,
    pub(crate) admin_key: String,
    pub(crate) metrics: Metrics,
    pub(crate) listener: TcpListener,
}

/// Serves until a signal says to stop, or the store cannot go on.
pub(crate) async fn until_stopped(
    settings: &Settings,
    served: Served,
    ready: impl FnOnce(),
) -> Result<ExitCode, Wrong> {
    let Served {
        engine,
        admin_key,
        metrics,
        listener,
    } = served;
    let keys = ApiKeys::new(engine.clone()).admin_key(&admin_key);
    let auth = (keys, jwts(settings, &engine)?);
    let render = {
        let (metrics, engine) = (metrics.clone(), engine.clone());
        move || {
            let (metrics, engine) = (metrics.clone(), engine.clone());
            async move { metrics.render(&engine).await }
        }
    };
    let api = Api::new(engine.clone(), auth)
        .limits(settings.limits())
        .metrics(render);
    let (commands, streams) = (api.commands(), api.streams());
    let watch = Watch::new().map_err(|error| Wrong::because("request ids", &error))?;
    let watched = middleware::from_fn_with_state(Arc::new(watch), access::watch);
    let router = cors::with(compression::with(api.router()), &settings.cors_origins);
    let connections = Connections::new(router.layer(watched), settings.patience());
    let (stop_ticks, ticks_stopped) = oneshot::channel::<()>();
    let mut ticks = tokio::spawn(clawrk::run_ticks(engine.clone(), async {
        // Dropping the sender says so too.
        let _ = ticks_stopped.await;
    }));
    let signal = stop::signal();
    ready();
    let failed = tokio::select! {
        () = connections.accept(&listener) => false,
        () = metrics.keep() => false,
        () = signal => false,
        ended = &mut ticks => {
            log_ticks(ended);
            true
        }
    };
    let asked = Instant::now();
    tracing::info!("stopping");
    drop(listener);
    // They would go on for as long as their jobs do.
    streams.end_all();
    drain(connections, &commands).await;
    drop(stop_ticks);
    if !failed && let Ok(ended) = timeout_at(asked + CLOSE_MAX, ticks).await {
        log_ticks(ended);
    }
    let closed = close(&engine, asked + CLOSE_MAX).await;
    Ok(match failed || !closed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Whoever takes the tokens of an identity provider, where there is one.
fn jwts(settings: &Settings, engine: &Engine) -> Result<Option<Jwts>, Wrong> {
    let Some(secret) = &settings.jwt_secret else {
        return Ok(None);
    };
    let jwts = Jwts::new(engine.clone(), secret.0.as_bytes());
    let mut jwts = jwts.map_err(|error| Wrong::because("jwt_secret", &error))?;
    if let Some(issuer) = &settings.jwt_issuer {
        jwts = jwts.issuer(issuer);
    }
    if let Some(audience) = &settings.jwt_audience {
        jwts = jwts.audience(audience);
    }
    Ok(Some(jwts))
}

/// Lets what runs come to its end, or drops it.
async fn drain(connections: Connections, commands: &Commands) {
    let done = async {
        connections.finish().await;
        commands.idle().await;
    };
    let mut done = std::pin::pin!(done);
    if timeout(DRAIN_MAX, done.as_mut()).await.is_err() {
        tracing::warn!("dropping what still runs");
        commands.drop_all();
        // Nobody is left to wait for it if this too takes too long.
        let _ = timeout(LAST_ANSWERS_MAX, done).await;
    }
}

async fn close(engine: &Engine, until: Instant) -> bool {
    match timeout_at(until, engine.close()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::error!("the store could not be closed: {}", chain(&error));
            false
        }
        Err(_) => {
            tracing::error!("the store took too long to close");
            false
        }
    }
}

fn log_ticks(ended: Result<Result<(), Error>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!("the store cannot go on: {}", chain(&error)),
        Err(error) => tracing::error!("what is due can no longer be done: {error}"),
    }
}
