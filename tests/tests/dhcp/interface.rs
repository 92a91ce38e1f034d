//! What the hook tells provd, without provd: an interface that writes down what it is told and answers what a test wants.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use provd_tests::eventually;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Decides on the status of an answer: what is told, and how many were told before.
type Answer = Box<dyn Fn(&Value, usize) -> u16 + Send + Sync>;

/// The interface. Gone when dropped.
pub(crate) struct Interface {
    url: String,
    told: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl Interface {
    /// One that takes everything.
    pub(crate) async fn start() -> Result<Interface> {
        Interface::answering(|_, _| 204).await
    }

    /// One that answers as it is told to.
    pub(crate) async fn answering(
        answer: impl Fn(&Value, usize) -> u16 + Send + Sync + 'static,
    ) -> Result<Interface> {
        Interface::on(TcpListener::bind(("127.0.0.1", 0)).await?, answer)
    }

    /// One on a socket that there is already.
    pub(crate) fn on(
        listener: TcpListener,
        answer: impl Fn(&Value, usize) -> u16 + Send + Sync + 'static,
    ) -> Result<Interface> {
        let url = format!("http://{}", listener.local_addr()?);
        let told = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, Arc::clone(&told), Box::new(answer)));
        Ok(Interface { url, told, task })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The events it was told so far.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a number of events, and gives them.
    pub(crate) async fn was_told(&self, count: usize) -> Result<Vec<Value>> {
        let look = || async { Ok((self.told().len() >= count).then(|| self.told())) };
        eventually(&format!("{count} events"), look).await
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, told: Arc<Mutex<Vec<Value>>>, answer: Answer) {
    while let Ok((connection, _)) = listener.accept().await {
        // A sender that is stopped while it talks is none of the interface's trouble.
        let _ = converse(connection, &told, &answer).await;
    }
}

async fn converse(connection: TcpStream, told: &Mutex<Vec<Value>>, answer: &Answer) -> Result<()> {
    let mut connection = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    let event: Value = serde_json::from_slice(&body)?;
    let event = event.get("dhcp_info").context("no dhcp_info")?.clone();
    let status = {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let status = answer(&event, told.len());
        told.push(event);
        status
    };
    let head = format!("HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    Ok(connection.write_all(head.as_bytes()).await?)
}
