//! What happens in the server, as it tells it: server-sent events (HTML Standard §9.2).

use std::io;

use reqwest::Response;
use serde_json::Value;

use super::rest::Rest;

/// Events in their order.
pub(super) struct Stream {
    response: Response,
    /// What was received of the next one.
    begun: Vec<u8>,
    /// The number of the last one.
    last: Option<String>,
}

/// Something that happened.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Event {
    /// `request`, `device`, …
    pub(super) topic: String,
    /// What is told of it.
    pub(super) about: Value,
    number: Option<String>,
}

impl Stream {
    /// Listens from now on.
    pub(super) async fn open(rest: &Rest) -> io::Result<Stream> {
        let response = rest.events(None).await.map_err(io::Error::other)?;
        Ok(Stream { response, begun: Vec::new(), last: None })
    }

    /// The next one. A stream that ends is taken up where it ended. Cancellation loses nothing.
    pub(super) async fn next(&mut self, rest: &Rest) -> io::Result<Event> {
        loop {
            if let Some(end) = self.begun.windows(2).position(|two| two == b"\n\n") {
                let frame: Vec<u8> = self.begun.drain(..end + 2).collect();
                let event = Event::parse(&String::from_utf8_lossy(&frame));
                self.last = event.number.clone().or(self.last.take());
                if !event.topic.is_empty() {
                    return Ok(event);
                }
            } else if let Some(chunk) = self.response.chunk().await.map_err(io::Error::other)? {
                self.begun.extend_from_slice(&chunk);
            } else {
                self.response = rest.events(self.last.as_deref()).await.map_err(io::Error::other)?;
                self.begun.clear();
            }
        }
    }
}

impl Event {
    /// A frame without a topic is a comment.
    fn parse(frame: &str) -> Event {
        let mut event = Event::default();
        for (field, value) in frame.lines().filter_map(|line| line.split_once(':')) {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut event.topic),
                "id" => event.number = Some(value.to_owned()),
                "data" => event.about = serde_json::from_str(value).unwrap_or_default(),
                _ => {}
            }
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn frames_are_read_and_comments_are_none() {
        let event = Event::parse("event: device\nid: 7\ndata: {\"id\": \"a\"}\n\n");
        let expected = Event { topic: "device".into(), about: json!({"id": "a"}), number: Some("7".into()) };
        assert_eq!(event, expected);
        assert_eq!(Event::parse(":\n\n"), Event::default());
    }
}
