//! What a plugin writes to stdout and stderr: read always, kept a little, passed on in moderation.
//!
//! A plugin must never block because nobody reads, and a plugin that writes without end must not fill memory, disk or the
//! server's own log.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::domain::plugin::PluginLog;

/// Lines kept for crash reports and `provd plugin logs`.
const KEPT_LINES: usize = 200;
/// Longest line kept, in bytes; the rest of it is dropped.
const LONGEST_LINE: usize = 16 * 1024;
/// Begins the line that says that another process began.
const BEGINNING: &str = "---";
/// Lines passed on to the server's log in each second.
const PASSED_ON: u32 = 50;

/// The last lines of one plugin, over all of its processes.
#[derive(Debug, Default)]
pub(super) struct LogRing {
    // Held for a push or a copy, never while waiting.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<String>,
    /// How many there were in all.
    end: u64,
}

impl LogRing {
    /// The kept lines after the first `seen` there ever were.
    pub(super) fn after(&self, seen: u64) -> PluginLog {
        let kept = self.kept();
        let new = usize::try_from(kept.end.saturating_sub(seen)).unwrap_or(usize::MAX);
        let lines = kept.lines.iter().skip(kept.lines.len().saturating_sub(new)).cloned().collect();
        PluginLog { lines, end: kept.end }
    }

    /// The last `count` lines of the latest process, oldest first.
    pub(super) fn tail(&self, count: usize) -> Vec<String> {
        let lines = &self.kept().lines;
        let own = lines.iter().rposition(|line| line.starts_with(BEGINNING)).map_or(0, |begun| begun + 1);
        lines.iter().skip(own.max(lines.len().saturating_sub(count))).cloned().collect()
    }

    /// Marks where another process begins.
    pub(super) fn begin(&self, pid: u32) {
        self.push(format!("{BEGINNING} process {pid}"));
    }

    pub(super) fn push(&self, line: String) {
        let mut kept = self.kept();
        if kept.lines.len() == KEPT_LINES {
            kept.lines.pop_front();
        }
        kept.lines.push_back(line);
        kept.end += 1;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a stream to its end; each line is kept as the caller keeps it.
pub(super) async fn capture(plugin: String, stream: impl AsyncRead + Unpin, keep: impl Fn(String)) {
    let mut reader = BufReader::with_capacity(LONGEST_LINE, stream);
    let mut rate = Rate::new();
    while let Ok(Some(line)) = next_line(&mut reader).await {
        let line = readable(line);
        if rate.allows(&plugin) {
            tracing::debug!(target: "provd::plugin", "{plugin}: {}", line.escape_debug());
        }
        keep(line);
    }
}

/// A line as an administrator reads it: of a JSON object its level and message, as `tracing` and the usual loggers of
/// other languages write them; else as it is.
fn readable(line: String) -> String {
    let Some(entry) = line.starts_with('{').then(|| serde_json::from_str::<Value>(&line).ok()).flatten()
    else {
        return line;
    };
    let text = |value: &Value, keys: [&str; 2]| {
        keys.iter().find_map(|key| value.get(key)?.as_str()).map(str::to_owned)
    };
    let message = text(&entry, ["message", "msg"]).or_else(|| text(entry.get("fields")?, ["message", "msg"]));
    match (text(&entry, ["level", "levelname"]), message) {
        (Some(level), Some(message)) => format!("{} {message}", level.to_uppercase()),
        _ => line,
    }
}

/// One line without its end, cut at [`LONGEST_LINE`]; nothing at the end of the stream.
async fn next_line(reader: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let buffered = reader.fill_buf().await?;
        if buffered.is_empty() {
            return Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()));
        }
        let end = buffered.iter().position(|byte| *byte == b'\n');
        let available = &buffered[..end.unwrap_or(buffered.len())];
        line.extend_from_slice(&available[..available.len().min(LONGEST_LINE - line.len())]);
        let consumed = available.len() + usize::from(end.is_some());
        reader.consume(consumed);
        if end.is_some() {
            return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
        }
    }
}

/// How many lines were passed on in the current second.
struct Rate {
    second: Instant,
    passed: u32,
    dropped: u64,
}

impl Rate {
    fn new() -> Rate {
        Rate { second: Instant::now(), passed: 0, dropped: 0 }
    }

    fn allows(&mut self, plugin: &str) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            if self.dropped > 0 {
                tracing::warn!(
                    "The plugin {plugin} floods its log: {} lines were not passed on",
                    self.dropped
                );
            }
            *self = Rate::new();
        }
        self.passed += 1;
        let allowed = self.passed <= PASSED_ON;
        self.dropped += u64::from(!allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn long_lines_are_cut_and_the_last_ones_kept() {
        let ring = LogRing::default();
        let mut text = vec![b'x'; 3 * LONGEST_LINE];
        text.extend_from_slice(b"\nshort\r\n\xff\nno end");
        capture("p".to_owned(), text.as_slice(), |line| ring.push(line)).await;
        let lines = ring.after(0).lines;
        assert_eq!(lines[0].len(), LONGEST_LINE);
        assert_eq!(lines[1..], ["short", "\u{fffd}", "no end"]);
        assert_eq!(ring.tail(1), ["no end"]);
        ring.begin(7);
        ring.push("another".to_owned());
        assert_eq!(ring.tail(5), ["another"]);
    }

    #[test]
    fn a_json_line_becomes_what_it_says() {
        let line = r#"{"timestamp":"2026-01-01","level":"INFO","fields":{"message":"serving"},"target":"x"}"#;
        assert_eq!(readable(line.to_owned()), "INFO serving");
        assert_eq!(readable(r#"{"level":"warn","msg":"slow"}"#.to_owned()), "WARN slow");
        for other in ["{broken", "{}", "plain text"] {
            assert_eq!(readable(other.to_owned()), other);
        }
    }

    #[tokio::test]
    async fn a_flood_keeps_only_the_end() {
        let ring = LogRing::default();
        let text = (0..10_000).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        capture("p".to_owned(), text.as_bytes(), |line| ring.push(line)).await;
        assert_eq!((ring.after(0).lines.len(), ring.after(0).lines[0].as_str()), (KEPT_LINES, "9800"));
    }

    #[test]
    fn what_was_seen_is_not_told_again() {
        let ring = LogRing::default();
        for number in 0..=KEPT_LINES {
            ring.push(number.to_string());
        }
        let end = KEPT_LINES as u64 + 1;
        assert_eq!(ring.after(0).lines.len(), KEPT_LINES);
        assert_eq!(ring.after(end - 1), PluginLog { lines: vec![KEPT_LINES.to_string()], end });
        assert_eq!(ring.after(end), PluginLog { lines: Vec::new(), end });
        assert_eq!(ring.after(end + 7).lines, Vec::<String>::new());
    }
}
