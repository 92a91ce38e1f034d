//! A document that somebody else changes between reading it and writing it back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::net::TcpListener;

use super::server::{run, text};

/// How often somebody else is ahead, and how often a change was tried.
#[derive(Clone, Default)]
struct Rival {
    ahead: u32,
    tries: Arc<AtomicU32>,
}

async fn answer(State(rival): State<Rival>, request: Request) -> Response {
    let tries = rival.tries.load(Ordering::SeqCst);
    if request.method() == Method::GET {
        let document = json!({"device": {"id": "a", "seen": tries}, "config": {"id": "a", "seen": tries}});
        return ([("etag", format!("\"{tries}\""))], document.to_string()).into_response();
    }
    assert_eq!(request.headers()["if-match"], format!("\"{tries}\""));
    if rival.tries.fetch_add(1, Ordering::SeqCst) < rival.ahead {
        let details = json!({"title": "Precondition Failed", "detail": "it was changed since it was read"});
        return (StatusCode::PRECONDITION_FAILED, details.to_string()).into_response();
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn start(ahead: u32) -> (Rival, String) {
    let rival = Rival { ahead, ..Rival::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(rival.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (rival, url)
}

#[tokio::test]
async fn a_change_is_made_anew_until_nobody_is_ahead() {
    for update in ["device update a --set x=1", "config update a --set raw.x=1 --no-wait"] {
        let (rival, url) = start(2).await;
        assert!(text(&url, update).await.contains("is updated"));
        assert_eq!(rival.tries.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn who_is_never_first_is_told() {
    let (_, url) = start(u32::MAX).await;
    let failure = run(&url, "secret", "device update a --set x=1").await.unwrap_err();
    assert_eq!(
        (failure.exit_code(), failure.to_string()),
        (1, "it was changed since it was read (HTTP status 412)".to_owned())
    );
}
