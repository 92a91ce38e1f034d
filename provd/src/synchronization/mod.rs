//! Telling phones to fetch their files again: by SIP NOTIFY, of provd itself or of Asterisk, and by calls of their own web
//! servers.
//!
//! Which way a phone understands is its plugin's to say, and whom to tell its caller's. Here nothing is remembered, nobody
//! is told twice, and that a phone was told says nothing of what it does then.

mod ami;
mod connecting;
mod digest;
mod http;
mod party;
mod sip;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::synchronization::{SynchronizationMethod, SynchronizationTarget};
use crate::provisioning::synchronizer::{SynchronizationError, Synchronizer};
use crate::settings::synchronization::{NotifySettings, SynchronizationSettings};
use ami::Ami;
use http::{Call, Http};
use sip::Sip;
use tls::Tls;

/// Tells phones, as the settings say.
pub struct Synchronization {
    notifier: Notifier,
    http: Http,
}

enum Notifier {
    Sip(Sip),
    Ami(Box<Ami>),
    Nobody,
}

impl Synchronization {
    /// Opens nothing yet: each phone is told over a connection of its own, and all of them through one login of Asterisk.
    pub fn new(settings: SynchronizationSettings) -> Synchronization {
        let SynchronizationSettings { notify, verify_certificates, deadline } = settings;
        let phones = Arc::new(Tls::new(verify_certificates));
        let notifier = match notify {
            NotifySettings::Sip(settings) => Notifier::Sip(Sip::new(settings, deadline, phones.clone())),
            NotifySettings::Ami(settings) => Notifier::Ami(Box::new(Ami::new(settings, deadline))),
            NotifySettings::None => Notifier::Nobody,
        };
        Synchronization { notifier, http: Http::new(deadline, phones) }
    }
}

#[async_trait]
impl Synchronizer for Synchronization {
    async fn synchronize(
        &self,
        target: &SynchronizationTarget,
        method: &SynchronizationMethod,
    ) -> Result<String, SynchronizationError> {
        let impossible = |why| SynchronizationError::NotPossible(format!("the plugin asks for {why}"));
        method.check().map_err(impossible)?;
        match (method, &self.notifier) {
            (SynchronizationMethod::SipNotify { event, headers }, Notifier::Sip(sip)) => {
                sip.notify(target, event, headers).await
            }
            (SynchronizationMethod::SipNotify { event, headers }, Notifier::Ami(ami)) => {
                ami.notify(target, event, headers).await
            }
            (SynchronizationMethod::SipNotify { .. }, Notifier::Nobody) => {
                let why = "this phone is told by a SIP NOTIFY, and the setting `synchronization` is `none`";
                Err(SynchronizationError::NotPossible(why.to_owned()))
            }
            (SynchronizationMethod::HttpCall { method, url, content_type, body, credentials }, _) => {
                let content_type = content_type.as_deref();
                let call = Call { method, url, content_type, body, credentials: credentials.as_ref() };
                self.http.call(call).await
            }
            (SynchronizationMethod::ToldByPlugin, _) => Ok("told by its plugin".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_notify_is_refused_where_it_is_switched_off_and_where_nobody_is_known() {
        let target = SynchronizationTarget::default();
        let notify = SynchronizationMethod::SipNotify { event: "check-sync".to_owned(), headers: Vec::new() };
        let off =
            SynchronizationSettings { notify: NotifySettings::None, ..SynchronizationSettings::default() };
        let refused = Synchronization::new(off).synchronize(&target, &notify).await;
        assert!(matches!(refused, Err(SynchronizationError::NotPossible(why)) if why.contains("`none`")));
        let unknown =
            Synchronization::new(SynchronizationSettings::default()).synchronize(&target, &notify).await;
        assert!(matches!(unknown, Err(SynchronizationError::NoTarget(_))));
    }

    #[tokio::test]
    async fn what_a_plugin_must_not_ask_for_is_not_sent() {
        let headers = vec![("X-A".to_owned(), "b\r\nVia: c".to_owned())];
        let notify = SynchronizationMethod::SipNotify { event: "check-sync".to_owned(), headers };
        let outcome = Synchronization::new(SynchronizationSettings::default())
            .synchronize(&SynchronizationTarget::default(), &notify)
            .await;
        assert!(matches!(outcome, Err(SynchronizationError::NotPossible(_))));
    }
}
