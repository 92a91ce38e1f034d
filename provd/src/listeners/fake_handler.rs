//! A pipeline for tests of listeners: answers by name, records what it was asked, and can be made to wait.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc};

use crate::domain::answer::{Answer, Content, ServedFile};
use crate::domain::metadata::Metadata;
use crate::domain::request::Request;
use crate::pipeline::RequestHandler;

/// When every served file last changed: 2023-11-14 22:13:20 UTC, and a bit.
pub(super) fn modified() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_300)
}

/// The content of a file that shows where a byte belongs.
pub(super) fn bytes_of(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// Answers `files` by their path or file name; some other names have a meaning of their own, see [`FakeHandler::handle`].
#[derive(Default)]
pub(super) struct FakeHandler {
    files: HashMap<String, Bytes>,
    asked: Mutex<Vec<Request>>,
    /// Tells a test that a request for a name with `slow` in it has arrived.
    slow_arrived: Option<mpsc::UnboundedSender<()>>,
    /// Lets those go on.
    gate: Option<Arc<Semaphore>>,
}

impl FakeHandler {
    /// Knows these files.
    pub(super) fn with_files<const N: usize>(files: [(&str, Vec<u8>); N]) -> FakeHandler {
        let files = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.into())).collect();
        FakeHandler { files, ..FakeHandler::default() }
    }

    /// Makes requests for names with `slow` in them report here and then wait for a permit.
    pub(super) fn with_gate(
        mut self,
        arrived: mpsc::UnboundedSender<()>,
        gate: Arc<Semaphore>,
    ) -> FakeHandler {
        self.slow_arrived = Some(arrived);
        self.gate = Some(gate);
        self
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl RequestHandler for FakeHandler {
    async fn handle(&self, request: Request) -> Answer {
        let path = request.kind.path().unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(request);
        if path.contains("slow")
            && let (Some(arrived), Some(gate)) = (&self.slow_arrived, &self.gate)
        {
            arrived.send(()).unwrap();
            // What the test does now is seen before the gate is.
            tokio::task::yield_now().await;
            gate.acquire().await.unwrap().forget();
        }
        match path.trim_start_matches('/') {
            "forbidden" => Answer::Forbidden,
            "failed" => Answer::Failed,
            "unavailable" => Answer::Unavailable { retry_after: Duration::from_millis(1500) },
            name => self.file(name),
        }
    }
}

impl FakeHandler {
    /// `NAME` comes from memory, `disk/NAME` from a file, and `cut/NAME` from a file shorter than it claims.
    fn file(&self, path: &str) -> Answer {
        let (place, name) = path.split_once('/').unwrap_or(("", path));
        let Some(bytes) = self.files.get(name) else { return Answer::NotFound };
        let content = match place {
            "disk" => on_disk(bytes, 0),
            "cut" => on_disk(bytes, 100_000),
            _ => Content::Bytes(bytes.clone()),
        };
        Answer::File(ServedFile { content, metadata: Arc::new(Metadata::new(None, "v1", modified())) })
    }
}

fn on_disk(bytes: &[u8], missing: u64) -> Content {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Content::OnDisk { file, length: bytes.len() as u64 + missing }
}
