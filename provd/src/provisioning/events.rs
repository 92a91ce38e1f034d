//! The bus: whoever does something tells it here, whoever listens hears it, in order, with numbers to go on from.
//!
//! Telling never waits. A listener that is too slow is told how many events it missed. While nobody listens, and nobody did
//! for a while, telling costs one look at a flag: nothing is made, kept or numbered.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

use crate::domain::event::{Action, Event, Subject};

/// Events that are kept for listeners that come back.
const KEPT: usize = 4096;
/// Events a listener may be behind.
const BEHIND: usize = 1024;
/// Listeners at the same time.
const LISTENERS: usize = 64;
/// How long events are kept for listeners that went away.
const LINGER: Duration = Duration::from_mins(5);

/// The bus. Clones share it.
#[derive(Debug, Clone)]
pub struct Events {
    bus: Arc<Bus>,
}

#[derive(Debug)]
struct Bus {
    /// Whether events are made and kept.
    awake: AtomicBool,
    listeners: AtomicUsize,
    // A plain mutex: held to add one event, or to copy references. It makes numbers and order one.
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    last: u64,
    /// Without a hole, up to the last.
    ring: VecDeque<Arc<Event>>,
    /// Nothing once the server ends.
    sender: Option<broadcast::Sender<Arc<Event>>>,
    /// When the last listener went away.
    lonely: Option<Instant>,
}

/// Why somebody cannot listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Deaf {
    /// There are as many listeners as there may be.
    #[error("{LISTENERS} clients listen to events already")]
    Crowded,
    /// The server ends.
    #[error("the server stops")]
    Closed,
}

/// What a listener hears.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Something happened.
    Event(Arc<Event>),
    /// What happened since the number it asked for is not known any more; it goes on from here.
    Gap,
    /// It was too slow, and missed so many.
    Lagged(u64),
}

/// One that listens.
#[derive(Debug)]
pub struct Listener {
    /// What is to be heard first.
    before: VecDeque<Heard>,
    live: broadcast::Receiver<Arc<Event>>,
    events: Events,
}

impl Default for Events {
    fn default() -> Events {
        // A later start begins with higher numbers: fewer than a million events happen in a second.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let last = u64::try_from(since.as_micros()).unwrap_or_default();
        let (sender, _) = broadcast::channel(BEHIND);
        let kept = Kept { last, ring: VecDeque::new(), sender: Some(sender), lonely: None };
        let bus =
            Bus { awake: AtomicBool::new(false), listeners: AtomicUsize::new(0), kept: Mutex::new(kept) };
        Events { bus: Arc::new(bus) }
    }
}

impl Events {
    /// Tells of something. What it is about is made only if somebody may hear of it.
    pub fn tell(&self, action: Action, subject: impl FnOnce() -> Subject) {
        if !self.is_awake() {
            return;
        }
        let subject = subject();
        let mut kept = self.lock();
        if self.falls_asleep(&mut kept) {
            return;
        }
        kept.last += 1;
        let event = Arc::new(Event { sequence: kept.last, at: SystemTime::now(), action, subject });
        let oldest = if kept.ring.len() >= KEPT { kept.ring.pop_front() } else { None };
        kept.ring.push_back(event.clone());
        if let Some(sender) = &kept.sender {
            // That nobody hears it now is no failure: it is kept.
            let _ = sender.send(event);
        }
        drop(kept);
        drop(oldest);
    }

    /// Whether somebody listens, or did just now.
    pub fn is_awake(&self) -> bool {
        self.bus.awake.load(Ordering::Relaxed)
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.bus.listeners.load(Ordering::Relaxed)
    }

    /// Listens from now on, or to everything after an event.
    ///
    /// # Errors
    ///
    /// Too many listen, or the server ends.
    pub fn listen(&self, after: Option<u64>) -> Result<Listener, Deaf> {
        let mut kept = self.lock();
        let live = kept.sender.as_ref().ok_or(Deaf::Closed)?.subscribe();
        if self.listeners() >= LISTENERS {
            return Err(Deaf::Crowded);
        }
        if !self.bus.awake.swap(true, Ordering::Relaxed) {
            // Nobody knows what happened meanwhile.
            kept.last += 1;
        }
        kept.lonely = None;
        self.bus.listeners.fetch_add(1, Ordering::Relaxed);
        let before = after.map(|after| kept.since(after)).unwrap_or_default();
        Ok(Listener { before, live, events: self.clone() })
    }

    /// Lets all listeners end. To be called when the server ends.
    pub fn close(&self) {
        self.lock().sender = None;
    }

    /// Goes to sleep if nobody has listened for a while.
    fn falls_asleep(&self, kept: &mut Kept) -> bool {
        let alone = kept.lonely.is_some_and(|lonely| lonely.elapsed() > LINGER);
        if alone {
            self.bus.awake.store(false, Ordering::Relaxed);
            kept.ring = VecDeque::new();
        }
        alone
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.bus.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// All events after this one, or that they are not all here.
    fn since(&self, after: u64) -> VecDeque<Heard> {
        let first = self.last + 1 - self.ring.len() as u64;
        if after > self.last || after + 1 < first {
            return VecDeque::from([Heard::Gap]);
        }
        self.ring.iter().filter(|event| event.sequence > after).cloned().map(Heard::Event).collect()
    }
}

impl Listener {
    /// What happens next; nothing once the server ends.
    pub async fn next(&mut self) -> Option<Heard> {
        if let Some(heard) = self.before.pop_front() {
            return Some(heard);
        }
        match self.live.recv().await {
            Ok(event) => Some(Heard::Event(event)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Heard::Lagged(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut kept = self.events.lock();
        if self.events.bus.listeners.fetch_sub(1, Ordering::Relaxed) == 1 {
            kept.lonely = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(events: &Events, id: &str) {
        events.tell(Action::Updated, || Subject::Config(id.to_owned()));
    }

    async fn hear(listener: &mut Listener) -> Arc<Event> {
        match listener.next().await {
            Some(Heard::Event(event)) => event,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_nobody_listens_to_is_not_made() {
        let events = Events::default();
        events.tell(Action::Updated, || panic!("nobody wants to know"));
        let mut listener = events.listen(None).unwrap();
        tell(&events, "a");
        assert_eq!(hear(&mut listener).await.subject, Subject::Config("a".to_owned()));
    }

    #[tokio::test]
    async fn who_comes_back_hears_exactly_what_he_missed() {
        let events = Events::default();
        let mut listener = events.listen(None).unwrap();
        tell(&events, "a");
        let last = hear(&mut listener).await.sequence;
        drop(listener);
        for id in ["b", "c"] {
            tell(&events, id);
        }
        let mut listener = events.listen(Some(last)).unwrap();
        tell(&events, "d");
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.push(hear(&mut listener).await.sequence - last);
        }
        assert_eq!(heard, [1, 2, 3]);
        assert_eq!(hear(&mut events.listen(Some(last + 2)).unwrap()).await.sequence, last + 3);
    }

    #[tokio::test]
    async fn what_is_gone_is_a_gap() {
        let events = Events::default();
        let is_gap = async |after| {
            let mut listener = events.listen(Some(after)).unwrap();
            let heard = tokio::select! { biased; heard = listener.next() => heard, () = async {} => None };
            matches!(heard, Some(Heard::Gap))
        };
        let before = events.lock().last;
        assert!(is_gap(before).await, "nothing was kept while nobody listened");
        let _listener = events.listen(None).unwrap();
        let first = events.lock().last;
        (0..=KEPT).for_each(|_| tell(&events, "a"));
        assert!(is_gap(first).await && is_gap(u64::MAX).await && is_gap(0).await);
        let last = events.lock().last;
        assert!(!is_gap(first + 1).await && !is_gap(last).await);
    }

    #[tokio::test]
    async fn who_is_slow_is_told_so_and_keeps_nobody_waiting() {
        let events = Events::default();
        let mut listener = events.listen(None).unwrap();
        (0..BEHIND + 5).for_each(|_| tell(&events, "a"));
        assert!(matches!(listener.next().await, Some(Heard::Lagged(5))));
        assert!(matches!(listener.next().await, Some(Heard::Event(_))));
    }

    #[tokio::test]
    async fn listeners_are_limited_and_end_with_the_server() {
        let events = Events::default();
        let mut listeners: Vec<_> = (0..LISTENERS).map(|_| events.listen(None).unwrap()).collect();
        assert_eq!(events.listen(None).unwrap_err(), Deaf::Crowded);
        listeners.pop();
        let mut listener = events.listen(None).unwrap();
        tell(&events, "last");
        events.close();
        hear(&mut listener).await;
        assert!(listener.next().await.is_none());
        assert_eq!(events.listen(None).unwrap_err(), Deaf::Closed);
    }
}
