//! What answers is another program, or the part of provd that phones ask.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use tokio::net::TcpListener;

use super::server::run;

async fn start(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn another_program_is_not_quoted_but_called_so() {
    let page = async || (StatusCode::NOT_IMPLEMENTED, Html("<!DOCTYPE HTML>"));
    let file = async || (StatusCode::NOT_FOUND, "Not found");
    let (page, file) = (start(Router::new().fallback(page)).await, start(Router::new().fallback(file)).await);
    for (url, why) in [(page, "it shows a web page (HTTP status 501)"), (file, "phones are served there")] {
        for arguments in ["device list", "events", "export"] {
            let failure = run(&url, "secret", arguments).await.unwrap_err();
            let said = failure.to_string();
            assert_eq!(failure.exit_code(), 3, "{said}");
            assert!(said.contains("is not provd") && said.contains(why) && said.contains("--url"), "{said}");
        }
    }
}
