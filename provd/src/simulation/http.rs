//! A phone's HTTP: one GET at a time, usually with a connection for each. Every wait has an end.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::boot::End;
use super::target::HttpPlace;
use super::verdict::{Answer, Received, Wrong};

/// Longest time until a connection is made.
const CONNECT: Duration = Duration::from_secs(20);
/// Longest time until the server answers, and between two pieces of what it sends.
const SILENCE: Duration = Duration::from_mins(1);
/// How long an impatient phone is on the line: its request is sent by then, and mostly not answered.
const IMPATIENCE: Duration = Duration::from_millis(20);
/// Most of a file, in bytes: no firmware is larger, and what never ends must not be waited for.
const LARGEST: u64 = 1 << 30;

/// Where phones ask, and how.
#[derive(Debug)]
pub(super) struct Http {
    place: HttpPlace,
    keep_alive: bool,
}

/// The connection of one phone, while it has one.
#[derive(Debug, Default)]
pub(super) struct Line(Option<Open>);

#[derive(Debug)]
struct Open {
    sender: SendRequest<Empty<Bytes>>,
    /// Moves the bytes; ends when this is dropped.
    _driver: JoinSet<()>,
}

impl Http {
    pub(super) fn new(place: HttpPlace, keep_alive: bool) -> Http {
        Http { place, keep_alive }
    }

    /// Asks for a path, from an address.
    pub(super) async fn get(
        &self,
        line: &mut Line,
        from: Option<IpAddr>,
        path: &str,
        headers: &[(&str, String)],
    ) -> Result<Answer, Wrong> {
        let request = self.request(path, headers)?;
        // The server may have closed it meanwhile: the next one is new.
        let kept = line.0.take().filter(|open| !open.sender.is_closed());
        let mut open = match kept {
            Some(open) => open,
            None => self.open(from).await?,
        };
        let response = timeout(SILENCE, open.sender.send_request(request)).await;
        let response = response.map_err(|_| silence())?.map_err(|error| broken(&error, 0))?;
        let answer = receive(response).await?;
        if self.keep_alive {
            line.0 = Some(open);
        }
        Ok(answer)
    }

    /// Asks for a path, and does not wait for what comes: nor does it matter what does.
    pub(super) async fn hang_up(&self, from: Option<IpAddr>, path: &str, headers: &[(&str, String)]) {
        if let (Ok(request), Ok(mut open)) = (self.request(path, headers), self.open(from).await) {
            let _ = timeout(IMPATIENCE, open.sender.send_request(request)).await;
        }
    }

    fn request(&self, path: &str, headers: &[(&str, String)]) -> Result<Request<Empty<Bytes>>, Wrong> {
        let mut request = Request::get(format!("{}{path}", self.place.prefix)).header(HOST, &self.place.host);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if !self.keep_alive {
            request = request.header(CONNECTION, "close");
        }
        request.body(Empty::new()).map_err(|_| Wrong::Nonsense("path or header that can be sent"))
    }

    async fn open(&self, from: Option<IpAddr>) -> Result<Open, Wrong> {
        let socket = if self.place.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(Wrong::NoSocket)?;
        if let Some(from) = from {
            socket.bind((from, 0).into()).map_err(Wrong::NoSocket)?;
        }
        let stream = timeout(CONNECT, socket.connect(self.place.address)).await;
        let stream =
            stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(Wrong::NoConnection)?;
        drive(stream).await
    }
}

async fn drive(stream: TcpStream) -> Result<Open, Wrong> {
    // Phones do not wait for more to send.
    stream.set_nodelay(true).map_err(Wrong::NoSocket)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error, 0))?;
    let mut driver = JoinSet::new();
    // What goes wrong with it, whoever waits for an answer is told.
    driver.spawn(async move { drop(connection.await) });
    Ok(Open { sender, _driver: driver })
}

async fn receive(mut response: Response<Incoming>) -> Result<Answer, Wrong> {
    let end =
        if response.status() == StatusCode::OK { End::File } else { End::Status(response.status().as_u16()) };
    let again = again(&response);
    let mut file = Received::default();
    while let Some(frame) = timeout(SILENCE, response.frame()).await.map_err(|_| silence())? {
        let frame = frame.map_err(|error| broken(&error, file.length()))?;
        if let Some(bytes) = frame.data_ref() {
            file.take(bytes);
        }
        if file.length() > LARGEST {
            return Err(Wrong::Nonsense("end of a file after 1 GiB"));
        }
    }
    Ok(Answer { end, file, again })
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3), where a server says that it cannot answer now.
fn again(response: &Response<Incoming>) -> Option<Duration> {
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn silence() -> Wrong {
    Wrong::Silence(SILENCE.as_secs())
}

fn broken(error: &hyper::Error, length: u64) -> Wrong {
    if error.is_parse() { Wrong::Nonsense("HTTP") } else { Wrong::BrokenOff(length) }
}
