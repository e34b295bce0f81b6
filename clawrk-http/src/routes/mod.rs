//! The one list of routes. What a route takes out of a request, and how that may be refused, is in
//! its handler's arguments; the rest of its description stands here.

mod money;

use std::any::Any;

use axum::Router;
use axum::response::{IntoResponse, Response};
use clawrk_core::error::Code;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::Api;
use crate::command::{Operator, User};
use crate::error::ApiError;
use crate::openapi::{self, FAILURES, about, list_of, object, one, place, status, text, word};
use crate::table::{Table, delete, get, post};
use crate::{admin, credits, events, health, jobs, keys, login, pages, scrape, unserved, users};

/// The router of that API.
pub(crate) fn router(mut api: Api) -> Router {
    table()
        .serve(&mut api)
        .fallback(unserved::route)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(api)
}

/// Every route.
pub(crate) fn table() -> Table {
    let table = pages::pages(of_the_api());
    #[cfg(feature = "docs")]
    let table = crate::docs::pages(table);
    table
}

fn of_the_api() -> Table {
    let table = users(jobs(Table::default()));
    health(money::operator(operator(money::payments(table))))
}

fn jobs(table: Table) -> Table {
    table
        .kind("jobs", "The life of a job.")
        .route(
            "/api/jobs",
            [
                get(
                    jobs::list,
                    about("listJobs", "List your jobs, newest first")
                        .notes(
                            "Without `limit`, at most 10,000 jobs or 8 MiB; the rest is behind \
                             `Link`. A page of which a filter leaves little, or nothing, may have \
                             a next one all the same.",
                        )
                        .gives(200, "The jobs.", list_of("Job"))
                        .query("status", "Only jobs of this status.", status())
                        .query(
                            "role",
                            "Those that you sent, as by itself, or those that you work on.",
                            word(["sender", "receiver"]),
                        )
                        .pages(),
                ),
                post(
                    jobs::create,
                    about("createJob", "Make a job of a prompt")
                        .body("NewJob")
                        .gives(201, "The job, `queued`.", one("Job"))
                        .refuses(&[Code::InsufficientCredits]),
                ),
            ],
        )
        .route(
            "/api/jobs/{id}",
            [get(
                jobs::show,
                about("getJob", "Look at a job")
                    .notes(
                        "A job is shown to its sender, to its receiver and, while it is `queued`, \
                         to any user. For everyone else it does not exist.",
                    )
                    .gives(200, "The job.", one("Job")),
            )],
        )
        .route(
            "/api/board",
            [get(
                jobs::board,
                about(
                    "listBoard",
                    "List the queued jobs of all senders, oldest first",
                )
                .notes("Where receivers find work.")
                .gives(200, "The jobs; 100 unless `limit` says so.", list_of("Job"))
                .query("skill", "Only jobs for this skill.", one("SkillName"))
                .pages(),
            )],
        )
        .route(
            "/api/jobs/{id}/events",
            [get(
                events::list,
                about("listEvents", "Look at a job's history, oldest first")
                    .notes(
                        "At most 1,000 events; the rest is behind `Link`. Who accepts \
                         `text/event-stream` gets all of them and those to come, one by one, \
                         until the job ends.",
                    )
                    .gives(200, "The events.", list_of("Event"))
                    .also("text/event-stream", text())
                    .or_nothing(204, "A stream of which nothing is left to come.")
                    .query("after", "Only events behind this `seq`.", place())
                    .links(),
            )],
        )
        .route(
            "/api/skills",
            [get(
                credits::skills,
                about("listSkills", "List the skills that jobs may ask for").gives(
                    200,
                    "The skills.",
                    list_of("Skill"),
                ),
            )],
        )
        .route(
            "/api/jobs/{id}/accept",
            [post(
                jobs::accept,
                about("acceptJob", "Take a job; you become its receiver")
                    .gives(200, "The job, `accepted`.", one("Job"))
                    .refuses(&[Code::WrongStatus]),
            )],
        )
        .route(
            "/api/jobs/{id}/submit",
            [post(
                jobs::submit,
                about(
                    "submitJob",
                    "Hand in output for a job, or have its skill make it",
                )
                .optional_body("Submission")
                .gives(200, "The job, `submitted`.", one("Job"))
                .refuses(&[
                    Code::SkillRunning,
                    Code::WrongStatus,
                    Code::NotReceiver,
                    Code::SkillFailed,
                ]),
            )],
        )
        .route(
            "/api/jobs/{id}/verify",
            [post(
                jobs::verify::<User>,
                about("verifyJob", "Have the output of your job judged")
                    .gives(200, "The job, with its verdict.", one("Job"))
                    .refuses(&[Code::WrongStatus, Code::NotSender]),
            )],
        )
        .route(
            "/api/jobs/{id}/cancel",
            [post(
                jobs::cancel::<User>,
                about("cancelJob", "Take your job back while nobody has taken it")
                    .gives(200, "The job, `cancelled`.", one("Job"))
                    .refuses(&[Code::WrongStatus, Code::NotSender]),
            )],
        )
        .route(
            "/api/jobs/{id}/release",
            [post(
                jobs::release::<User>,
                about("releaseJob", "Give up a job that you took")
                    .gives(200, "The job, `queued` again.", one("Job"))
                    .refuses(&[Code::SkillRunning, Code::WrongStatus, Code::NotReceiver]),
            )],
        )
}

fn users(table: Table) -> Table {
    table
        .kind("users", "Who you are.")
        .route(
            "/api/users/{id}",
            [get(
                users::show,
                about("getUser", "Look at your own account")
                    .gives(200, "The account.", one("Account"))
                    .refuses(&[Code::NotYourself]),
            )],
        )
        .route(
            "/api/whoami",
            [post(
                users::whoami,
                about("whoAmI", "Ask who you are").gives(200, "You.", one("WhoAmI")),
            )],
        )
        .route(
            "/api/credits/ledger",
            [get(
                credits::ledger,
                about(
                    "listLedger",
                    "List what your credits came from and went to, newest first",
                )
                .gives(
                    200,
                    "The entries; 100 unless `limit` says so.",
                    list_of("Entry"),
                )
                .pages(),
            )],
        )
        .route(
            "/api/payouts",
            [get(
                credits::payouts,
                about("listPayouts", "List what you are paid, newest first")
                    .gives(
                        200,
                        "The payouts; 100 unless `limit` says so.",
                        list_of("Payout"),
                    )
                    .pages(),
            )],
        )
        .route(
            "/api/keys",
            [
                get(
                    keys::list,
                    about("listKeys", "List your API keys, oldest first").gives(
                        200,
                        "The keys, without their secrets.",
                        list_of("ApiKey"),
                    ),
                ),
                post(
                    keys::create,
                    about("createKey", "Make one more API key")
                        .optional_body("NewKey")
                        .gives(201, "The key, this once.", one("CreatedKey"))
                        .refuses(&[Code::TooManyKeys]),
                ),
            ],
        )
        .route(
            "/api/keys/{id}",
            [delete(
                keys::revoke,
                about("revokeKey", "Revoke one of your API keys")
                    .gives_nothing(204, "It is refused from now on."),
            )],
        )
        .route(
            "/api/cli-login",
            [post(
                login::create,
                about(
                    "createLoginCode",
                    "Make a login code, good for one API key of yours",
                )
                .notes("A code is good for 10 minutes; of a user's codes 5 are good at once.")
                .gives(201, "The code, this once.", one("CreatedLoginCode")),
            )],
        )
        .open(
            "/api/cli-login/consume",
            [post(
                login::consume,
                about("consumeLoginCode", "Get an API key for a login code")
                    .body("LoginCode")
                    .gives(200, "The key, this once.", one("OneKey"))
                    .refuses(&[Code::LoginCodeInvalid, Code::TooManyKeys]),
            )],
        )
}

fn operator(table: Table) -> Table {
    table
        .kind("operator", "For the admin key alone.")
        .route(
            "/api/admin/users",
            [
                get(
                    admin::users,
                    about("listUsers", "List all users, by id")
                        .gives(
                            200,
                            "The users; 100 unless `limit` says so.",
                            list_of("ListedUser"),
                        )
                        .pages(),
                ),
                post(
                    admin::create_user,
                    about("createUser", "Make a user with a first API key")
                        .optional_body("NewUser")
                        .gives(201, "The user, and the key, this once.", one("CreatedUser"))
                        .refuses(&[Code::UserExists]),
                ),
            ],
        )
        .route(
            "/api/admin/users/{id}/keys",
            [post(
                admin::create_key,
                about("createUserKey", "Make one more API key for a user")
                    .optional_body("NewKey")
                    .gives(201, "The key, this once.", one("CreatedKey"))
                    .refuses(&[Code::TooManyKeys]),
            )],
        )
        .route(
            "/api/admin/users/{id}/credits",
            [post(
                admin::grant,
                about("grantCredits", "Give a user credits, or take some")
                    .body("Grant")
                    .gives(200, "What the user has now.", one("Balance"))
                    .refuses(&[Code::InsufficientCredits]),
            )],
        )
        .route(
            "/api/admin/users/{id}/disable",
            [post(
                admin::disable,
                about("disableUser", "Refuse a user's tokens").gives(
                    200,
                    "The user is disabled.",
                    one("Switched"),
                ),
            )],
        )
        .route(
            "/api/admin/users/{id}/enable",
            [post(
                admin::enable,
                about("enableUser", "Take a user's tokens again").gives(
                    200,
                    "The user is enabled.",
                    one("Switched"),
                ),
            )],
        )
        .route(
            "/api/admin/audit",
            [get(
                admin::audit,
                about("audit", "Check the rules of money on the whole store")
                    .notes("It takes time in proportion to the store.")
                    .gives(200, "What was found.", one("Audit")),
            )],
        )
        .route(
            "/api/admin/jobs/{id}/verify",
            [post(
                jobs::verify::<Operator>,
                about(
                    "verifyJobForSender",
                    "Have a job judged in its sender's place",
                )
                .gives(200, "The job, with its verdict.", one("Job"))
                .refuses(&[Code::WrongStatus]),
            )],
        )
        .route(
            "/api/admin/jobs/{id}/cancel",
            [post(
                jobs::cancel::<Operator>,
                about(
                    "cancelJobForSender",
                    "Take a job back in its sender's place",
                )
                .gives(200, "The job, `cancelled`.", one("Job"))
                .refuses(&[Code::WrongStatus]),
            )],
        )
        .route(
            "/api/admin/jobs/{id}/release",
            [post(
                jobs::release::<Operator>,
                about(
                    "releaseJobForReceiver",
                    "Give a job up in its receiver's place",
                )
                .gives(200, "The job, `queued` again.", one("Job"))
                .refuses(&[Code::SkillRunning, Code::WrongStatus]),
            )],
        )
}

fn health(table: Table) -> Table {
    let document = object([]).additional_properties(Some(openapi::anything()));
    table
        .kind("server", "The server itself.")
        .open(
            "/healthz",
            [get(
                health::healthz,
                about("healthz", "Ask whether the program runs").gives(
                    200,
                    "It does.",
                    one("Alive"),
                ),
            )],
        )
        .open(
            "/readyz",
            [get(
                health::readyz,
                about("readyz", "Ask whether the store answers")
                    .gives(200, "It does.", one("Ready"))
                    .refuses(FAILURES),
            )],
        )
        .open(
            "/metrics",
            [get(
                scrape::metrics,
                about("metrics", "Read what was counted")
                    .gives_nothing(200, "Counters, gauges and histograms, for Prometheus.")
                    .also("text/plain", text()),
            )],
        )
        .open(
            openapi::PATH,
            [get(
                openapi::serve,
                about("openapi", "Read this document").gives(200, "This document.", document),
            )],
        )
}

/// The panic itself was reported by the panic hook.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal().into_response()
}
