//! Server-sent events taken apart (HTML Standard §9.2.6): lines of fields, an empty line after each event.

/// Longest event that is taken; a server that sends more without an end is no provd.
const LONGEST: usize = 1 << 20;

/// An event as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) event: String,
    pub(super) id: Option<String>,
    pub(super) data: String,
}

/// What has arrived, and is not a whole event yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    line: Vec<u8>,
    frame: Frame,
}

impl Frames {
    /// Takes what arrived, and gives the events that are complete. Nothing if it cannot be a stream of events.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Vec<Frame>> {
        let mut complete = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if self.line.is_empty() => complete.extend(self.end_frame()),
                b'\n' => self.end_line()?,
                b'\r' => {}
                byte => self.line.push(*byte),
            }
        }
        (self.line.len() + self.frame.data.len() <= LONGEST).then_some(complete)
    }

    /// What an empty line ends: without data it is a comment, or nothing.
    fn end_frame(&mut self) -> Option<Frame> {
        let frame = std::mem::take(&mut self.frame);
        (!frame.data.is_empty()).then_some(frame)
    }

    /// A line of the event under way; nothing if it is no text.
    fn end_line(&mut self) -> Option<()> {
        let line = String::from_utf8(std::mem::take(&mut self.line)).ok()?;
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.frame.event),
            "id" => self.frame.id = Some(value.to_owned()),
            "data" => self.frame.data.push_str(value),
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_they_arrive() {
        let sent =
            b": nothing happens\n\nevent: device\nid: 7\ndata: {\"id\":\"a\"}\n\nevent:gap\ndata:{}\r\n\r\n";
        for size in 1..sent.len() {
            let mut frames = Frames::default();
            let got: Vec<Frame> = sent.chunks(size).flat_map(|part| frames.take(part).unwrap()).collect();
            let device = Frame {
                event: "device".to_owned(),
                id: Some("7".to_owned()),
                data: r#"{"id":"a"}"#.to_owned(),
            };
            let gap = Frame { event: "gap".to_owned(), id: None, data: "{}".to_owned() };
            assert_eq!(got, [device, gap]);
        }
    }

    #[test]
    fn what_never_ends_is_no_event() {
        let mut frames = Frames::default();
        assert_eq!(frames.take(&vec![b'a'; LONGEST + 1]), None);
        assert_eq!(Frames::default().take(b"data: \xff\n"), None);
    }
}
