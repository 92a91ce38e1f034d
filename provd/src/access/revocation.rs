//! The end of what goes on after a request was answered, such as a stream of events: when its token is revoked or expires, or
//! when whoever knows it does not let its holder do this any more.
//!
//! Nobody else tells when that happens, so they are asked again and again.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Refusal, Verifier};

/// How often somebody else is asked again. It adds to how long their answers are believed.
const ASKED_EVERY: Duration = Duration::from_secs(10);
/// How often the clock is looked at, which somebody may set.
const LOOKED_EVERY: Duration = Duration::from_mins(1);

/// When a token is good for nothing any more.
#[derive(Clone, Default)]
pub struct Revocation {
    revoked: CancellationToken,
    expires: Option<SystemTime>,
    elsewhere: Option<Elsewhere>,
}

/// A token that somebody else knows, and what it was good for. SECRET.
#[derive(Clone)]
struct Elsewhere {
    verifier: Arc<dyn Verifier>,
    token: String,
    permission: String,
}

impl Revocation {
    /// Of a token of this server.
    pub(super) fn own(revoked: CancellationToken, expires: Option<SystemTime>) -> Revocation {
        Revocation { revoked, expires, elsewhere: None }
    }

    /// Of a token that somebody else knows.
    pub(super) fn elsewhere(verifier: Arc<dyn Verifier>, token: &str, permission: &str) -> Revocation {
        let elsewhere = Elsewhere { verifier, token: token.to_owned(), permission: permission.to_owned() };
        Revocation { elsewhere: Some(elsewhere), ..Revocation::default() }
    }

    /// Of a token that nobody knows any more.
    pub(super) fn past() -> Revocation {
        let revoked = CancellationToken::new();
        revoked.cancel();
        Revocation::own(revoked, None)
    }

    /// Waits until the token is good for nothing; for ever, if it never is.
    pub async fn revoked(self) {
        tokio::select! {
            () = self.revoked.cancelled() => {}
            () = expired(self.expires) => {}
            () = refused(self.elsewhere) => {}
        }
    }
}

/// Shows no token.
impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation").field("expires", &self.expires).finish_non_exhaustive()
    }
}

async fn expired(expires: Option<SystemTime>) {
    let Some(expires) = expires else { return pending().await };
    while let Ok(left) = expires.duration_since(SystemTime::now())
        && !left.is_zero()
    {
        sleep(left.min(LOOKED_EVERY)).await;
    }
}

/// Whoever cannot be asked has refused nothing.
async fn refused(elsewhere: Option<Elsewhere>) {
    let Some(Elsewhere { verifier, token, permission }) = elsewhere else { return pending().await };
    loop {
        sleep(ASKED_EVERY).await;
        if let Err(Refusal::Unknown | Refusal::NotGranted(_)) = verifier.verify(&token, &permission).await {
            return;
        }
    }
}
