//! The lines of the manager interface of Asterisk: `Key: value`, and an empty line after each packet.

use std::fmt::Write as _;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// Longest line that is read, in bytes.
const LONGEST_LINE: u64 = 16 * 1024;
/// Most lines of a packet.
const MOST_LINES: usize = 1000;

/// What could not be read, or must not be written.
#[derive(Debug)]
pub(super) enum LineError {
    /// The connection broke.
    Broken(std::io::Error),
    /// It is not the protocol.
    Foreign(&'static str),
}

/// An answer or an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packet(Vec<(String, String)>);

impl Packet {
    /// Value of a key; its case does not matter.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// Whether it is the answer to this action.
    pub(super) fn answers(&self, action_id: &str) -> bool {
        self.get("Response").is_some() && self.get("ActionID") == Some(action_id)
    }

    pub(super) fn is_success(&self) -> bool {
        self.get("Response").is_some_and(|response| response.eq_ignore_ascii_case("Success"))
    }

    /// Asterisk's own words.
    pub(super) fn message(&self) -> &str {
        self.get("Message").unwrap_or("no reason given")
    }

    /// Reads one.
    pub(super) async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Packet, LineError> {
        let mut lines = Vec::new();
        loop {
            let line = read_line(reader).await?;
            if line.is_empty() && !lines.is_empty() {
                return Ok(Packet(lines));
            }
            // Lines without a colon are output of commands, which nobody asked for.
            if let Some((key, value)) = line.split_once(':') {
                lines.push((key.trim().to_owned(), value.trim().to_owned()));
            }
            if lines.len() > MOST_LINES {
                return Err(LineError::Foreign("it sends packets without end"));
            }
        }
    }
}

/// Reads a line without its end.
pub(super) async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<String, LineError> {
    let mut line = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut line).await.map_err(LineError::Broken)?;
    if !line.ends_with(b"\n") {
        return Err(if line.len() as u64 == LONGEST_LINE {
            LineError::Foreign("it sends lines that are too long")
        } else {
            LineError::Broken(std::io::ErrorKind::UnexpectedEof.into())
        });
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// An action, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Action(Vec<(&'static str, String)>);

impl Action {
    pub(super) fn new(name: &str) -> Action {
        Action(vec![("Action", name.to_owned())])
    }

    #[must_use]
    pub(super) fn with(mut self, key: &'static str, value: impl Into<String>) -> Action {
        self.0.push((key, value.into()));
        self
    }

    /// A variable. Asterisk takes the value apart at commas, and quotes and brackets for what they mean to it.
    #[must_use]
    pub(super) fn with_variable(self, name: &str, value: &str) -> Action {
        let mut escaped = format!("{name}=");
        for character in value.chars() {
            if matches!(character, ',' | '"' | '\\' | '(' | ')' | '[' | ']') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
        self.with("Variable", escaped)
    }

    /// All lines, with a number to know its answer by; absent if a value would become other lines.
    pub(super) fn text(&self, action_id: &str) -> Option<String> {
        let mut text = String::new();
        for (key, value) in &self.0 {
            if value.contains(char::is_control) {
                return None;
            }
            let _ = write!(text, "{key}: {value}\r\n");
        }
        let _ = write!(text, "ActionID: {action_id}\r\n\r\n");
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn read(text: &[u8]) -> Result<Packet, LineError> {
        Packet::read(&mut &*text).await
    }

    #[tokio::test]
    async fn a_packet_ends_with_an_empty_line() {
        let packet =
            read(b"\r\nResponse: Success\r\nActionID: 7\r\nnoise\r\nMessage: a: b\r\n\r\nEvent: x\r\n")
                .await
                .unwrap();
        assert!(packet.answers("7") && !packet.answers("8") && packet.is_success());
        assert_eq!((packet.get("message"), packet.message()), (Some("a: b"), "a: b"));
    }

    #[tokio::test]
    async fn what_does_not_end_is_an_error() {
        assert!(matches!(read(b"Response: Success\r\n").await, Err(LineError::Broken(_))));
        let long = vec![b'a'; 20_000];
        assert!(matches!(read(&long).await, Err(LineError::Foreign(why)) if why.contains("too long")));
        assert!(matches!(read("a: b\n".repeat(2000).as_bytes()).await, Err(LineError::Foreign(_))));
    }

    #[test]
    fn a_value_stays_on_its_line_and_in_its_variable() {
        let action = Action::new("PJSIPNotify").with_variable("X", "a,b\"c[d](\\");
        let text = action.text("1").unwrap();
        assert_eq!(
            text,
            "Action: PJSIPNotify\r\nVariable: X=a\\,b\\\"c\\[d\\]\\(\\\\\r\nActionID: 1\r\n\r\n"
        );
        assert_eq!(Action::new("PJSIPNotify").with("Endpoint", "a\r\nAction: Command").text("1"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_us_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(read(&bytes));
        }
    }
}
