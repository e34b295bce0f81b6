//! Who may do what: every route of the served description, asked by everybody, about what is
//! their own, what is somebody else's and what is not there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use clawrk_core::Call;
use clawrk_core::money::Credits;
use serde_json::Value;
use support::conform::conforms;
use support::shop::Shop;
use support::{ADMIN, Answer, App, request};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    NoKey,
    BadKey,
    Disabled,
    Admin,
    /// alice, who sent the job of alice and bob.
    Sender,
    /// bob, who received it.
    Receiver,
    /// eve, who has to do with none.
    Other,
}

const CALLERS: [Caller; 7] = [
    Caller::NoKey,
    Caller::BadKey,
    Caller::Disabled,
    Caller::Admin,
    Caller::Sender,
    Caller::Receiver,
    Caller::Other,
];

/// What the request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Object {
    /// The job of alice and bob; the caller's own account or key.
    Own,
    /// The job of carol and dave; carol's account or key.
    Foreign,
    /// An id of the right form that nothing has.
    Absent,
}

const OBJECTS: [Object; 3] = [Object::Own, Object::Foreign, Object::Absent];

/// What `{id}` in the path is, and in which state a job has to be for the verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Nothing,
    Queued,
    Accepted,
    Submitted,
    User,
    Key,
    Payout,
}

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Anybody at all gets that status, with that code where it is a refusal.
    Open(u16, &'static str),
    AnyUser,
    /// The job's sender; else 403.
    Sender,
    /// The job's receiver; else 403.
    Receiver,
    /// The job's sender or receiver; for anyone else it is not there.
    Participant,
    /// The user itself; else 403.
    Themselves,
    /// Whoever owns it; for anyone else it is not there.
    Owner,
    Admin,
}

/// An operation, what it is about, who may, the status then, and a body that is fine.
type Rule = (&'static str, About, Who, u16, &'static str);

const RULES: &[Rule] = &[
    ("listJobs", About::Nothing, Who::AnyUser, 200, ""),
    (
        "createJob",
        About::Nothing,
        Who::AnyUser,
        201,
        r#"{"prompt":"Do it"}"#,
    ),
    ("getJob", About::Accepted, Who::Participant, 200, ""),
    ("listEvents", About::Accepted, Who::Participant, 200, ""),
    ("listBoard", About::Nothing, Who::AnyUser, 200, ""),
    ("listSkills", About::Nothing, Who::AnyUser, 200, ""),
    ("listLedger", About::Nothing, Who::AnyUser, 200, ""),
    ("listPayouts", About::Nothing, Who::AnyUser, 200, ""),
    ("acceptJob", About::Queued, Who::AnyUser, 200, ""),
    (
        "submitJob",
        About::Accepted,
        Who::Receiver,
        200,
        r#"{"output":"It is done"}"#,
    ),
    ("verifyJob", About::Submitted, Who::Sender, 200, ""),
    ("cancelJob", About::Queued, Who::Sender, 200, ""),
    ("releaseJob", About::Accepted, Who::Receiver, 200, ""),
    ("getUser", About::User, Who::Themselves, 200, ""),
    ("whoAmI", About::Nothing, Who::AnyUser, 200, ""),
    ("listKeys", About::Nothing, Who::AnyUser, 200, ""),
    (
        "createKey",
        About::Nothing,
        Who::AnyUser,
        201,
        r#"{"name":"laptop"}"#,
    ),
    ("revokeKey", About::Key, Who::Owner, 204, ""),
    ("createLoginCode", About::Nothing, Who::AnyUser, 201, ""),
    (
        "consumeLoginCode",
        About::Nothing,
        Who::Open(400, "login_code_invalid"),
        0,
        r#"{"code":"x"}"#,
    ),
    (
        "checkout",
        About::Nothing,
        Who::AnyUser,
        200,
        r#"{"tier":"pro"}"#,
    ),
    ("connect", About::Nothing, Who::AnyUser, 200, ""),
    ("connectStatus", About::Nothing, Who::AnyUser, 200, ""),
    (
        "webhook",
        About::Nothing,
        Who::Open(400, "webhook_invalid"),
        0,
        "{}",
    ),
    ("listUsers", About::Nothing, Who::Admin, 200, ""),
    (
        "createUser",
        About::Nothing,
        Who::Admin,
        201,
        r#"{"id":"frank","name":"Frank"}"#,
    ),
    ("createUserKey", About::User, Who::Admin, 201, ""),
    (
        "grantCredits",
        About::User,
        Who::Admin,
        200,
        r#"{"delta":5,"reason":"a gift"}"#,
    ),
    ("disableUser", About::User, Who::Admin, 200, ""),
    ("enableUser", About::User, Who::Admin, 200, ""),
    ("listAllPayouts", About::Nothing, Who::Admin, 200, ""),
    ("retryPayout", About::Payout, Who::Admin, 200, ""),
    (
        "resolvePayout",
        About::Payout,
        Who::Admin,
        200,
        r#"{"outcome":"written_off","note":"paid by hand"}"#,
    ),
    ("getOutbox", About::Nothing, Who::Admin, 200, ""),
    (
        "resumeOutbox",
        About::Nothing,
        Who::Admin,
        200,
        r#"{"note":"all is well"}"#,
    ),
    ("audit", About::Nothing, Who::Admin, 200, ""),
    ("verifyJobForSender", About::Submitted, Who::Admin, 200, ""),
    ("cancelJobForSender", About::Queued, Who::Admin, 200, ""),
    (
        "releaseJobForReceiver",
        About::Accepted,
        Who::Admin,
        200,
        "",
    ),
    ("healthz", About::Nothing, Who::Open(200, ""), 0, ""),
    ("readyz", About::Nothing, Who::Open(200, ""), 0, ""),
    ("metrics", About::Nothing, Who::Open(200, ""), 0, ""),
    ("openapi", About::Nothing, Who::Open(200, ""), 0, ""),
];

/// The status, and the code of a refusal.
type Expected = (u16, &'static str);

fn expected(rule: &Rule, caller: Caller, object: Object) -> Expected {
    let (_, about, who, success, _) = *rule;
    match (who, caller) {
        (Who::Open(status, code), _) => return (status, code),
        (_, Caller::NoKey | Caller::BadKey | Caller::Disabled) => {
            return (401, "authentication_required");
        }
        (Who::Admin, Caller::Admin) => {}
        (Who::Admin, _) => return (403, "admin_only"),
        (_, Caller::Admin) => return (403, "user_only"),
        (Who::Themselves, _) if object != Object::Own => return (403, "not_yourself"),
        _ => {}
    }
    let own = object == Object::Own;
    let is_sender = own && caller == Caller::Sender;
    let is_receiver = own && caller == Caller::Receiver;
    match (about, who) {
        (About::Nothing, _) => (success, ""),
        (About::User, _) if object == Object::Absent => (404, "user_not_found"),
        (About::User, _) => (success, ""),
        (About::Payout, _) if object == Object::Absent => (404, "payout_not_found"),
        (About::Payout, _) => (success, ""),
        (About::Key, _) if own => (success, ""),
        (About::Key, _) => (404, "key_not_found"),
        _ if object == Object::Absent => (404, "job_not_found"),
        (_, Who::Participant) if !is_sender && !is_receiver => (404, "job_not_found"),
        (_, Who::Sender) if !is_sender => (403, "not_sender"),
        (_, Who::Receiver) if !is_receiver => (403, "not_receiver"),
        _ => (success, ""),
    }
}

/// An exchange in which everything that a route may be about is there.
struct Scene {
    app: App,
    disabled: String,
    /// By caller and object, what stands for `{id}`.
    jobs: [String; 2],
    keys: BTreeMap<String, String>,
}

impl Scene {
    async fn of(about: About) -> Scene {
        let app = Shop::new().await.app;
        let mut tokens = BTreeMap::new();
        for name in ["carol", "dave", "dora"] {
            let user = app.engine.create_user(Some(name), None).await.unwrap();
            tokens.insert(name, user.api_key.secret);
        }
        let mut keys = BTreeMap::new();
        for name in ["alice", "bob", "eve", "carol"] {
            let key = app.engine.create_key(&name.parse().unwrap(), None).await;
            keys.insert(name.to_owned(), key.unwrap().key.id.to_string());
        }
        let dora = "dora".parse().unwrap();
        let off = app.engine.set_user_disabled(Call::by_admin(), &dora, true);
        off.await.unwrap();
        for name in ["alice", "bob", "eve", "carol"] {
            let name = name.parse().unwrap();
            let gift = app
                .engine
                .grant_credits(Call::by_admin(), &name, Credits::new(9), "gift");
            gift.await.unwrap();
        }
        let ours = job(&app, about, &app.alice, &app.bob).await;
        let theirs = job(&app, about, &tokens["carol"], &tokens["dave"]).await;
        Scene {
            disabled: tokens["dora"].clone(),
            jobs: [ours, theirs],
            keys,
            app,
        }
    }

    fn token(&self, caller: Caller) -> &str {
        match caller {
            Caller::NoKey => "",
            Caller::BadKey => "clawrk_0000000000000_nonsense",
            Caller::Disabled => &self.disabled,
            Caller::Admin => ADMIN,
            Caller::Sender => &self.app.alice,
            Caller::Receiver => &self.app.bob,
            Caller::Other => &self.app.eve,
        }
    }

    /// What stands for `{id}`.
    fn id(&self, about: About, caller: Caller, object: Object) -> String {
        let owner = match (object, caller) {
            (Object::Foreign, _) => "carol",
            (_, Caller::Receiver) => "bob",
            (_, Caller::Other) => "eve",
            _ => "alice",
        };
        match (about, object) {
            (About::Nothing, _) => String::new(),
            (About::User, Object::Absent) => "nobody".to_owned(),
            (About::User, _) => owner.to_owned(),
            (About::Key, Object::Absent) => "0000000000007".to_owned(),
            (About::Key, _) => self.keys[owner].clone(),
            (About::Payout, Object::Own) => format!("po_{}", self.jobs[0]),
            (About::Payout, Object::Foreign) => format!("po_{}", self.jobs[1]),
            (About::Payout, Object::Absent) => "po_00000000000000000000000009".to_owned(),
            (_, Object::Own) => self.jobs[0].clone(),
            (_, Object::Foreign) => self.jobs[1].clone(),
            (_, Object::Absent) => "00000000000000000000000009".to_owned(),
        }
    }
}

/// A job that has come as far as the route needs it.
async fn job(app: &App, about: About, sender: &str, receiver: &str) -> String {
    let made = app.post(sender, "/api/jobs", r#"{"prompt":"Do it"}"#).await;
    let id = made.is(201).text("id");
    let path = |verb: &str| format!("/api/jobs/{id}/{verb}");
    if matches!(about, About::Accepted | About::Submitted | About::Payout) {
        app.post(receiver, &path("accept"), "").await.is(200);
    }
    if matches!(about, About::Submitted | About::Payout) {
        let output = r#"{"output":"What came of it, at some length"}"#;
        app.post(receiver, &path("submit"), output).await.is(200);
    }
    if about == About::Payout {
        app.post(sender, &path("verify"), "").await.is(200);
    }
    id
}

/// The operations of the served description, by name: method, path, description.
fn operations(document: &Value) -> BTreeMap<String, (String, String, Value)> {
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, about) in methods.as_object().unwrap() {
            let name = about["operationId"].as_str().unwrap().to_owned();
            let operation = (method.to_uppercase(), path.clone(), about.clone());
            assert!(found.insert(name, operation).is_none(), "{path}");
        }
    }
    found
}

async fn described() -> Value {
    App::new().await.get("", "/openapi.json").await.json()
}

async fn ask(rule: &Rule, operation: &(String, String, Value), at: (Caller, Object)) -> Answer {
    let (_, about, _, _, body) = *rule;
    let (caller, object) = at;
    let scene = Scene::of(about).await;
    let (method, path, _) = operation;
    let path = path.replace("{id}", &scene.id(about, caller, object));
    let body = body.to_owned();
    let sent = request(method, scene.token(caller), &path, body);
    scene.app.send(sent).await
}

#[tokio::test]
async fn there_is_a_rule_for_every_route_and_a_route_for_every_rule() {
    let operations = operations(&described().await);
    let served: BTreeSet<&str> = operations.keys().map(String::as_str).collect();
    let ruled: BTreeSet<&str> = RULES.iter().map(|rule| rule.0).collect();
    assert_eq!(served, ruled);
    assert_eq!(ruled.len(), RULES.len());
    for (name, about, ..) in RULES {
        let has_id = operations[*name].1.contains("{id}");
        assert_eq!(has_id, *about != About::Nothing, "{name}");
    }
}

#[tokio::test]
async fn everybody_gets_what_the_rules_say() {
    let document = described().await;
    let operations = operations(&document);
    for rule in RULES {
        let operation = &operations[rule.0];
        for caller in CALLERS {
            for object in OBJECTS {
                let answer = ask(rule, operation, (caller, object)).await;
                let code = match answer.status.is_success() {
                    true => String::new(),
                    false => answer.code(),
                };
                let got = (answer.status.as_u16(), code.as_str());
                let wanted = expected(rule, caller, object);
                assert_eq!(got, wanted, "{} {caller:?} {object:?}", rule.0);
                conforms(&document, &operation.2, &answer);
            }
        }
    }
}

/// What an exchange without a payment provider answers, before it looks at anything but who asks.
fn expected_off(rule: &Rule, caller: Caller) -> Expected {
    match (rule.2, caller) {
        (Who::Open(..), _) => (503, "not_configured"),
        (_, Caller::NoKey | Caller::BadKey) => (401, "authentication_required"),
        (_, Caller::Admin) => (403, "user_only"),
        _ => (503, "not_configured"),
    }
}

#[tokio::test]
async fn without_a_provider_every_route_to_it_says_so() {
    let app = App::new().await;
    let document = app.get("", "/openapi.json").await.json();
    let operations = operations(&document);
    let mut asked = 0;
    for rule in RULES {
        let (method, path, about) = &operations[rule.0];
        if !path.starts_with("/api/stripe/") {
            continue;
        }
        for (caller, token) in [
            (Caller::NoKey, ""),
            (Caller::BadKey, "clawrk_0000000000000_nonsense"),
            (Caller::Admin, ADMIN),
            (Caller::Sender, &app.alice),
        ] {
            for body in [rule.4, "not json"] {
                let answer = app
                    .send(request(method, token, path, body.to_owned()))
                    .await;
                let got = (answer.status.as_u16(), answer.code());
                let (status, code) = expected_off(rule, caller);
                assert_eq!(got, (status, code.to_owned()), "{} {caller:?}", rule.0);
                conforms(&document, about, &answer);
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 4 * 4 * 2);
}

#[tokio::test]
async fn what_is_foreign_looks_to_the_last_byte_as_if_it_were_absent() {
    let operations = operations(&described().await);
    let mut compared = 0;
    for rule in RULES.iter().filter(|rule| rule.1 != About::Nothing) {
        let operation = &operations[rule.0];
        if operation.0 != "GET" && rule.2 != Who::Owner {
            continue;
        }
        for caller in CALLERS {
            let absent = ask(rule, operation, (caller, Object::Absent)).await;
            let foreign = ask(rule, operation, (caller, Object::Foreign)).await;
            assert_eq!(foreign, absent, "{} {caller:?}", rule.0);
            compared += 1;
        }
    }
    assert!(compared >= CALLERS.len() * 3, "{compared}");
}

#[tokio::test]
async fn an_answer_that_is_not_as_described_is_seen() {
    let document = described().await;
    let operations = operations(&document);
    let rule = RULES.iter().find(|rule| rule.0 == "createJob").unwrap();
    let operation = &operations[rule.0];
    let answer = ask(rule, operation, (Caller::Sender, Object::Own)).await;
    let job = answer.json();
    let altered: [fn(&mut Value); 5] = [
        |job| job["status"] = "done".into(),
        |job| job["receiver"] = 7.into(),
        |job| job["more"] = Value::Null,
        |job| job["verification"] = serde_json::json!({"passed": true}),
        |job| {
            job.as_object_mut()
                .unwrap()
                .remove("output")
                .map_or((), drop)
        },
    ];
    for alter in altered {
        let mut job = job.clone();
        alter(&mut job);
        let body = serde_json::to_vec(&job).unwrap();
        let altered = Answer {
            body,
            ..answer.clone()
        };
        let check = || conforms(&document, &operation.2, &altered);
        assert!(std::panic::catch_unwind(check).is_err(), "{job}");
    }
}
