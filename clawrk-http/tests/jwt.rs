//! Tokens of an identity provider. What an independent library makes of such tokens is compared in
//! `clawrk-server/jwt`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clawrk_http::{Api, ApiKeys, Jwts};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use support::{ADMIN, Answer, App, request, send};

const SECRET: &[u8] = b"a secret of more than thirty-two bytes";

/// When the clock of an [`App`] starts, in seconds.
const NOW: i64 = 1_735_689_600;

const UNAUTHENTICATED: &[u8] =
    br#"{"error":"Authentication required","code":"authentication_required"}"#;

struct Provider {
    app: App,
    router: Router,
}

impl Provider {
    async fn new(settle: impl FnOnce(Jwts) -> Jwts) -> Provider {
        let app = App::new().await;
        let jwts = settle(Jwts::new(app.engine.clone(), SECRET).unwrap());
        let keys = ApiKeys::new(app.engine.clone()).admin_key(ADMIN);
        let router = Api::new(app.engine.clone(), (keys, Some(jwts))).router();
        Provider { app, router }
    }

    async fn whoami(&self, token: &str) -> Answer {
        send(&self.router, request("POST", token, "/api/whoami", "")).await
    }

    async fn lets_in(&self, token: &str, user: &str) {
        let answer = self.whoami(token).await;
        assert_eq!(answer.is(200).json()["user"]["id"], user, "{token}");
    }

    async fn refuses(&self, token: &str, why: &str) {
        let answer = self.whoami(token).await;
        assert_eq!(answer.status, 401, "{why}");
        assert_eq!(answer.body, UNAUTHENTICATED, "{why}");
    }
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sign(secret: &[u8], signed: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    base64url(mac.chain_update(signed).finalize().into_bytes())
}

/// A token of these texts, signed as it should be.
fn signed(head: &str, claims: &str) -> String {
    let signed = format!("{}.{}", base64url(head), base64url(claims));
    format!("{signed}.{}", sign(SECRET, &signed))
}

const HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn token(claims: &Value) -> String {
    signed(HEAD, &claims.to_string())
}

/// Claims that are fine, with some of them changed; null takes one away.
fn claims(changes: Value) -> Value {
    let mut claims = json!({ "sub": "zoe", "exp": NOW + 600 });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

#[tokio::test]
async fn who_has_a_good_token_is_let_in() {
    let it = Provider::new(|jwts| jwts).await;
    for changes in [
        json!({}),
        json!({ "exp": 253_402_300_799_i64 }),
        json!({ "exp": 1e18 }),
        json!({ "exp": NOW as f64 + 0.5 }),
        json!({ "exp": NOW - 29 }),
        json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
        json!({ "nbf": 0, "iat": 0.5 }),
        json!({ "iss": "anybody", "aud": ["anything"] }),
        json!({ "more": { "of": ["what", 1, true, null] } }),
    ] {
        it.lets_in(&token(&claims(changes)), "zoe").await;
    }
    it.lets_in(
        &token(&claims(json!({ "sub": "auth0|a b ü" }))),
        "auth0|a b ü",
    )
    .await;
    // Keys are as good as before, and the operator's too.
    it.lets_in(&it.app.alice, "alice").await;
    let users = send(&it.router, request("GET", ADMIN, "/api/admin/users", ""));
    users.await.is(200);
}

#[tokio::test]
async fn a_user_of_the_provider_can_do_what_a_user_can() {
    let it = Provider::new(|jwts| jwts).await;
    let zoe = token(&claims(json!({})));
    let ask = |method: &str, token: &str, path: &str, body: &str| {
        let sent = request(method, token, path, body.to_owned());
        let router = it.router.clone();
        async move { send(&router, sent).await }
    };
    let made = ask("POST", &zoe, "/api/keys", r#"{"name": "laptop"}"#).await;
    let key = made.is(201).text("api_key");
    it.lets_in(&key, "zoe").await;
    ask("POST", &zoe, "/api/jobs", r#"{"prompt": "Anything"}"#)
        .await
        .is(201);
    ask("GET", &zoe, "/api/admin/users", "")
        .await
        .refused(403, "admin_only");

    ask("POST", ADMIN, "/api/admin/users/zoe/disable", "")
        .await
        .is(200);
    it.refuses(&zoe, "a disabled user").await;
    it.refuses(&key, "a disabled user's key").await;
    ask("POST", ADMIN, "/api/admin/users/zoe/enable", "")
        .await
        .is(200);
    it.lets_in(&zoe, "zoe").await;
}

#[tokio::test]
async fn a_token_is_good_until_its_end() {
    let it = Provider::new(|jwts| jwts).await;
    let zoe = token(&claims(json!({})));
    it.app.clock.advance(629_999);
    it.lets_in(&zoe, "zoe").await;
    it.app.clock.advance(1);
    it.refuses(&zoe, "30 seconds after its end").await;
}

#[tokio::test]
async fn claims_that_are_missing_wrong_or_of_another_type_are_refused() {
    let it = Provider::new(|jwts| jwts).await;
    let long = "x".repeat(256);
    for changes in [
        json!({ "exp": null }),
        json!({ "exp": NOW - 30 }),
        json!({ "exp": 0 }),
        json!({ "exp": -1 }),
        json!({ "exp": "1735690000" }),
        json!({ "exp": true }),
        json!({ "exp": [NOW + 600] }),
        json!({ "nbf": NOW + 31 }),
        json!({ "nbf": "0" }),
        json!({ "nbf": 1e300 }),
        json!({ "iat": NOW + 31 }),
        json!({ "iat": {} }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "sub": ["zoe"] }),
        json!({ "sub": "a\nb" }),
        json!({ "sub": long }),
        json!({ "iss": 5 }),
        json!({ "aud": 5 }),
        json!({ "aud": ["a", 5] }),
    ] {
        let claims = claims(changes);
        it.refuses(&token(&claims), &claims.to_string()).await;
    }
    for (head, claims) in [
        (HEAD, r#"{"sub":"zoe","exp":null}"#),
        (HEAD, r#"{"sub":"zoe","exp":1735690000,"nbf":null}"#),
        (HEAD, r#"{"sub":"zoe","exp":1e400}"#),
        (HEAD, r#"{"sub":"zoe","exp":1735690000,"sub":"zoe"}"#),
        (HEAD, r#"{"sub":"zoe","exp":1735690000,"a":{"b":1,"b":1}}"#),
        (HEAD, r#"{"sub":"zoe","exp":1735690000} "x""#),
        (HEAD, r#"["zoe"]"#),
        (HEAD, "null"),
        (HEAD, ""),
    ] {
        it.refuses(&signed(head, claims), claims).await;
    }
    let nested = format!(
        r#"{{"sub":"zoe","exp":1735690000,"a":{}1{}}}"#,
        "[".repeat(40),
        "]".repeat(40)
    );
    it.refuses(&signed(HEAD, &nested), "too deep").await;
}

#[tokio::test]
async fn no_other_algorithm_and_no_extension_is_taken() {
    let it = Provider::new(|jwts| jwts).await;
    let good = claims(json!({})).to_string();
    for head in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":null}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","crit":null}"#,
        r#"{"alg":"HS256","b64":true}"#,
        "{}",
        "",
    ] {
        it.refuses(&signed(head, &good), head).await;
    }
    // Without a signature, as an attacker would send it.
    let bare = format!("{}.{}.", base64url(r#"{"alg":"none"}"#), base64url(&good));
    it.refuses(&bare, "alg none").await;
    it.refuses(bare.trim_end_matches('.'), "two parts").await;
}

#[tokio::test]
async fn what_was_changed_after_it_was_signed_is_refused() {
    let it = Provider::new(|jwts| jwts).await;
    let good = token(&claims(json!({})));
    it.lets_in(&good, "zoe").await;
    let (signed_part, signature) = good.rsplit_once('.').unwrap();
    for other in [
        b"another secret of more than 32 bytes".as_slice(),
        b"",
        &[0; 32],
    ] {
        let forged = format!("{signed_part}.{}", sign(other, signed_part));
        it.refuses(&forged, "another secret").await;
    }
    // Any byte of it, by another one.
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        it.refuses(&String::from_utf8(bytes).unwrap(), &format!("byte {at}"))
            .await;
        it.refuses(&good[..at], "cut").await;
    }
    // The same bits in another spelling.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    let stray = alphabet.chars().nth(place ^ 1).unwrap();
    let stray = format!("{}{stray}", &good[..good.len() - 1]);
    it.refuses(&stray, "stray bits").await;
    for (token, why) in [
        (format!("{good}="), "padded"),
        (format!("{good}=="), "padded"),
        (format!("{good}."), "a fourth part"),
        (format!("{good}.{signature}"), "four parts"),
        (format!(".{good}"), "an empty part"),
        (good.replace('.', ".."), "empty parts"),
        (format!("{good}\u{a0}"), "not ASCII"),
        (good.replacen('.', " .", 1), "a space inside"),
    ] {
        it.refuses(&token, why).await;
    }
}

#[tokio::test]
async fn issuer_and_audience_count_where_they_are_set() {
    let it = Provider::new(|jwts| jwts.issuer("https://id.example/").audience("clawrk")).await;
    let iss = "https://id.example/";
    for aud in [json!("clawrk"), json!(["other", "clawrk"])] {
        let claims = claims(json!({ "iss": iss, "aud": aud }));
        it.lets_in(&token(&claims), "zoe").await;
    }
    for changes in [
        json!({}),
        json!({ "iss": iss }),
        json!({ "aud": "clawrk" }),
        json!({ "iss": "https://id.example", "aud": "clawrk" }),
        json!({ "iss": [iss], "aud": "clawrk" }),
        json!({ "iss": iss, "aud": "Clawrk" }),
        json!({ "iss": iss, "aud": "clawrk2" }),
        json!({ "iss": iss, "aud": [] }),
        json!({ "iss": iss, "aud": [["clawrk"]] }),
        json!({ "iss": iss, "aud": { "clawrk": 1 } }),
    ] {
        let claims = claims(changes);
        it.refuses(&token(&claims), &claims.to_string()).await;
    }
}

#[tokio::test]
async fn a_huge_token_is_not_looked_at() {
    let it = Provider::new(|jwts| jwts).await;
    let filled = |bytes: usize| token(&claims(json!({ "more": "x".repeat(bytes) })));
    it.lets_in(&filled(5_000), "zoe").await;
    it.refuses(&filled(6_200), "over 8 KiB").await;
    it.refuses(&filled(200_000), "huge").await;
}

#[tokio::test]
async fn a_secret_is_long_and_shown_nowhere() {
    let app = App::new().await;
    let short = Jwts::new(app.engine.clone(), &SECRET[..31]).unwrap_err();
    assert_eq!(
        short.to_string(),
        "the secret has 31 bytes; at least 32 are needed"
    );
    let jwts = Jwts::new(app.engine.clone(), &SECRET[..32]).unwrap();
    let shown = format!("{:?}", jwts.issuer("i").audience("a"));
    assert_eq!(
        shown,
        r#"Jwts { issuer: Some("i"), audience: Some("a"), .. }"#
    );
}
