//! SIP NOTIFYs that Asterisk sends, which knows where its phones are registered: the action `PJSIPNotify` of its manager
//! interface (AMI).
//!
//! There is one login at a time. It is kept for as long as others wait for it, so that thousands of phones do not cost
//! thousands of logins, and closed by the last: nothing stays open that could go stale.

mod packet;
mod session;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::party::Party;
use super::tls::Tls;
use crate::domain::synchronization::SynchronizationTarget;
use crate::provisioning::synchronizer::SynchronizationError;
use crate::settings::synchronization::AmiSettings;
use packet::{Action, Packet};
use session::Session;

/// Has NOTIFYs sent.
pub(super) struct Ami {
    settings: AmiSettings,
    /// How long a login and one phone may take.
    deadline: Duration,
    tls: Tls,
    asterisk: Party,
    /// Asynchronous, for it is held while Asterisk is asked.
    login: Mutex<Login>,
    /// How many use it or wait for it.
    users: AtomicUsize,
}

impl Ami {
    pub(super) fn new(settings: AmiSettings, deadline: Duration) -> Ami {
        let asterisk = Party::asterisk(&settings.address);
        Ami {
            settings,
            deadline,
            tls: Tls::new(true),
            asterisk,
            login: Mutex::default(),
            users: AtomicUsize::new(0),
        }
    }

    /// Has one sent to the peer if it is known, else to the address, which needs the `default_outbound_endpoint` of its
    /// pjsip.conf. Asterisk answers before it knows whether the phone can be reached.
    pub(super) async fn notify(
        &self,
        target: &SynchronizationTarget,
        event: &str,
        headers: &[(String, String)],
    ) -> Result<String, SynchronizationError> {
        let (key, whom) = addressee(target)?;
        let action = Action::new("PJSIPNotify").with(key, &whom).with_variable("Event", event);
        let action = headers.iter().fold(action, |action, (name, value)| action.with_variable(name, value));
        let answer = self.execute(&action).await?;
        if answer.is_success() {
            return Ok(format!("{} told {whom}: {}", self.asterisk, answer.message()));
        }
        Err(self.asterisk.refused(explain(&answer, &self.settings.username)))
    }

    /// Waits for a turn, which is not part of the deadline: many phones are told one after the other.
    async fn execute(&self, action: &Action) -> Result<Packet, SynchronizationError> {
        let user = User::new(self);
        let came = Instant::now();
        let mut login = self.login.lock().await;
        if let Some((failed, error)) = &login.failure
            && *failed >= came
        {
            return Err(error.clone());
        }
        match self.asterisk.within(self.deadline, self.converse(login.session.take(), action)).await {
            Ok((answer, session)) => {
                if user.is_last() {
                    session.log_off().await;
                } else {
                    login.session = Some(session);
                }
                Ok(answer)
            }
            Err(error) => {
                // Those who waited meanwhile need not wait as long each, nor fail to log in again and again.
                if matches!(
                    error,
                    SynchronizationError::NoAnswer { .. } | SynchronizationError::Refused { .. }
                ) {
                    login.failure = Some((Instant::now(), error.clone()));
                }
                Err(error)
            }
        }
    }

    /// Whoever fails or gives up here takes the session along: nobody finds it with an answer under way.
    async fn converse(
        &self,
        session: Option<Session>,
        action: &Action,
    ) -> Result<(Packet, Session), SynchronizationError> {
        let mut session = match session {
            Some(session) => session,
            None => Session::open(&self.asterisk, &self.settings, &self.tls).await?,
        };
        let answer = session.execute(action).await?;
        Ok((answer, session))
    }
}

/// What one user leaves to the next.
#[derive(Default)]
struct Login {
    session: Option<Session>,
    /// Of Asterisk, not of one phone.
    failure: Option<(Instant, SynchronizationError)>,
}

/// One who uses the login or waits for it.
struct User<'a>(&'a Ami);

impl<'a> User<'a> {
    fn new(ami: &'a Ami) -> User<'a> {
        ami.users.fetch_add(1, Ordering::AcqRel);
        User(ami)
    }

    fn is_last(&self) -> bool {
        self.0.users.load(Ordering::Acquire) == 1
    }
}

impl Drop for User<'_> {
    /// One who gave up waiting may have been the one the login was kept for.
    fn drop(&mut self) {
        if self.0.users.fetch_sub(1, Ordering::AcqRel) == 1
            && let Ok(mut login) = self.0.login.try_lock()
        {
            login.session = None;
        }
    }
}

/// The key and the value that say to whom.
fn addressee(target: &SynchronizationTarget) -> Result<(&'static str, String), SynchronizationError> {
    match (&target.peer, target.ip) {
        (Some(peer), _) => Ok(("Endpoint", peer.clone())),
        (None, Some(IpAddr::V4(ip))) => Ok(("URI", format!("sip:anonymous@{ip}"))),
        (None, Some(IpAddr::V6(ip))) => Ok(("URI", format!("sip:anonymous@[{ip}]"))),
        (None, None) => Err(SynchronizationError::NoTarget(
            "neither the SIP user name nor the address of the phone is known".to_owned(),
        )),
    }
}

/// Asterisk's own words, and what may help.
fn explain(answer: &Packet, username: &str) -> String {
    let message = answer.message();
    let lower = message.to_ascii_lowercase();
    if lower.contains("permission denied") {
        return format!("{message} (give the user {username} `write = system` in manager.conf)");
    }
    if lower.contains("unknown command") {
        return format!("{message} (its module res_pjsip_notify.so is not loaded, or there is no PJSIP)");
    }
    message.to_owned()
}
