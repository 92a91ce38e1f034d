//! One client transaction without INVITE (RFC 3261, section 17.1.2), over datagrams or over a connection.
//!
//! Timer K, which waits for answers that are sent once more, is not kept: nobody reads them, and a phone stops by itself.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep_until, timeout};

use super::head::{Head, LONGEST_HEAD, end};
use super::request::Written;
use super::response::Response;
use crate::settings::synchronization::SipTimers;
use crate::synchronization::connecting::ByteStream;

/// Longest body that is skipped, in bytes.
const LONGEST_BODY: usize = 64 * 1024;
/// Largest datagram.
const LARGEST_DATAGRAM: usize = 64 * 1024;

/// Why there is no final answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// Timer F fired.
    Silence,
    /// It cannot be reached, or hung up.
    Broken(io::Error),
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> NoAnswer {
        NoAnswer::Broken(error)
    }
}

/// Sends a request to whom the socket is connected to, again and again, until there is a final answer. What is no answer to
/// it is passed over.
pub(super) async fn over_datagrams(
    socket: &UdpSocket,
    request: &Written,
    timers: SipTimers,
) -> Result<Response, NoAnswer> {
    let end = Instant::now() + timers.f;
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    let mut interval = timers.t1;
    let mut is_proceeding = false;
    socket.send(&request.bytes).await?;
    let mut again = Instant::now() + interval;
    loop {
        tokio::select! {
            // An error is what the network said of a datagram before: nobody listens there.
            received = socket.recv(&mut buffer) => {
                let response = Response::parse(&buffer[..received?]);
                match response.filter(|response| response.answers(&request.key)) {
                    Some(response) if response.is_provisional() => is_proceeding = true,
                    Some(response) => return Ok(response),
                    None => {}
                }
            }
            () = sleep_until(end) => return Err(NoAnswer::Silence),
            () = sleep_until(again) => {
                socket.send(&request.bytes).await?;
                interval = next_interval(interval, is_proceeding, timers);
                again = Instant::now() + interval;
            }
        }
    }
}

/// Timer E: doubled each time up to T2, and T2 once the phone said that it is at it.
fn next_interval(interval: Duration, is_proceeding: bool, timers: SipTimers) -> Duration {
    if is_proceeding { timers.t2 } else { timers.t2.min(2 * interval) }
}

/// Sends a request once and waits for its final answer.
pub(super) async fn over_connection(
    connection: &mut Framed,
    request: &Written,
    timers: SipTimers,
) -> Result<Response, NoAnswer> {
    timeout(timers.f, connection.exchange(request)).await.unwrap_or(Err(NoAnswer::Silence))
}

/// A connection on which messages follow each other, told apart by Content-Length (RFC 3261, section 18.3).
pub(super) struct Framed {
    stream: Box<dyn ByteStream>,
    received: Vec<u8>,
}

impl Framed {
    pub(super) fn new(stream: Box<dyn ByteStream>) -> Framed {
        Framed { stream, received: Vec::new() }
    }

    async fn exchange(&mut self, request: &Written) -> Result<Response, NoAnswer> {
        self.stream.write_all(&request.bytes).await?;
        self.stream.flush().await?;
        loop {
            // Requests that the phone sends meanwhile are not for us.
            let Some(response) = Response::from_head(self.next().await?) else { continue };
            if response.answers(&request.key) && !response.is_provisional() {
                return Ok(response);
            }
        }
    }

    /// The next message, without its body.
    async fn next(&mut self) -> io::Result<Head> {
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidData, why);
        let (head, body) = loop {
            // Empty lines between messages keep the connection alive (RFC 5626, section 3.5.1).
            let lines = self.received.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.received.drain(..lines);
            match end(&self.received) {
                Some(ends) => break ends,
                None if self.received.len() > LONGEST_HEAD => return Err(invalid("it sent no SIP message")),
                None => self.receive().await?,
            }
        };
        let head = Head::parse(&self.received[..head]).ok_or_else(|| invalid("it sent no SIP message"))?;
        let length = head.content_length().filter(|length| *length <= LONGEST_BODY);
        let length = length.ok_or_else(|| invalid("it sent a SIP message of no known length"))?;
        while self.received.len() < body + length {
            self.receive().await?;
        }
        self.received.drain(..body + length);
        Ok(head)
    }

    async fn receive(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::super::response::Key;
    use super::*;

    fn request() -> Written {
        let key = Key { branch: "z9hG4bK1".to_owned(), sequence: (1, "NOTIFY".to_owned()) };
        Written { bytes: b"NOTIFY sip:a SIP/2.0\r\n\r\n".to_vec(), key }
    }

    fn response(status: &str, branch: &str, body: &str) -> String {
        format!(
            "SIP/2.0 {status}\r\nVia: SIP/2.0/TCP h;branch={branch}\r\nCSeq: 1 NOTIFY\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    async fn told_by(text: &str) -> Result<Response, NoAnswer> {
        let (ours, mut theirs) = duplex(1024 * 1024);
        theirs.write_all(text.as_bytes()).await.unwrap();
        theirs.shutdown().await.unwrap();
        let mut connection = Framed::new(Box::new(ours));
        over_connection(&mut connection, &request(), SipTimers::default()).await
    }

    #[test]
    fn a_datagram_is_sent_again_as_the_rfc_says() {
        let timers = SipTimers::default();
        let mut interval = timers.t1;
        let mut intervals = Vec::new();
        for _ in 0..5 {
            intervals.push(interval.as_millis());
            interval = next_interval(interval, false, timers);
        }
        assert_eq!(intervals, [500, 1000, 2000, 4000, 4000]);
        assert_eq!(next_interval(timers.t1, true, timers), timers.t2);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_on_a_connection_are_told_apart_by_their_length() {
        let text = format!(
            "\r\n\r\n{}{}{}{}",
            response("100 Trying", "z9hG4bK1", ""),
            "OPTIONS sip:provd SIP/2.0\r\nl: 5\r\n\r\nSIP/2",
            response("404 Not Found", "z9hG4bK2", "SIP/2.0 500 No\r\n\r\n"),
            response("200 OK", "z9hG4bK1", ""),
        );
        assert_eq!(told_by(&text).await.unwrap().in_words(), "200 OK");
    }

    #[tokio::test(start_paused = true)]
    async fn noise_and_silence_on_a_connection_end() {
        let noise = "x".repeat(20_000);
        assert!(matches!(told_by(&noise).await, Err(NoAnswer::Broken(_))));
        let huge = "SIP/2.0 200 OK\r\nContent-Length: 99999999\r\n\r\n";
        assert!(matches!(told_by(huge).await, Err(NoAnswer::Broken(_))));
        let cut = "SIP/2.0 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert!(
            matches!(told_by(cut).await, Err(NoAnswer::Broken(error)) if error.kind() == io::ErrorKind::UnexpectedEof)
        );
        let (ours, _theirs) = duplex(1024);
        let mut connection = Framed::new(Box::new(ours));
        let silent = over_connection(&mut connection, &request(), SipTimers::default()).await;
        assert!(matches!(silent, Err(NoAnswer::Silence)));
    }
}
