//! One login of the manager interface: banner, challenge, login, actions in turn, logoff. Events in between are passed over.

use std::time::Duration;

use md5::{Digest as _, Md5};
use tokio::io::{AsyncWriteExt as _, BufReader};

use super::packet::{Action, LineError, Packet, read_line};
use crate::provisioning::synchronizer::SynchronizationError;
use crate::settings::synchronization::AmiSettings;
use crate::synchronization::connecting::{ByteStream, Connection, connect};
use crate::synchronization::party::Party;
use crate::synchronization::tls::Tls;

/// What every manager says first.
const BANNER: &str = "Asterisk Call Manager/";
/// How long the goodbye of Asterisk is waited for.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection that is logged in.
pub(super) struct Session {
    asterisk: Party,
    stream: BufReader<Box<dyn ByteStream>>,
    actions: u64,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(
        asterisk: &Party,
        settings: &AmiSettings,
        tls: &Tls,
    ) -> Result<Session, SynchronizationError> {
        let host = settings.address.rsplit_once(':').map_or("", |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let tls = settings.tls.then_some((tls, host));
        let Connection { stream, remote, .. } = connect(asterisk, &settings.address, tls).await?;
        let mut session = Session { asterisk: asterisk.clone(), stream: BufReader::new(stream), actions: 0 };
        let banner = read_line(&mut session.stream).await.map_err(|error| session.failed(error))?;
        if !banner.starts_with(BANNER) {
            return Err(asterisk.refused("what answers there is no Asterisk manager"));
        }
        session.log_in(settings, tls.is_some() || remote.ip().is_loopback()).await?;
        Ok(session)
    }

    /// Proves the secret by a challenge. Says it only where nobody can listen, if Asterisk knows no challenges.
    async fn log_in(&mut self, settings: &AmiSettings, private: bool) -> Result<(), SynchronizationError> {
        let challenge = self.execute(&Action::new("Challenge").with("AuthType", "MD5")).await?;
        let login = Action::new("Login").with("Username", &settings.username).with("Events", "off");
        let login = match challenge.get("Challenge") {
            Some(challenge) => {
                let key = hex::encode(Md5::digest(format!("{challenge}{}", settings.secret)));
                login.with("AuthType", "MD5").with("Key", key)
            }
            None if private => login.with("Secret", &settings.secret),
            None => {
                return Err(self.asterisk.refused(format_args!(
                    "{} (it offers no challenge, and the secret is not sent in the clear: set ami_tls)",
                    challenge.message()
                )));
            }
        };
        let answer = self.execute(&login).await?;
        if !answer.is_success() {
            return Err(self.asterisk.refused(format_args!(
                "{} (see the secret, and what its manager.conf permits, of the user {})",
                answer.message(),
                settings.username
            )));
        }
        Ok(())
    }

    /// Sends an action and waits for its answer.
    pub(super) async fn execute(&mut self, action: &Action) -> Result<Packet, SynchronizationError> {
        self.actions += 1;
        let id = format!("provd-{}", self.actions);
        let text = action.text(&id).ok_or_else(|| {
            SynchronizationError::NotPossible("a name or value with control characters".to_owned())
        })?;
        let broken = |error| self.asterisk.broken(&error);
        self.stream.write_all(text.as_bytes()).await.map_err(broken)?;
        self.stream.flush().await.map_err(broken)?;
        loop {
            let packet = Packet::read(&mut self.stream).await.map_err(|error| self.failed(error))?;
            if packet.answers(&id) {
                return Ok(packet);
            }
        }
    }

    /// Says goodbye; whether Asterisk does too is of no consequence.
    pub(super) async fn log_off(mut self) {
        let _ = tokio::time::timeout(GOODBYE, self.execute(&Action::new("Logoff"))).await;
    }

    fn failed(&self, error: LineError) -> SynchronizationError {
        match error {
            LineError::Broken(error) => self.asterisk.broken(&error),
            LineError::Foreign(why) => self.asterisk.refused(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What an Asterisk without challenges is sent by one who logs in.
    async fn sent(private: bool) -> (Result<(), SynchronizationError>, String) {
        let settings = AmiSettings {
            address: "asterisk.example.org:5038".to_owned(),
            username: "provd".to_owned(),
            secret: "sesame".to_owned(),
            tls: false,
        };
        let (ours, mut theirs) = duplex(4096);
        let refusal = "Response: Error\r\nActionID: provd-1\r\nMessage: Invalid/unknown command\r\n\r\n";
        let welcome = "Response: Success\r\nActionID: provd-2\r\n\r\n";
        theirs.write_all(format!("{refusal}{welcome}").as_bytes()).await.unwrap();
        let mut session = Session {
            asterisk: Party::asterisk(&settings.address),
            stream: BufReader::new(Box::new(ours)),
            actions: 0,
        };
        let outcome = session.log_in(&settings, private).await;
        drop(session);
        let mut text = String::new();
        theirs.read_to_string(&mut text).await.unwrap();
        (outcome, text)
    }

    #[tokio::test]
    async fn the_secret_is_not_said_where_others_can_listen() {
        let (outcome, text) = sent(false).await;
        let why = outcome.unwrap_err().to_string();
        assert!(why.contains("set ami_tls") && !text.contains("sesame"), "{why} {text}");
        let (outcome, text) = sent(true).await;
        assert!(outcome.is_ok() && text.contains("Secret: sesame\r\n"), "{text}");
    }
}
