//! What an administrator wants to know of events that are on their way.

use std::fmt::Write as _;
use std::io;

use super::log::Log;
use super::queue::Queue;

/// How many events wait, since when, whether somebody sends them, and what was said last.
pub(super) fn describe(queue: &Queue) -> io::Result<String> {
    let waiting = queue.waiting()?;
    let mut text = match waiting.as_slice() {
        [] => format!("No event waits in {}.\n", queue.folder().display()),
        [oldest, ..] => {
            let (count, seconds) = (waiting.len(), oldest.age().as_secs());
            let folder = queue.folder().display();
            format!("Events that wait in {folder}: {count}, the oldest for {seconds} s.\n")
        }
    };
    if !waiting.is_empty() {
        text.push_str(if queue.is_being_sent() {
            "A sender is at work.\n"
        } else {
            "Nobody sends them; `provd dhcp-hook send` does.\n"
        });
    }
    if let Some(line) = Log::beside(queue.folder()).last() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "Last trouble: {line}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_waits_and_why() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::new(folder.path());
        assert!(describe(&queue).unwrap().starts_with("No event waits"));
        queue.add("{}").unwrap();
        Log::beside(folder.path()).line("the server is away");
        let text = describe(&queue).unwrap();
        assert!(text.contains(": 1, the oldest") && text.contains("Nobody sends"), "{text}");
        assert!(text.trim_end().ends_with("the server is away"), "{text}");
        let _lock = queue.lock().unwrap();
        assert!(describe(&queue).unwrap().contains("A sender is at work"));
    }
}
