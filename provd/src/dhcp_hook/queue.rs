//! A folder in which events wait to be sent: one file each, which holds the body of the request.
//!
//! Made for a caller that must not wait: a file is written and renamed, never synchronised, so a power failure may cost the
//! last seconds. The names sort in the order of the events. Whoever holds the lock is the one who sends.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Most events that wait; the oldest make room.
const MOST: usize = 10_000;
/// Events that waited longer say nothing true about who has which address.
const OLDEST: Duration = Duration::from_hours(24);
/// How the name of an event ends.
const SUFFIX: &str = ".json";
/// How the name of one that is being written ends.
const UNFINISHED: &str = ".new";
const LOCK: &str = "lock";

/// Events that wait.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    folder: PathBuf,
}

/// The right to send. Ends when dropped, or with the process.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// The name of an event. Later events are greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting(String);

impl Waiting {
    /// How long it has waited; nothing if the clock was set back meanwhile.
    pub(super) fn age(&self) -> Duration {
        let since: u64 = self.0.split('-').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default();
        let moment = UNIX_EPOCH + Duration::from_nanos(since);
        SystemTime::now().duration_since(moment).unwrap_or_default()
    }
}

impl Queue {
    pub(super) fn new(folder: &Path) -> Queue {
        Queue { folder: folder.to_owned() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds an event after all others. The folder is made if need be.
    pub(super) fn add(&self, body: &str) -> io::Result<()> {
        let waiting = match self.list(SUFFIX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
                Vec::new()
            }
            listed => listed?,
        };
        for oldest in waiting.iter().take((waiting.len() + 1).saturating_sub(MOST)) {
            self.remove(oldest)?;
        }
        let name = next_name(waiting.last());
        let unfinished = self.folder.join(format!("{name}{UNFINISHED}"));
        let written = write(&unfinished, body)
            .and_then(|()| fs::rename(&unfinished, self.folder.join(format!("{name}{SUFFIX}"))));
        if written.is_err() {
            // It is in nobody's way, and goes with its age if not now.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// The events that wait, oldest first. A folder that is not there holds none.
    pub(super) fn waiting(&self) -> io::Result<Vec<Waiting>> {
        match self.list(SUFFIX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// Removes what waited too long, and what a hook that was killed left behind. Says how many events were lost.
    pub(super) fn remove_outdated(&self) -> io::Result<usize> {
        let is_outdated = |waiting: &Waiting| waiting.age() > OLDEST;
        for unfinished in self.list(UNFINISHED)?.iter().filter(|unfinished| is_outdated(unfinished)) {
            self.remove(unfinished)?;
        }
        let waiting = self.waiting()?;
        let outdated: Vec<_> = waiting.iter().filter(|waiting| is_outdated(waiting)).collect();
        outdated.iter().try_for_each(|waiting| self.remove(waiting))?;
        Ok(outdated.len())
    }

    /// The body of an event. Nothing if it is gone: it may have made room for a newer one.
    pub(super) fn read(&self, waiting: &Waiting) -> io::Result<Option<String>> {
        match fs::read(self.folder.join(&waiting.0)) {
            Ok(body) => Ok(Some(String::from_utf8_lossy(&body).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes an event, if it is still there.
    pub(super) fn remove(&self, waiting: &Waiting) -> io::Result<()> {
        match fs::remove_file(self.folder.join(&waiting.0)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes the right to send; nothing if somebody else has it. Reading is all it takes, for the file may belong to an
    /// administrator who tried a hook by hand.
    pub(super) fn lock(&self) -> io::Result<Option<Lock>> {
        let path = self.folder.join(LOCK);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => File::create(&path)?,
            opened => opened?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether somebody has the right to send.
    pub(super) fn is_being_sent(&self) -> bool {
        matches!(self.lock(), Ok(None))
    }

    /// Files of events alone: whatever else lies here, a pipe say, is neither opened nor removed.
    fn list(&self, suffix: &str) -> io::Result<Vec<Waiting>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // One that is gone meanwhile has no type any more.
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if let Ok(name) = entry.file_name().into_string()
                && is_file
                && is_event(&name, suffix)
            {
                names.push(Waiting(name));
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Nanoseconds since 1970 and the process, which is alone in its nanosecond. Behind the newest, also where the clock was
/// set back.
fn next_name(newest: Option<&Waiting>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let newest = newest.and_then(|newest| newest.0.split('-').next()?.parse::<u128>().ok());
    let moment = newest.map_or(now, |newest| now.max(newest.saturating_add(1)));
    format!("{moment:020}-{}", std::process::id())
}

/// Whether [`next_name`] made it.
fn is_event(name: &str, suffix: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = name.strip_suffix(suffix).and_then(|stem| stem.split_once('-'));
    parts.is_some_and(|(moment, process)| is_number(moment) && is_number(process))
}

fn write(path: &Path, body: &str) -> io::Result<()> {
    File::options().write(true).create_new(true).open(path)?.write_all(body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> (tempfile::TempDir, Queue) {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::new(&folder.path().join("spool/dhcp"));
        (folder, queue)
    }

    fn bodies(queue: &Queue) -> Vec<String> {
        queue.waiting().unwrap().iter().map(|waiting| queue.read(waiting).unwrap().unwrap()).collect()
    }

    #[test]
    fn what_is_no_event_is_left_alone() {
        let (_folder, queue) = queue();
        queue.add("one").unwrap();
        fs::create_dir(queue.folder().join("00000000000000000001-2.json")).unwrap();
        fs::write(queue.folder().join("foreign.json"), "mine").unwrap();
        assert_eq!(bodies(&queue), ["one"]);
        assert_eq!(queue.remove_outdated().unwrap(), 0);
        assert!(queue.folder().join("foreign.json").exists());
    }

    #[test]
    fn events_wait_in_their_order() {
        let (_folder, queue) = queue();
        assert!(queue.waiting().unwrap().is_empty());
        for body in ["one", "two", "three"] {
            queue.add(body).unwrap();
        }
        assert_eq!(bodies(&queue), ["one", "two", "three"]);
        let waiting = queue.waiting().unwrap();
        queue.remove(&waiting[1]).unwrap();
        queue.remove(&waiting[1]).unwrap();
        assert_eq!(queue.read(&waiting[1]).unwrap(), None);
        assert_eq!(bodies(&queue), ["one", "three"]);
    }

    #[test]
    fn a_clock_that_is_set_back_changes_no_order() {
        let (_folder, queue) = queue();
        queue.add("first").unwrap();
        let first = queue.waiting().unwrap().remove(0);
        let tomorrow = format!("{:020}-1{SUFFIX}", u64::MAX / 2);
        fs::rename(queue.folder.join(first.0), queue.folder.join(tomorrow)).unwrap();
        queue.add("second").unwrap();
        assert_eq!(bodies(&queue), ["first", "second"]);
        assert_eq!(queue.waiting().unwrap()[0].age(), Duration::ZERO);
    }

    #[test]
    fn the_oldest_make_room_for_the_newest() {
        let (_folder, queue) = queue();
        queue.add("first").unwrap();
        for number in 0..MOST {
            fs::write(queue.folder.join(format!("{number:020}-1{SUFFIX}")), "old").unwrap();
        }
        queue.add("newest").unwrap();
        let waiting = queue.waiting().unwrap();
        assert_eq!(waiting.len(), MOST);
        assert_eq!(queue.read(&waiting[MOST - 1]).unwrap().as_deref(), Some("newest"));
        assert_eq!(queue.read(&waiting[MOST - 2]).unwrap().as_deref(), Some("first"));
    }

    #[test]
    fn what_waited_for_a_day_is_removed_with_what_was_never_finished() {
        let (_folder, queue) = queue();
        queue.add("now").unwrap();
        let then = SystemTime::now() - OLDEST - Duration::from_secs(1);
        let ago = then.duration_since(UNIX_EPOCH).unwrap();
        for suffix in [SUFFIX, UNFINISHED] {
            fs::write(queue.folder.join(format!("{:020}-1{suffix}", ago.as_nanos())), "old").unwrap();
        }
        assert_eq!(queue.remove_outdated().unwrap(), 1);
        assert_eq!(bodies(&queue), ["now"]);
        assert!(queue.list(UNFINISHED).unwrap().is_empty());
    }

    #[test]
    fn one_sends_at_a_time() {
        let (_folder, queue) = queue();
        queue.add("event").unwrap();
        let lock = queue.lock().unwrap();
        assert!(lock.is_some() && queue.lock().unwrap().is_none());
        drop(lock);
        assert!(queue.lock().unwrap().is_some());
    }
}
