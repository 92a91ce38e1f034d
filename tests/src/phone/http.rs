//! A phone that speaks HTTP/1.1 and keeps its connection. Requests are written byte by byte as told, so that nothing
//! puts in order what a phone leaves in disorder.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};

use crate::within;

/// A phone.
#[derive(Debug)]
pub struct HttpPhone {
    server: SocketAddr,
    address: Ipv4Addr,
    headers: String,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text, what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl HttpPhone {
    pub(crate) fn new(server: SocketAddr, address: Ipv4Addr) -> HttpPhone {
        HttpPhone { server, address, headers: String::new(), connection: None }
    }

    /// With this `User-Agent`.
    #[must_use]
    pub fn user_agent(self, name: &str) -> HttpPhone {
        self.header("User-Agent", name)
    }

    /// With one more header in every request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> HttpPhone {
        self.headers.extend([name, ": ", value, "\r\n"]);
        self
    }

    /// The same phone with a connection of its own.
    #[must_use]
    pub fn another(&self) -> HttpPhone {
        HttpPhone { connection: None, headers: self.headers.clone(), ..*self }
    }

    /// Asks for a file.
    pub async fn get(&mut self, target: &str) -> Result<Response> {
        self.request("GET", target).await
    }

    /// Asks for something with any method.
    pub async fn request(&mut self, method: &str, target: &str) -> Result<Response> {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n{}\r\n", self.server, self.headers);
        let what = format!("{method} {target}");
        within(&what, self.exchange(method, head.as_bytes())).await?.context(what)
    }

    /// Sends bytes on a connection of their own, and gives whatever comes back before the server closes it.
    pub async fn send_raw(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut connection = self.connect().await?;
        // The server may refuse before it has read everything.
        let _ = connection.write_all(bytes).await;
        let _ = connection.shutdown().await;
        let mut answer = Vec::new();
        // And it may reset the connection after it has answered.
        let _ = within("an answer to raw bytes", connection.read_to_end(&mut answer)).await?;
        Ok(answer)
    }

    async fn exchange(&mut self, method: &str, head: &[u8]) -> Result<Response> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(self.connect().await?),
        };
        connection.write_all(head).await?;
        let response = read_response(&mut connection, method == "HEAD").await?;
        if response.headers.get("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.connection = Some(connection);
        }
        Ok(response)
    }

    async fn connect(&self) -> Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((self.address, 0)))?;
        within("a connection", socket.connect(self.server)).await?.context("connecting")
    }
}

async fn read_response(connection: &mut BufReader<TcpStream>, is_head: bool) -> Result<Response> {
    let line = read_line(connection).await?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status: u16 = status.with_context(|| format!("no status in {line:?}"))?;
    let mut headers = BTreeMap::new();
    loop {
        let line = read_line(connection).await?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').with_context(|| format!("no header: {line:?}"))?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    ensure!(!headers.contains_key("transfer-encoding"), "old phones do not read chunks");
    let mut body = Vec::new();
    if !is_head && !matches!(status, 204 | 304) {
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        body.resize(length.context("no Content-Length")?, 0);
        connection.read_exact(&mut body).await?;
    }
    Ok(Response { status, headers, body })
}

async fn read_line(connection: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => bail!("the connection ended after {line:?}"),
    }
}
