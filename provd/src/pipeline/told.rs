//! What is counted of a request that was answered, and told to whoever listens.

use super::Pipeline;
use super::record::{RequestRecord, Steps};
use crate::domain::event::{Action, RequestSubject, Subject};

impl Pipeline {
    /// Counts a request, and tells of it. `tenant` claimed its device.
    pub(super) fn record(&self, record: &RequestRecord, tenant: Option<String>) {
        let Steps { extract, identify, serve } = record.steps;
        let (protocol, outcome) = (record.request.kind.protocol(), record.outcome.as_str());
        self.metrics.answered(
            protocol,
            record.concluded.route.as_deref(),
            outcome,
            [extract, identify, serve],
        );
        self.provisioning.events().tell(Action::Answered, || {
            Subject::Request(Box::new(RequestSubject {
                id: record.id,
                protocol,
                ip: record.request.ip,
                path: record.request.kind.path().map(str::to_owned),
                device: record.concluded.device.clone().map(|device| (device, tenant)),
                plugin: record.concluded.route.clone(),
                outcome,
                created: record.concluded.identification.created,
                refusal: record.concluded.identification.refusal.clone(),
                took: extract + identify + serve,
            }))
        });
    }
}
