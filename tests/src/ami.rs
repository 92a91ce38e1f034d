//! An Asterisk, as far as its manager interface goes: banner, challenge, login, `PJSIPNotify`, logoff, with events in
//! between, and the ways in which it can fail.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use md5::{Digest as _, Md5};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// User of its manager.conf.
pub const USERNAME: &str = "provd";
/// Secret of that user.
pub const SECRET: &str = "sesame";
/// The one endpoint it has.
pub const ENDPOINT: &str = "alice";
/// What it gives to be hashed with the secret.
const CHALLENGE: &str = "840415273";

/// How it behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    #[default]
    Sound,
    /// Knows no challenges, only secrets in the clear.
    Plain,
    /// Lets the user in, but not do anything.
    Reluctant,
    /// Hangs up when it is to send something.
    HangsUp,
    /// Says nothing any more when it is to send something.
    FallsSilent,
    /// Sends a line without end when it is to send something.
    Babbles,
    /// Greets like another server.
    AnotherServer,
}

/// What it was asked.
pub type Packet = Vec<(String, String)>;

/// A running manager. Ends with the value.
pub struct Asterisk {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Packet>>>,
    _tasks: JoinSet<()>,
}

impl Asterisk {
    /// Starts one on a port of its own.
    pub async fn start(manner: Manner) -> Result<Asterisk> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let conversations = seen.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let conversation =
                    Conversation { stream: BufReader::new(stream), manner, seen: conversations.clone() };
                open.spawn(async move { drop(conversation.hold().await) });
            }
        });
        Ok(Asterisk { address, seen, _tasks: tasks })
    }

    /// All actions of a name, in order.
    pub fn seen(&self, action: &str) -> Vec<Packet> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|packet| get(packet, "Action") == Some(action)).cloned().collect()
    }
}

/// First value of a key.
pub fn get<'a>(packet: &'a Packet, key: &str) -> Option<&'a str> {
    packet.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
}

/// Connection of one client.
struct Conversation<S> {
    stream: BufReader<S>,
    manner: Manner,
    seen: Arc<Mutex<Vec<Packet>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    async fn hold(mut self) -> Result<()> {
        let banner = match self.manner {
            Manner::AnotherServer => "220 mail.example.org ESMTP\r\n",
            _ => "Asterisk Call Manager/7.0.3\r\n",
        };
        self.stream.write_all(banner.as_bytes()).await?;
        let mut logged_in = false;
        loop {
            let packet = self.read().await?;
            let action = get(&packet, "Action").context("no action")?.to_owned();
            let id = get(&packet, "ActionID").unwrap_or_default().to_owned();
            match action.as_str() {
                "Challenge" if self.manner == Manner::Plain => {
                    self.answer(&id, "Error", "Message: Must specify AuthType").await?;
                }
                "Challenge" => self.answer(&id, "Success", &format!("Challenge: {CHALLENGE}")).await?,
                "Login" if self.is_welcome(&packet) => {
                    logged_in = true;
                    self.answer(&id, "Success", "Message: Authentication accepted").await?;
                    self.stream
                        .write_all(
                            b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n",
                        )
                        .await?;
                }
                "Login" => {
                    self.answer(&id, "Error", "Message: Authentication failed").await?;
                    return Ok(());
                }
                "Logoff" => {
                    self.answer(&id, "Goodbye", "Message: Thanks for all the fish.").await?;
                    return Ok(());
                }
                "PJSIPNotify" if logged_in => self.notify(&id, &packet).await?,
                _ => self.answer(&id, "Error", "Message: Permission denied").await?,
            }
        }
    }

    async fn notify(&mut self, id: &str, packet: &Packet) -> Result<()> {
        self.stream
            .write_all(b"Event: Newchannel\r\nChannel: PJSIP/bob-1\r\nActionID: other\r\n\r\n")
            .await?;
        match self.manner {
            Manner::HangsUp => anyhow::bail!("hung up"),
            Manner::FallsSilent => std::future::pending().await,
            Manner::Babbles => self.stream.write_all("a".repeat(64 * 1024).as_bytes()).await?,
            Manner::Reluctant => self.answer(id, "Error", "Message: Permission denied").await?,
            _ => {
                let (response, message) = match (get(packet, "Endpoint"), get(packet, "URI")) {
                    (Some(ENDPOINT), None) | (None, Some(_)) => ("Success", "NOTIFY sent".to_owned()),
                    (Some(other), None) => ("Error", format!("Unable to retrieve endpoint {other}")),
                    _ => (
                        "Error",
                        "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.".to_owned(),
                    ),
                };
                self.answer(id, response, &format!("Message: {message}")).await?;
            }
        }
        Ok(())
    }

    fn is_welcome(&self, login: &Packet) -> bool {
        let key = hex::encode(Md5::digest(format!("{CHALLENGE}{SECRET}")));
        get(login, "Username") == Some(USERNAME)
            && match self.manner {
                Manner::Plain => get(login, "Secret") == Some(SECRET),
                _ => get(login, "Key") == Some(&key) && get(login, "Secret").is_none(),
            }
    }

    async fn answer(&mut self, id: &str, response: &str, line: &str) -> Result<()> {
        let text = format!("Response: {response}\r\nActionID: {id}\r\n{line}\r\n\r\n");
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    async fn read(&mut self) -> Result<Packet> {
        let mut packet = Packet::new();
        loop {
            let mut line = String::new();
            anyhow::ensure!(self.stream.read_line(&mut line).await? > 0, "hung up");
            if line == "\r\n" {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(packet.clone());
                return Ok(packet);
            }
            let (key, value) = line.trim_end().split_once(": ").context("no `Key: value`")?;
            packet.push((key.to_owned(), value.to_owned()));
        }
    }
}
