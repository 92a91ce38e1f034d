//! What is counted of a request that was answered, and told to whoever listens.

use super::Pipeline;
use super::record::{RequestRecord, Steps};
use crate::domain::event::{Action, RequestSubject, Subject};

impl Pipeline {
    /// Counts a request, and tells of it. `tenant` claimed its device.
    pub(super) fn record(&self, record: &RequestRecord, tenant: Option<String>) {
        let Steps { extract, identify, serve } = record.steps;
        let concluded = &record.concluded;
        let (protocol, outcome) = (concluded.request.kind.protocol(), record.outcome.as_str());
        self.metrics.answered(protocol, concluded.route.as_deref(), outcome, [extract, identify, serve]);
        self.provisioning.events().tell(Action::Answered, || {
            Subject::Request(Box::new(RequestSubject {
                id: record.id,
                protocol,
                ip: concluded.request.ip,
                path: concluded.request.kind.path().map(str::to_owned),
                device: concluded.device.clone().map(|device| (device, tenant)),
                plugin: concluded.route.clone(),
                outcome,
                created: concluded.identification.created,
                refusal: concluded.identification.refusal.clone(),
                took: extract + identify + serve,
            }))
        });
    }
}
