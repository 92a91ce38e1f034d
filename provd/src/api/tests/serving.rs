//! On a real socket: ending, and clients that hang up.

use axum::http::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::api::serve;
use crate::api::testing::{Api, TOKEN};

#[tokio::test]
async fn ending_closes_idle_connections_and_comes_back() {
    let api = Api::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(serve(listener, api.state.clone(), shutdown.clone()));

    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /0.2/status HTTP/1.1\r\nHost: provd\r\nX-Auth-Token: {TOKEN}\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");

    shutdown.cancel();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(br#"{"rest_api":"ok","bus_consumer":{"status":"ok"}}"#));
    server.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_change_is_finished_when_its_client_hangs_up() {
    let api = Api::new().await;
    let create = api.call(Method::POST, "/dev_mgr/devices", Some(json!({"device": {"id": "phone"}})));
    // Dropped after it was polled once, as hyper drops the answer of a connection that is gone.
    assert!(futures_util::FutureExt::now_or_never(create).is_none());
    api.state.changes.close();
    api.state.changes.wait().await;
    assert_eq!(api.get("/dev_mgr/devices/phone").await.status, 200);
}
