//! A phone that asks for the same file over and over while something else happens.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::task::JoinHandle;

use crate::phone::HttpPhone;
use crate::{Tally, eventually};

/// Requests that go on until they are stopped.
#[derive(Debug)]
pub struct Traffic {
    // Held for a count or a copy, never while waiting.
    tally: Arc<Mutex<Tally>>,
    task: JoinHandle<()>,
}

impl Traffic {
    /// Asks for `target` without pause, on one connection as long as it lasts. Whatever is not a 200 with `content` is
    /// a failure.
    pub fn start(mut phone: HttpPhone, target: &str, content: Vec<u8>) -> Traffic {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let (counted, target) = (tally.clone(), target.to_owned());
        let task = tokio::spawn(async move {
            loop {
                let failure = match phone.get(&target).await {
                    Ok(response) if response.status == 200 && response.body == content => None,
                    Ok(response) => Some(format!("{target}: {} {}", response.status, response.text())),
                    Err(error) => Some(format!("{target}: {error:#}")),
                };
                counted.lock().unwrap_or_else(PoisonError::into_inner).count(failure);
                // One connection must not keep the others from being served.
                tokio::task::yield_now().await;
            }
        });
        Traffic { tally, task }
    }

    /// What became of the requests so far.
    pub fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many more requests were made.
    pub async fn more(&self, requests: usize) -> Result<()> {
        let target = self.tally().requests + requests;
        let look = || async { Ok((self.tally().requests >= target).then_some(())) };
        eventually(&format!("{requests} more requests"), look).await
    }

    /// Ends it.
    pub fn stop(self) -> Tally {
        self.task.abort();
        self.tally()
    }
}
