//! The page at `/docs` is whole by itself: all that it names is here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use axum::Router;
use support::{App, request, send};

/// What a page names in attributes of that kind.
fn named<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!("{attribute}=\"");
    let parts = page.split(begin.as_str()).skip(1);
    parts.map(|part| part.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_page_and_all_it_names_are_served_to_anybody_wherever_it_is_nested() {
    let app = App::new().await;
    for prefix in ["", "/x/exchange"] {
        let router = match prefix {
            "" => app.router.clone(),
            _ => Router::new().nest(prefix, app.router.clone()),
        };
        let get = |path: String| send(&router, request("GET", "", &path, ""));
        let page = get(format!("{prefix}/docs")).await;
        assert_eq!(
            page.is(200).header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let html = String::from_utf8(page.body.clone()).unwrap();
        let files = [named(&html, "src"), named(&html, "href")].concat();
        assert_eq!(files.len(), 4);
        for file in files {
            // Beside the page, so that neither another host nor the prefix matters.
            assert!(file.starts_with("docs/"), "{file}");
            let answer = get(format!("{prefix}/{file}")).await;
            assert!(!answer.is(200).body.is_empty(), "{file}");
            let media = answer.header("content-type").unwrap();
            let wanted = match file.rsplit('.').next().unwrap() {
                "js" => "text/javascript",
                "css" => "text/css",
                "png" => "image/png",
                other => panic!("{other}"),
            };
            assert_eq!(media, wanted, "{file}");
        }
        let start = get(format!("{prefix}/docs/start.js")).await;
        let start = String::from_utf8(start.body).unwrap();
        assert!(start.contains(r#"url: "openapi.json""#), "{start}");
        get(format!("{prefix}/openapi.json")).await.is(200);
    }
}

#[tokio::test]
async fn a_browser_is_told_to_fetch_nothing_from_elsewhere() {
    let app = App::new().await;
    let page = app.get("", "/docs").await;
    let policy = page.header("content-security-policy").unwrap();
    let sources = policy
        .split(';')
        .flat_map(|rule| rule.split_whitespace().skip(1));
    for source in sources {
        let local = ["'none'", "'self'", "data:", "'unsafe-inline'"].contains(&source);
        assert!(local, "{source}");
    }
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn what_is_no_file_of_the_page_is_not_found() {
    let app = App::new().await;
    for path in ["/docs/", "/docs/index.html", "/docs/..%2Fopenapi.json"] {
        app.get("", path).await.refused(404, "route_not_found");
    }
    app.post("", "/docs", "")
        .await
        .refused(405, "method_not_allowed");
}
