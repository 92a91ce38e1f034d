//! An operation that is followed by an administrator who has seen enough.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use provd_tests::{provd_binary, within};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;

/// Says once that the operation goes on, as a server would.
async fn say_it_goes_on(listener: &TcpListener) -> Result<()> {
    let (mut stream, _) = listener.accept().await?;
    ensure!(stream.read(&mut [0; 4096]).await? > 0, "nothing was asked");
    let document = r#"{"number": 7, "what": "configure", "state": "progress", "current": 1, "end": 9}"#;
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", document.len());
    stream.write_all(format!("{head}{document}").as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

#[tokio::test]
async fn who_stops_following_is_told_that_the_operation_goes_on() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let watching = Command::new(provd_binary()?)
        .args(["operation", "watch", "7", "--token", "secret", "--url", &url])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    // Who looks a second time hears signals already.
    for _ in 0..2 {
        within("a look at the operation", say_it_goes_on(&listener)).await??;
    }
    let id = watching.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    kill_process(id.context("it ended")?, Signal::INT)?;
    let said = within("its end", watching.wait_with_output()).await??;
    assert_eq!(said.status.code(), Some(130), "{said:?}");
    let told = String::from_utf8_lossy(&said.stderr);
    assert!(told.contains("operation 7 goes on: see `provd operation watch 7`"), "{told}");
    Ok(())
}
