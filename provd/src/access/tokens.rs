//! The tokens of this server, in memory: checking one reads no database. What is here is what is stored, for a change is
//! stored first; so a revoked token opens nothing from the moment its revocation is answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Revocation;
use crate::domain::access::{Permissions, Principal, Token};

/// Name of the administrator's token, which is in the data directory.
pub(super) const ADMINISTRATOR: &str = "admin";

/// All tokens.
pub(super) struct Tokens {
    /// Of the administrator's token; nothing for an empty one, which nobody can state.
    administrator: Option<[u8; 32]>,
    /// By hash. How long a look-up takes tells at most something about hashes, from which no token can be made: an
    /// administrator may have chosen his, so that one is compared in constant time.
    known: RwLock<HashMap<[u8; 32], Known>>,
}

struct Known {
    token: Token,
    /// Seconds since 1970; 0: not since it was read.
    used: AtomicU64,
    /// Of these, what is stored.
    noted: AtomicU64,
    revoked: CancellationToken,
}

impl Tokens {
    pub(super) fn new(administrator: &str, tokens: Vec<Token>) -> Tokens {
        Tokens {
            administrator: (!administrator.is_empty()).then(|| hash(administrator)),
            known: RwLock::new(tokens.into_iter().map(|token| (token.hash, Known::new(token))).collect()),
        }
    }

    /// Who holds a token, unless it is unknown or expired. The master tenant is the nil UUID here.
    pub(super) fn holder(&self, token: &str) -> Option<Principal> {
        let hash = hash(token);
        if self.is_administrator(&hash) {
            let name = ADMINISTRATOR.to_owned();
            return Some(Principal { name, tenant: Uuid::nil(), permissions: Permissions::all() });
        }
        let now = SystemTime::now();
        let known = self.read();
        let known =
            known.get(&hash).filter(|known| known.token.expires.is_none_or(|expires| now < expires))?;
        known.used.store(seconds(now), Ordering::Relaxed);
        let Token { name, tenant, permissions, .. } = known.token.clone();
        Some(Principal { name, tenant: tenant.unwrap_or_default(), permissions })
    }

    /// How to hear that a token is good for nothing any more; nothing if it is not known, or already.
    pub(super) fn revocation(&self, token: &str) -> Option<Revocation> {
        let hash = hash(token);
        if self.is_administrator(&hash) {
            return Some(Revocation::default());
        }
        let known = self.read();
        known.get(&hash).map(|known| Revocation::own(known.revoked.clone(), known.token.expires))
    }

    /// How many there are beside the administrator's.
    pub(super) fn count(&self) -> usize {
        self.read().len()
    }

    /// All of them but the administrator's, oldest first.
    pub(super) fn all(&self) -> Vec<Token> {
        let mut tokens: Vec<Token> = self.read().values().map(Known::as_of_now).collect();
        tokens.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        tokens
    }

    pub(super) fn put(&self, token: Token) {
        self.write().insert(token.hash, Known::new(token));
    }

    pub(super) fn remove(&self, id: &str) {
        for (_, known) in self.write().extract_if(|_, known| known.token.id == id) {
            known.revoked.cancel();
        }
    }

    /// Uses that are not stored yet.
    pub(super) fn uses(&self) -> Vec<(String, SystemTime)> {
        let known = self.read();
        let fresh = known.values().filter_map(|known| {
            let used = known.used.load(Ordering::Relaxed);
            (used != known.noted.load(Ordering::Relaxed)).then(|| (known.token.id.clone(), moment(used)))
        });
        fresh.collect()
    }

    /// Says that these are stored.
    pub(super) fn noted(&self, uses: &[(String, SystemTime)]) {
        let uses: HashMap<&str, SystemTime> = uses.iter().map(|(id, at)| (id.as_str(), *at)).collect();
        for known in self.read().values() {
            if let Some(at) = uses.get(known.token.id.as_str()) {
                known.noted.store(seconds(*at), Ordering::Relaxed);
            }
        }
    }

    fn is_administrator(&self, hash: &[u8; 32]) -> bool {
        self.administrator.is_some_and(|administrator| administrator.ct_eq(hash).into())
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<[u8; 32], Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<[u8; 32], Known>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn new(token: Token) -> Known {
        Known { token, used: AtomicU64::new(0), noted: AtomicU64::new(0), revoked: CancellationToken::new() }
    }

    fn as_of_now(&self) -> Token {
        let used = self.used.load(Ordering::Relaxed);
        let last_used = if used == 0 { self.token.last_used } else { Some(moment(used)) };
        Token { last_used, ..self.token.clone() }
    }
}

/// What is kept of the text of a token.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn token(text: &str, expires: Option<SystemTime>) -> Token {
        Token {
            id: format!("id of {text}"),
            name: format!("name of {text}"),
            hash: hash(text),
            permissions: Permissions::parse(&["provd.read"]).unwrap(),
            tenant: None,
            created: SystemTime::now(),
            expires,
            last_used: None,
        }
    }

    #[test]
    fn only_a_known_token_has_a_holder() {
        let tokens = Tokens::new("root", vec![token("a", None)]);
        assert_eq!(tokens.holder("root").unwrap().permissions, Permissions::all());
        assert_eq!(tokens.holder("a").unwrap().name, "name of a");
        let revocation = tokens.revocation("a").unwrap();
        for unknown in ["", "A", "a ", "Root"] {
            assert_eq!(tokens.holder(unknown), None, "{unknown}");
        }
        assert_eq!(Tokens::new("", Vec::new()).holder(""), None);
        tokens.remove("id of a");
        assert!(tokens.holder("a").is_none() && revocation.revoked().now_or_never().is_some());
        assert!(tokens.revocation("a").is_none() && tokens.revocation("root").is_some());
    }

    #[tokio::test]
    async fn what_goes_on_with_a_token_ends_when_it_expires() {
        let soon = SystemTime::now() + Duration::from_millis(50);
        let tokens = Tokens::new("", vec![token("a", Some(soon)), token("b", None)]);
        assert!(tokens.revocation("b").unwrap().revoked().now_or_never().is_none());
        let revoked = tokens.revocation("a").unwrap().revoked();
        tokio::time::timeout(Duration::from_secs(10), revoked).await.unwrap();
        assert!(SystemTime::now() >= soon);
    }

    #[test]
    fn an_expired_token_has_no_holder() {
        let hour = Duration::from_hours(1);
        let now = SystemTime::now();
        let tokens = Tokens::new("", vec![token("old", Some(now - hour)), token("new", Some(now + hour))]);
        assert_eq!((tokens.holder("old"), tokens.holder("new").is_some()), (None, true));
    }

    #[test]
    fn each_use_is_to_be_stored_once() {
        let tokens = Tokens::new("", vec![token("a", None), token("b", None)]);
        tokens.holder("a");
        let uses = tokens.uses();
        assert_eq!((uses.len(), uses[0].0.as_str()), (1, "id of a"));
        tokens.noted(&uses);
        assert_eq!(tokens.uses(), []);
        let last_used: Vec<bool> = tokens.all().iter().map(|token| token.last_used.is_some()).collect();
        assert_eq!(last_used, [true, false]);
    }

    #[test]
    fn debug_output_shows_no_hash() {
        let shown = format!("{:?}", token("a", None));
        assert_eq!(shown, r#"Token { id: "id of a", name: "name of a", .. }"#);
    }
}
