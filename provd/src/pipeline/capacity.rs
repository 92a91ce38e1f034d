//! How many requests of phones are thought about at the same time. Above that they would only take each other's processor
//! and memory, until all of them are late: who has waited for a second is told to come back.
//!
//! TFTP has no word for that. A client that hears nothing asks again, and transfers are bounded where they arrive.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::domain::request::{Request, RequestKind};

/// Requests at the same time. A plugin that hangs takes far fewer, and others wait for it no longer than for a place here;
/// soon it is not asked any more. So its phones do not keep out those of others.
const REQUESTS: usize = 1024;
/// How long one waits for its turn. It is answered within some milliseconds then.
const QUEUE: Duration = Duration::from_secs(1);
/// When those that are turned away may come back, in seconds: they are spread, so as not to come together again.
const LATER: std::ops::Range<u64> = 2..10;

/// Places for requests.
#[derive(Debug)]
pub(super) struct Capacity {
    places: Semaphore,
}

/// Whether a request is thought about now.
#[derive(Debug)]
pub(super) enum Turn<'c> {
    /// Yes, until this is dropped; nothing for one that needs no place.
    Now(Option<SemaphorePermit<'c>>),
    /// No, and when it may come back.
    Later(Duration),
}

impl Default for Capacity {
    fn default() -> Capacity {
        Capacity::of(REQUESTS)
    }
}

impl Capacity {
    fn of(requests: usize) -> Capacity {
        Capacity { places: Semaphore::new(requests) }
    }

    /// Waits for the turn of a request with this number.
    pub(super) async fn turn(&self, request: &Request, number: u64) -> Turn<'_> {
        if !matches!(request.kind, RequestKind::Http(_)) {
            return Turn::Now(None);
        }
        if let Ok(place) = timeout(QUEUE, self.places.acquire()).await {
            // It is never closed.
            return Turn::Now(place.ok());
        }
        Turn::Later(Duration::from_secs(LATER.start + number % (LATER.end - LATER.start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::headers::Headers;
    use crate::domain::request::{HttpRequest, TftpRequest};

    fn http() -> Request {
        let (path, query, headers) = ("/a.cfg".to_owned(), String::new(), Headers::default());
        let http = HttpRequest { method: "GET", path, query, headers };
        Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) }
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_place_in_time_comes_back_later_and_not_with_the_others() {
        let capacity = Capacity::of(1);
        let first = capacity.turn(&http(), 1).await;
        assert!(matches!(first, Turn::Now(Some(_))));
        let (Turn::Later(second), Turn::Later(third)) =
            (capacity.turn(&http(), 2).await, capacity.turn(&http(), 3).await)
        else {
            panic!("there is one place")
        };
        assert!(second != third && LATER.contains(&second.as_secs()), "{second:?} {third:?}");
        drop(first);
        assert!(matches!(capacity.turn(&http(), 4).await, Turn::Now(Some(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_tftp_client_is_not_turned_away() {
        let capacity = Capacity::of(0);
        let kind = RequestKind::Tftp(TftpRequest { filename: "a.cfg".to_owned() });
        let request = Request { ip: [192, 0, 2, 1].into(), kind };
        assert!(matches!(capacity.turn(&request, 1).await, Turn::Now(None)));
    }
}
