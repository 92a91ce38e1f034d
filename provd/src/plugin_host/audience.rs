//! Who is asked about a request, and what all of them said of its like.
//!
//! An audience is made of the plugins as they are at one moment. When one of them changes it is out of date as a whole,
//! and what it remembers with it; another is made at once.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::extractions::{Extractions, Vary};
use super::filters::Filters;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::Request;
use crate::provisioning::plugins::{Shape, Vote, Votes};

/// Counts and tells what happens to plugins.
#[derive(Debug, Default)]
pub(super) struct Changes {
    count: AtomicU64,
    notify: Notify,
}

impl Changes {
    pub(super) fn happened(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
        self.notify.notify_waiters();
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Becomes ready with the first change after this call.
    pub(super) fn next(&self) -> Notified<'_> {
        self.notify.notified()
    }
}

/// The plugins of one moment.
#[derive(Debug)]
pub(super) struct Audience {
    /// How many changes there had been when it was made.
    changes: u64,
    filters: Filters,
    votes: Extractions<Votes>,
}

/// What one plugin said, and on what that depends if it may be remembered.
pub(super) type Answer = (String, DeviceInfo, Option<Vary>);

impl Audience {
    pub(super) fn new(changes: u64, filters: Filters) -> Audience {
        Audience { changes, filters, votes: Extractions::new() }
    }

    pub(super) fn is_current(&self, changes: &Changes) -> bool {
        self.changes == changes.count()
    }

    /// What a request is to them.
    pub(super) fn shape(&self, request: &Request) -> Shape {
        Shape { changes: self.changes, text: self.votes.shape(request) }
    }

    /// Plugins that want to be asked.
    pub(super) fn interested(&self, request: &Request) -> Vec<String> {
        self.filters.interested(request)
    }

    /// What all of them said of such a request.
    pub(super) fn remembered(&self, request: &Request) -> Option<Votes> {
        self.votes.get(request)
    }

    /// Counts answers, and remembers the outcome if all of them may be.
    pub(super) fn count(&self, request: &Request, asked: usize, answers: Vec<Answer>) -> Votes {
        let complete = answers.len() == asked;
        let (mut votes, mut vary) = (Vec::<Vote>::new(), Some(Vary::default()));
        for (plugin, info, depends_on) in answers {
            vary = vary.zip(depends_on).map(|(mut all, one)| {
                all.add(one);
                all
            });
            match votes.iter_mut().find(|vote| vote.info == info) {
                Some(vote) => vote.plugins.push(plugin),
                None => votes.push(Vote { plugins: vec![plugin], info }),
            }
        }
        let vary = vary.filter(|_| complete);
        let votes = Votes { votes: votes.into(), complete, may_be_remembered: vary.is_some() };
        if let Some(vary) = vary {
            self.votes.remember(request, vary, votes.clone());
        }
        votes
    }
}
