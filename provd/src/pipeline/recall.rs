//! A request whose like was decided before: answered at once, with everything that follows from an answer, and nothing that
//! has to be waited for.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::recollection::{Decision, Since};
use super::record::{Draft, Outcome, RequestRecord, Steps};
use super::remote_state::{is_fetch, is_trigger};
use super::url_key::Key;
use super::{Pipeline, log};
use crate::domain::answer::Answer;
use crate::domain::request::Request;
use crate::provisioning::basis::{Basis, Stripe};

impl Pipeline {
    /// Answers a request whose like was decided before.
    pub(super) fn answer_as_before(&self, request: &Request) -> Option<Answer> {
        let began = Instant::now();
        let mut request = Cow::Borrowed(request);
        let key = if self.provisioning.requires_url_keys() {
            self.take_key(request.to_mut())
        } else {
            Key::NotNeeded
        };
        let decision = self.decided(&request, &key)?;
        let answer = decision.answer(&request, &self.provisioning);
        self.tell(&decision, &request, &answer, began);
        Some(answer)
    }

    fn decided(&self, request: &Request, key: &Key) -> Option<Arc<Decision>> {
        let decision = self.recollection.recall(request, &self.provisioning);
        self.metrics.decisions.looked(decision.is_some());
        decision.filter(|decision| self.opens(key, &decision.device))
    }

    /// What an answer leaves behind: lines in the log, a phone that was seen, a story, a count.
    fn tell(&self, decision: &Decision, request: &Request, answer: &Answer, began: Instant) {
        let (id, device) = (self.journal.begin(), &decision.device);
        let log = log::begin(id, request);
        log.extracted(&decision.concluded.info);
        log.retrieved(Some(device));
        log.routed(Some(&decision.plugin));
        if decision.is_sensitive {
            log::sensitive(request);
        }
        self.doubts.forget(&device.id);
        let fetched = decision.is_trigger && matches!(answer, Answer::File(_)) && is_fetch(request);
        let at = self.saw(device, request, answer, fetched);
        let record = RequestRecord {
            id,
            at,
            concluded: decision.concluded.clone(),
            outcome: Outcome::of(answer),
            steps: Steps { extract: began.elapsed(), ..Steps::default() },
        };
        let is_awake = self.provisioning.events().is_awake();
        self.record(&record, is_awake.then(|| device.tenant_uuid.clone()).flatten());
        self.journal.keep(record);
    }

    /// What a request that begins now may rest on.
    pub(super) fn since(&self) -> Since {
        Since { plugins: self.provisioning.plugins().changes(), store: self.provisioning.store().moment() }
    }

    /// Remembers what was decided about a request, if its like would be decided alike.
    pub(super) fn remember(&self, request: &Request, draft: &mut Draft) {
        let Some((given, device)) = draft.given.take() else { return };
        let Some(plugin) = draft.route.clone() else { return };
        let keys = draft.identification.tried.iter().map(|(key, _)| Stripe::of_key(key));
        let stripes = keys.chain([Stripe::of_device(&device.id), Stripe::of_common_files(&plugin)]).collect();
        let is_trigger = is_trigger(&device, request);
        let decision = Decision {
            plugins: draft.since.plugins,
            // The name by which a PBX reaches the phone comes from a config.
            basis: Basis { since: draft.since.store, stripes, configs: is_trigger },
            concluded: draft.conclude(request),
            is_sensitive: self.is_sensitive(&plugin, request),
            plugin,
            is_trigger,
            given,
            device,
        };
        self.recollection.remember(request, &self.provisioning, decision);
    }
}
