//! From the settings to a server that runs.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clawrk::{Clock, Engine, LanguageModel, Payments, TokioClock};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::admin_key;
use crate::announce::say;
use crate::args::Args;
use crate::log;
use crate::metrics::Metrics;
use crate::models;
use crate::offline;
use crate::panics;
use crate::payments;
use crate::place;
use crate::serve::{self, Served};
use crate::settings::{Environment, Given, Settings};
use crate::wrong::Wrong;

/// How long threads that still work are waited for at the very end.
const RUNTIME_STOP_MAX: Duration = Duration::from_millis(200);

/// Runs the server to its end.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Wrong> {
    let environment = Environment::of_process();
    let given = Given::gather(args, &environment)?;
    let settings = Settings::read(&given)?;
    let _log = log::init(settings.log_format, &environment)?;
    panics::log();
    for stray in environment.strays() {
        tracing::warn!("{stray}");
    }
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        match &args.command {
            Some(command) => offline::run(command, args, &settings, &given).await,
            None => start(args, &settings, &given).await,
        }
    });
    runtime.shutdown_timeout(RUNTIME_STOP_MAX);
    code
}

async fn start(args: &Args, settings: &Settings, given: &Given) -> Result<ExitCode, Wrong> {
    check_reach(settings, given)?;
    check_jwts(settings, given)?;
    payments::check(settings, given)?;
    if args.check {
        check(settings, given).await
    } else {
        serve(settings, given).await
    }
}

/// The shortest operator's key, in characters, that is not simply found by trying.
const ADMIN_KEY_CHARS_MIN: usize = 16;

/// Whoever lets others reach the server chooses the operator's key, and so knows that there is one;
/// and not one that others find.
fn check_reach(settings: &Settings, given: &Given) -> Result<(), Wrong> {
    let short = settings.admin_key.as_ref();
    let short = short.is_some_and(|key| key.0.len() < ADMIN_KEY_CHARS_MIN);
    let advice = format!("make it {ADMIN_KEY_CHARS_MIN} random characters at least");
    if settings.listen.ip().is_loopback() {
        if short {
            tracing::warn!("the admin key is so short that it can be guessed; {advice}");
        }
        return Ok(());
    }
    let listen = settings.listen;
    let reached = format!("{listen} can be reached by others");
    if settings.admin_key.is_none() {
        let cause =
            format!("{reached}; set CLAWRK_ADMIN_KEY by hand first, or listen on 127.0.0.1");
        return Err(Wrong::new(given.origin("listen"), cause));
    }
    if short {
        let cause = format!("is so short that it can be guessed, and {reached}; {advice}");
        return Err(Wrong::new(given.origin("admin_key"), cause));
    }
    Ok(())
}

/// Whoever says what a JWT must be wants some to be taken.
fn check_jwts(settings: &Settings, given: &Given) -> Result<(), Wrong> {
    let rules = [
        ("jwt_issuer", &settings.jwt_issuer),
        ("jwt_audience", &settings.jwt_audience),
    ];
    let rule = rules.iter().find(|(_, rule)| rule.is_some());
    match rule {
        Some((name, _)) if settings.jwt_secret.is_none() => {
            let cause = "is of no use, for no JWTs are taken; set jwt_secret too, or unset it";
            Err(Wrong::new(given.origin(name), cause))
        }
        _ => Ok(()),
    }
}

fn runtime() -> Result<Runtime, Wrong> {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Wrong::because("the runtime", &error))
}

/// Says what would be served.
async fn check(settings: &Settings, given: &Given) -> Result<ExitCode, Wrong> {
    for line in given.lines() {
        say(line);
    }
    let provider = payments::provider(settings, given)?;
    let model = models::model(settings, given)?;
    let engine = open_with(settings, given, provider.clone(), model).await?;
    let listener = listen(settings, given).await?;
    drop(listener);
    admin_key::check(settings)?;
    let counts = engine.store().counts().await;
    let counts = counts.map_err(|error| Wrong::because(given.origin("store"), &error))?;
    let closed = engine.close().await;
    closed.map_err(|error| Wrong::because(given.origin("store"), &error))?;
    say(format!(
        "the store {} can be used",
        place::shown(&settings.store)
    ));
    say(format!("it holds {}", place::held(&counts)));
    models::lines(settings).into_iter().for_each(say);
    payments::lines(settings).into_iter().for_each(say);
    if let Some(provider) = &provider {
        payments::greet(provider.as_ref())
            .await
            .into_iter()
            .for_each(say);
    }
    say(format!("would listen on http://{}", settings.listen));
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: &Settings, given: &Given) -> Result<ExitCode, Wrong> {
    let metrics = Metrics::install(TokioClock::new(Handle::current()).now())?;
    let provider = payments::provider(settings, given)?;
    let model = models::model(settings, given)?;
    let engine = open_with(settings, given, provider.clone(), model).await?;
    let listener = listen(settings, given).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Wrong::because(given.origin("listen"), &error))?;
    let operator = admin_key::settle(settings)?;
    introduce(settings, &operator.said);
    if let Some(provider) = &provider
        && let Some(trouble) = payments::greet(provider.as_ref()).await
    {
        say(trouble);
    }
    let served = Served {
        engine,
        admin_key: operator.key,
        metrics,
        listener,
    };
    serve::until_stopped(settings, served, || ready(address)).await
}

fn introduce(settings: &Settings, admin_key: &str) {
    let on = |on| if on { "on" } else { "off" };
    say(format!("clawrk-server {}", env!("CARGO_PKG_VERSION")));
    say(format!("store: {}", place::shown(&settings.store)));
    models::lines(settings).into_iter().for_each(say);
    payments::lines(settings).into_iter().for_each(say);
    say(format!("credits: {}", on(settings.policy().credits)));
    say(format!("admin key: {admin_key}"));
    if settings.jwt_secret.is_some() {
        let any = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "any".to_owned());
        let (issuer, audience) = (any(&settings.jwt_issuer), any(&settings.jwt_audience));
        say(format!(
            "JWTs: HS256 (issuer: {issuer}, audience: {audience})"
        ));
    }
}

fn ready(address: SocketAddr) {
    say(format!("listening on http://{address}"));
}

/// Opens the store, with a setting to blame where that fails. Nobody is asked or paid.
pub(crate) async fn open(settings: &Settings, given: &Given) -> Result<Engine, Wrong> {
    open_with(settings, given, None, None).await
}

async fn open_with(
    settings: &Settings,
    given: &Given,
    payments: Option<Arc<dyn Payments>>,
    model: Option<Arc<dyn LanguageModel>>,
) -> Result<Engine, Wrong> {
    let builder = clawrk::builder(&settings.store).await;
    let builder = builder.map_err(|error| Wrong::because(given.origin("store"), &error))?;
    let mut builder = builder.policy(settings.policy());
    if let Some(payments) = payments {
        builder = builder.payments(payments);
    }
    if let Some(model) = model {
        builder = builder.language_model(model);
    }
    let engine = builder.build();
    match engine.check_money().await {
        Ok(()) => Ok(engine),
        Err(error) => Err(Wrong::because(given.origin("stripe_secret_key"), &error)),
    }
}

async fn listen(settings: &Settings, given: &Given) -> Result<TcpListener, Wrong> {
    let listener = TcpListener::bind(settings.listen).await;
    listener.map_err(|error| {
        let cause = format!("{} cannot be listened on: {error}", settings.listen);
        Wrong::new(given.origin("listen"), cause)
    })
}
