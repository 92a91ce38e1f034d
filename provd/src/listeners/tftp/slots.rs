//! Who is being served: one transfer for each client endpoint, and not too many for anyone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use super::packet::TransferRequest;
use super::settings::TftpSettings;

/// All transfers of a listener.
#[derive(Debug)]
pub(super) struct Slots {
    max_transfers: usize,
    max_per_client: usize,
    /// Guards the counters and the map together; never held across a wait.
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    total: usize,
    per_client: HashMap<IpAddr, usize>,
    by_endpoint: HashMap<SocketAddr, Current>,
    last_id: u64,
}

#[derive(Debug)]
struct Current {
    id: u64,
    request: Arc<TransferRequest>,
    under_way: Arc<AtomicBool>,
    supersede: oneshot::Sender<()>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Claim {
    /// It may be served, until the client starts over.
    Granted(Slot, Superseded),
    /// It is being served: the client only grew impatient.
    Repeated,
    /// There are too many transfers, altogether or from this address.
    Full,
}

/// The right to serve one request, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    peer: SocketAddr,
    id: u64,
    under_way: Arc<AtomicBool>,
    /// The transfer of the same file that this one takes the place of once the client answers it.
    older: Mutex<Option<oneshot::Sender<()>>>,
}

/// Completes when the client has started over.
#[derive(Debug)]
pub(super) struct Superseded(Option<oneshot::Receiver<()>>);

impl Slots {
    /// No transfers yet.
    pub(super) fn new(settings: &TftpSettings) -> Slots {
        Slots {
            max_transfers: settings.max_transfers,
            max_per_client: settings.max_transfers_per_client,
            book: Mutex::default(),
        }
    }

    /// Asks to serve a request of an endpoint.
    ///
    /// The same request again is a repetition as long as the client has not answered. After that it may have started over
    /// from the same port, as boot loaders do, or the network brings late what was sent before the answer: both are served,
    /// and which of them the client meant shows in what it answers. When it asks for something else the older transfer is
    /// superseded.
    pub(super) fn claim(self: &Arc<Slots>, peer: SocketAddr, request: &Arc<TransferRequest>) -> Claim {
        let mut book = self.book();
        let mut older = None;
        if let Entry::Occupied(entry) = book.by_endpoint.entry(peer) {
            let Current { request: current, under_way, .. } = entry.get();
            let is_same = current == request;
            if is_same && !under_way.load(Ordering::Relaxed) {
                return Claim::Repeated;
            }
            let supersede = entry.remove().supersede;
            if is_same {
                older = Some(supersede);
            } else {
                // It may have ended by itself in this moment.
                let _ = supersede.send(());
            }
        }
        let of_client = book.per_client.get(&peer.ip()).copied().unwrap_or(0);
        if book.total >= self.max_transfers || of_client >= self.max_per_client {
            return Claim::Full;
        }
        book.enter(Arc::clone(self), peer, (Arc::clone(request), older))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn enter(
        &mut self,
        slots: Arc<Slots>,
        peer: SocketAddr,
        (request, older): (Arc<TransferRequest>, Option<oneshot::Sender<()>>),
    ) -> Claim {
        self.total += 1;
        *self.per_client.entry(peer.ip()).or_default() += 1;
        self.last_id += 1;
        let id = self.last_id;
        let under_way = Arc::new(AtomicBool::new(false));
        let (supersede, superseded) = oneshot::channel();
        let current = Current { id, request, under_way: Arc::clone(&under_way), supersede };
        self.by_endpoint.insert(peer, current);
        let slot = Slot { slots, peer, id, under_way, older: Mutex::new(older) };
        Claim::Granted(slot, Superseded(Some(superseded)))
    }

    fn leave(&mut self, peer: SocketAddr, id: u64) {
        self.total -= 1;
        if let Some(count) = self.per_client.get_mut(&peer.ip()) {
            *count -= 1;
            if *count == 0 {
                self.per_client.remove(&peer.ip());
            }
        }
        if self.by_endpoint.get(&peer).is_some_and(|entry| entry.id == id) {
            self.by_endpoint.remove(&peer);
        }
    }
}

impl Slot {
    /// The client has answered.
    pub(super) fn mark_under_way(&self) {
        self.under_way.store(true, Ordering::Relaxed);
        let older = self.older.lock().unwrap_or_else(PoisonError::into_inner).take();
        // It may have ended by itself.
        older.map(|older| older.send(()));
    }
}

impl Future for Superseded {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(receiver) = &mut self.0 else { return Poll::Pending };
        if ready!(Pin::new(receiver).poll(context)).is_ok() {
            return Poll::Ready(());
        }
        // What would have taken its place has ended without an answer.
        self.0 = None;
        Poll::Pending
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.book().leave(self.peer, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listeners::tftp::packet::Direction;

    fn slots(max_transfers: usize, max_transfers_per_client: usize) -> Arc<Slots> {
        let settings = TftpSettings { max_transfers, max_transfers_per_client, ..TftpSettings::default() };
        Arc::new(Slots::new(&settings))
    }

    fn request(filename: &str) -> Arc<TransferRequest> {
        Arc::new(TransferRequest {
            direction: Direction::Read,
            filename: filename.into(),
            mode: "octet".into(),
            options: Vec::new(),
        })
    }

    fn granted(slots: &Arc<Slots>, peer: &str, filename: &str) -> (Slot, Superseded) {
        match slots.claim(peer.parse().unwrap(), &request(filename)) {
            Claim::Granted(slot, superseded) => (slot, superseded),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_impatient_client_is_served_once() {
        let slots = slots(10, 10);
        let slot = granted(&slots, "192.0.2.1:1000", "a");
        let again = slots.claim("192.0.2.1:1000".parse().unwrap(), &request("a"));
        assert!(matches!(again, Claim::Repeated));
        drop(slot);
        granted(&slots, "192.0.2.1:1000", "a");
    }

    fn is_superseded(superseded: &mut Superseded) -> bool {
        let context = &mut Context::from_waker(std::task::Waker::noop());
        Pin::new(superseded).poll(context).is_ready()
    }

    #[test]
    fn a_client_that_starts_over_supersedes_its_transfer_once_it_answers_the_new_one() {
        let slots = slots(10, 10);
        let (first, mut of_first) = granted(&slots, "192.0.2.1:1000", "a");
        first.mark_under_way();
        let (second, mut of_second) = granted(&slots, "192.0.2.1:1000", "a");
        assert!(!is_superseded(&mut of_first));
        second.mark_under_way();
        assert!(is_superseded(&mut of_first));
        let (_third, mut of_third) = granted(&slots, "192.0.2.1:1000", "b");
        assert!(is_superseded(&mut of_second) && !is_superseded(&mut of_third));
        drop((first, second));
        let again = slots.claim("192.0.2.1:1000".parse().unwrap(), &request("b"));
        assert!(matches!(again, Claim::Repeated));
    }

    #[test]
    fn a_request_that_comes_late_ends_no_transfer() {
        let slots = slots(10, 10);
        let (first, mut of_first) = granted(&slots, "192.0.2.1:1000", "a");
        first.mark_under_way();
        let (late, _of_late) = granted(&slots, "192.0.2.1:1000", "a");
        drop(late);
        assert!(!is_superseded(&mut of_first) && !is_superseded(&mut of_first));
    }

    #[test]
    fn there_is_a_limit_for_each_address_and_for_all() {
        let slots = slots(3, 2);
        let held = [granted(&slots, "192.0.2.1:1", "a"), granted(&slots, "192.0.2.1:2", "a")];
        assert!(matches!(slots.claim("192.0.2.1:3".parse().unwrap(), &request("a")), Claim::Full));
        let _other = granted(&slots, "192.0.2.2:1", "a");
        assert!(matches!(slots.claim("192.0.2.3:1".parse().unwrap(), &request("a")), Claim::Full));
        drop(held);
        granted(&slots, "192.0.2.3:1", "a");
        assert!(!slots.book().per_client.contains_key(&"192.0.2.1".parse().unwrap()));
    }
}
