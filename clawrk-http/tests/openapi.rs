//! The description of the API says what is served, and is served itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use axum::Router;
use clawrk_core::policy::Policy;
use serde_json::Value;
use support::{ADMIN, App, request, send};

/// The operations of a document: path, method and description.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter()
            .map(|(method, about)| (path.as_str(), method.as_str(), about))
    });
    methods.collect()
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(to) if name == "$ref" => {
                        found.insert(to.clone());
                    }
                    _ => references(member, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_stored_description_is_what_is_served() {
    let stored = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let stored = std::fs::read_to_string(stored).unwrap();
    let app = App::new().await;
    let made = clawrk_http::openapi(&app.engine);
    assert!(stored.lines().eq(made.lines()), "run `cargo xtask docs`");
    let served = app.get("", "/openapi.json").await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    let stored: Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(served.is(200).json(), stored);
}

#[tokio::test]
async fn a_nested_router_says_where_it_is() {
    let app = App::new().await;
    let nested = Router::new().nest("/x/exchange", app.router.clone());
    let answer = send(&nested, request("GET", "", "/x/exchange/openapi.json", "")).await;
    assert_eq!(answer.is(200).json()["servers"][0]["url"], "/x/exchange");
}

#[tokio::test]
async fn sizes_are_those_of_the_policy() {
    let mut policy = Policy::default();
    policy.prompt_bytes_max = 77;
    let app = App::with(policy, |builder| builder).await;
    let document = app.get("", "/openapi.json").await.json();
    let prompt = &document["components"]["schemas"]["NewJob"]["properties"]["prompt"];
    assert_eq!(prompt["maxLength"], 77);
}

#[tokio::test]
async fn every_described_method_is_served_and_no_other() {
    let app = App::new().await;
    let document = app.get("", "/openapi.json").await.json();
    for path in document["paths"].as_object().unwrap().keys() {
        let token = if path.contains("/admin/") {
            ADMIN
        } else {
            &app.alice
        };
        let real = path.replace("{id}", "none");
        let described = operations(&document);
        let described = described.iter().filter(|(found, ..)| found == path);
        let mut expected: BTreeSet<String> = described
            .map(|(_, method, _)| method.to_uppercase())
            .collect();
        if expected.contains("GET") {
            expected.insert("HEAD".to_owned());
        }
        let refused = app.send(request("BREW", token, &real, "")).await;
        let allowed = refused.refused(405, "method_not_allowed").header("allow");
        let allowed = allowed
            .unwrap()
            .split(',')
            .map(|name| name.trim().to_owned());
        assert_eq!(allowed.collect::<BTreeSet<_>>(), expected, "{path}");
        for method in expected {
            let answer = app.send(request(&method, token, &real, "")).await;
            if method != "HEAD" && answer.status.is_client_error() {
                let code = answer.code();
                assert_ne!(code, "route_not_found", "{method} {path}");
                assert_ne!(code, "method_not_allowed", "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn whatever_is_named_is_there_and_whatever_is_there_is_named() {
    let app = App::new().await;
    let document: Value = serde_json::from_str(&clawrk_http::openapi(&app.engine)).unwrap();
    let mut named = BTreeSet::new();
    references(&document, &mut named);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let there = schemas
        .keys()
        .map(|name| format!("#/components/schemas/{name}"));
    assert_eq!(named, there.collect::<BTreeSet<_>>());
    let ids: Vec<&Value> = operations(&document)
        .iter()
        .map(|(_, _, about)| &about["operationId"])
        .collect();
    let different: BTreeSet<String> = ids.iter().map(|id| id.to_string()).collect();
    assert_eq!(different.len(), ids.len());
}

#[tokio::test]
async fn members_stand_in_the_documented_order() {
    let app = App::new().await;
    let id = app.job("Anything").await;
    let text = clawrk_http::openapi(&app.engine);
    let job = text.split("\n      \"Job\": {").nth(1).unwrap();
    let job = job.split("\"properties\": {").nth(1).unwrap();
    let answer = app.get(&app.alice, &format!("/api/jobs/{id}")).await;
    let body = String::from_utf8(answer.body.clone()).unwrap();
    let (mut described, mut sent) = (job, body.as_str());
    let members = [
        "id",
        "status",
        "prompt",
        "title",
        "intent",
        "skill",
        "criteria",
        "sender",
        "receiver",
        "output",
        "verification",
        "created_at",
        "updated_at",
    ];
    for member in members {
        let name = format!("\"{member}\":");
        described = described.split_once(&name).unwrap().1;
        sent = sent.split_once(&name).unwrap().1;
    }
    assert_eq!(answer.json().as_object().unwrap().len(), members.len());
}
