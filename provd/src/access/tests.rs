//! Who comes in, in whose name, and what he may make: against a store in memory and a service that knows other tokens.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::store::{AccessStore, AccessStoreError};
use super::{
    Access, Admitted, Asked, IssuingError, NewTenant, NewToken, Refusal, RegistrationError, Scope, Verifier,
};
use crate::domain::access::{Permission, Permissions, Principal, RegisteredTenant, Token};
use crate::domain::audit::{Actor, AuditEntry};

const ROOT: &str = "the administrator's";
const A: Uuid = Uuid::from_u128(0xa);
const BELOW_A: Uuid = Uuid::from_u128(0xaa);
const B: Uuid = Uuid::from_u128(0xb);
const NOBODYS: Uuid = Uuid::from_u128(0xf);

/// Keeps what it is given, until it is told to fail.
#[derive(Default)]
struct Memory {
    tokens: Mutex<Vec<Token>>,
    tenants: Mutex<Vec<RegisteredTenant>>,
    uses: Mutex<Vec<(String, SystemTime)>>,
    audit: Mutex<Vec<AuditEntry>>,
    fails: Mutex<bool>,
}

impl Memory {
    fn change(&self, audit: AuditEntry) -> Result<(), AccessStoreError> {
        if *self.fails.lock().unwrap() {
            return Err(AccessStoreError::Unavailable("no space is left".to_owned()));
        }
        self.audit.lock().unwrap().push(audit);
        Ok(())
    }
}

#[async_trait]
impl AccessStore for Memory {
    async fn tokens(&self) -> Result<Vec<Token>, AccessStoreError> {
        Ok(self.tokens.lock().unwrap().clone())
    }

    async fn insert_token(&self, token: Token, audit: AuditEntry) -> Result<(), AccessStoreError> {
        if self.tokens.lock().unwrap().iter().any(|known| known.name == token.name) {
            return Err(AccessStoreError::Duplicate(token.name));
        }
        self.change(audit)?;
        self.tokens.lock().unwrap().push(token);
        Ok(())
    }

    async fn delete_token(&self, id: &str, audit: AuditEntry) -> Result<bool, AccessStoreError> {
        self.change(audit)?;
        self.tokens.lock().unwrap().retain(|token| token.id != id);
        Ok(true)
    }

    async fn note_uses(&self, uses: Vec<(String, SystemTime)>) -> Result<(), AccessStoreError> {
        self.uses.lock().unwrap().extend(uses);
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<RegisteredTenant>, AccessStoreError> {
        Ok(self.tenants.lock().unwrap().clone())
    }

    async fn insert_tenant(
        &self,
        tenant: RegisteredTenant,
        audit: AuditEntry,
    ) -> Result<(), AccessStoreError> {
        self.change(audit)?;
        self.tenants.lock().unwrap().push(tenant);
        Ok(())
    }

    async fn delete_tenant(&self, uuid: Uuid, audit: AuditEntry) -> Result<bool, AccessStoreError> {
        self.change(audit)?;
        self.tenants.lock().unwrap().retain(|tenant| tenant.uuid != uuid);
        Ok(true)
    }
}

/// A server with tenants A, one below it, and B.
async fn access() -> (Access, Arc<Memory>) {
    let store = Arc::new(Memory::default());
    let access = Access::open(ROOT, store.clone()).await.unwrap();
    for (uuid, parent) in [(A, None), (BELOW_A, Some(A)), (B, None)] {
        let new = NewTenant { name: "a tenant".to_owned(), uuid: Some(uuid), parent };
        access.register(&admitted(&access, ROOT, None).await.scope, &Actor::Server, new).await.unwrap();
    }
    (access, store)
}

async fn admit(access: &Access, token: &str, words: &str, named: Option<Uuid>) -> Result<Admitted, Refusal> {
    let permission = Permission::Plain(words.to_owned());
    access.admit(Asked { token, permission: &permission, tenant: named }, None).await
}

async fn admitted(access: &Access, token: &str, named: Option<Uuid>) -> Admitted {
    admit(access, token, "provd.read", named).await.unwrap()
}

fn wanted(name: &str, permissions: &[&str], tenant: Option<Uuid>) -> NewToken {
    let permissions = permissions.iter().map(|pattern| (*pattern).to_owned()).collect();
    NewToken { name: name.to_owned(), permissions, tenant, expires: None }
}

/// Has somebody make a token, and gives its text.
async fn issue(access: &Access, by: &str, wanted: NewToken) -> Result<String, IssuingError> {
    let Admitted { principal, scope, .. } = admitted(access, by, None).await;
    access
        .issue(&principal, &scope, &Actor::Token(principal.name.clone()), wanted)
        .await
        .map(|issued| issued.text)
}

#[tokio::test]
async fn a_token_opens_what_it_grants() {
    let (access, _) = access().await;
    let token = issue(&access, ROOT, wanted("reader", &["provd.#.read", "provd.read"], None)).await.unwrap();
    assert!(token.starts_with("provd_") && token.len() == 6 + 64, "{token}");
    let principal = admit(&access, &token, "provd.status.read", None).await.unwrap().principal;
    assert_eq!((principal.name.as_str(), principal.tenant), ("reader", Uuid::nil()));
    let refused = admit(&access, &token, "provd.dev_mgr.devices.create", None).await;
    assert_eq!(refused.unwrap_err(), Refusal::NotGranted("provd.dev_mgr.devices.create".to_owned()));
    for unknown in ["", "provd_", "guess", &token[..69], &format!("{token} ")] {
        assert_eq!(admit(&access, unknown, "provd.read", None).await.unwrap_err(), Refusal::Unknown);
    }
}

#[tokio::test]
async fn a_tenant_covers_itself_and_what_is_below() {
    let (access, _) = access().await;
    let of_a = issue(&access, ROOT, wanted("a", &["provd.#"], Some(A))).await.unwrap();
    let of_below = issue(&access, ROOT, wanted("below", &["provd.#"], Some(BELOW_A))).await.unwrap();
    let scope = async |token: &str, named| {
        admit(&access, token, "provd.read", named).await.map(|admitted| admitted.scope)
    };
    let [below_a, below_b] = [(A, HashSet::from([A, BELOW_A])), (BELOW_A, HashSet::from([BELOW_A]))]
        .map(|(tenant, below)| Scope::new(tenant, Uuid::nil(), below));
    assert_eq!(scope(&of_a, None).await.unwrap(), below_a);
    assert_eq!(scope(&of_a, Some(A)).await.unwrap(), below_a);
    assert_eq!(scope(&of_a, Some(BELOW_A)).await.unwrap(), below_b);
    assert_eq!(scope(&of_below, None).await.unwrap(), below_b);
    for (token, refused) in [(&of_a, [Uuid::nil(), B, NOBODYS]), (&of_below, [Uuid::nil(), A, NOBODYS])] {
        for named in refused {
            let refusal = scope(token, Some(named)).await.unwrap_err();
            assert_eq!(refusal, Refusal::NotGranted(format!("the tenant {named}")));
        }
    }
    assert!(scope(ROOT, Some(Uuid::nil())).await.unwrap().is_master());
    let unregistered = scope(ROOT, Some(NOBODYS)).await.unwrap();
    assert_eq!(unregistered, Scope::new(NOBODYS, Uuid::nil(), [NOBODYS].into()));
}

#[tokio::test]
async fn a_permission_may_name_the_tenant() {
    let (access, _) = access().await;
    let pattern = format!("provd.configure.{A}.#");
    let token = issue(&access, ROOT, wanted("a", &[&pattern, "provd.read"], Some(A))).await.unwrap();
    let permission = Permission::OfTenant("provd.configure", "NAT.read".to_owned());
    let ask =
        async |tenant| access.admit(Asked { token: &token, permission: &permission, tenant }, None).await;
    assert!(ask(None).await.is_ok() && ask(Some(A)).await.is_ok());
    assert!(matches!(ask(Some(BELOW_A)).await, Err(Refusal::NotGranted(_))));
}

#[tokio::test]
async fn nobody_makes_a_token_that_may_do_more_than_his() {
    let (access, store) = access().await;
    let own = &["provd.dev_mgr.#", "provd.read", "provd.tokens.#"];
    let of_a = issue(&access, ROOT, wanted("a", own, Some(A))).await.unwrap();
    let made =
        issue(&access, &of_a, wanted("less", &["provd.dev_mgr.#.read", "provd.read"], Some(BELOW_A))).await;
    let tenant = admitted(&access, &made.unwrap(), None).await.principal.tenant;
    assert_eq!(tenant, BELOW_A);
    let without_tenant = issue(&access, &of_a, wanted("same", &["provd.read"], None)).await.unwrap();
    assert_eq!(admitted(&access, &without_tenant, None).await.principal.tenant, A);

    let stored = store.tokens.lock().unwrap().len();
    for pattern in ["#", "provd.#", "provd.cfg_mgr.read", "*.read"] {
        let refused = issue(&access, &of_a, wanted("more", &[pattern], None)).await.unwrap_err();
        assert!(matches!(refused, IssuingError::NotCovered(_)), "{pattern}: {refused}");
    }
    for tenant in [Uuid::nil(), B, NOBODYS] {
        let refused = issue(&access, &of_a, wanted("else", &["provd.read"], Some(tenant))).await.unwrap_err();
        assert!(matches!(refused, IssuingError::Tenant(named) if named == tenant), "{refused}");
    }
    assert_eq!(store.tokens.lock().unwrap().len(), stored);
}

#[tokio::test]
async fn what_is_no_token_is_refused_by_name() {
    let (access, _) = access().await;
    issue(&access, ROOT, wanted("taken", &["provd.read"], None)).await.unwrap();
    let past = NewToken { expires: Some(SystemTime::now()), ..wanted("past", &["provd.read"], None) };
    for (wanted, said) in [
        (wanted("taken", &["provd.read"], None), "name: `taken` is already in use"),
        (wanted("admin", &["provd.read"], None), "name: `admin` is already in use"),
        (wanted(" a", &["provd.read"], None), "name: expected"),
        (wanted("a\nb", &["provd.read"], None), "name: expected"),
        (wanted("a", &[], None), "permissions: expected"),
        (wanted("a", &["provd..read"], None), "permissions: `provd..read`"),
        (wanted("a", &vec!["provd.read"; 101], None), "permissions: expected at most"),
        (past, "expires: that moment is past"),
    ] {
        let refused = issue(&access, ROOT, wanted).await.unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}");
    }
}

#[tokio::test]
async fn a_revoked_token_opens_nothing() {
    let (access, store) = access().await;
    let of_a = issue(&access, ROOT, wanted("a", &["provd.#"], Some(A))).await.unwrap();
    let of_b = issue(&access, ROOT, wanted("b", &["provd.#"], Some(B))).await.unwrap();
    let (master, scope_b) =
        (admitted(&access, ROOT, None).await.scope, admitted(&access, &of_b, None).await.scope);
    let id = access.issued(&master)[0].id.clone();
    assert_eq!(access.issued(&scope_b).iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(!access.revoke(&scope_b, &Actor::Server, &id).await.unwrap(), "another tenant's");

    *store.fails.lock().unwrap() = true;
    assert!(access.revoke(&master, &Actor::Server, &id).await.is_err());
    assert!(admit(&access, &of_a, "provd.read", None).await.is_ok(), "what is stored holds");
    *store.fails.lock().unwrap() = false;
    assert!(access.revoke(&master, &Actor::Server, &id).await.unwrap());
    assert_eq!(admit(&access, &of_a, "provd.read", None).await.unwrap_err(), Refusal::Unknown);
    assert!(!access.revoke(&master, &Actor::Server, &id).await.unwrap());
}

#[tokio::test]
async fn changes_have_an_author_and_no_secret() {
    let (access, store) = access().await;
    let token = issue(&access, ROOT, wanted("a", &["provd.read"], Some(A))).await.unwrap();
    let made = store.audit.lock().unwrap().last().unwrap().clone();
    assert_eq!(
        (made.actor.as_str(), made.kind.as_str(), made.action.as_str()),
        ("token admin", "token", "created")
    );
    assert_eq!(
        made.changes,
        ["name: a".to_owned(), format!("tenant_uuid: {A}"), "permission: provd.read".to_owned()]
    );
    assert!(!format!("{made:?}").contains(&token[6..]));
}

#[tokio::test]
async fn tokens_and_tenants_outlive_the_server() {
    let (access, store) = access().await;
    let token = issue(&access, ROOT, wanted("a", &["provd.#"], Some(A))).await.unwrap();
    admitted(&access, &token, None).await;
    access.note_uses().await;
    access.note_uses().await;
    assert_eq!(store.uses.lock().unwrap().len(), 1, "what is stored is not stored again");
    let again = Access::open(ROOT, store).await.unwrap();
    assert!(admitted(&again, &token, None).await.scope.covers(BELOW_A));
}

#[tokio::test]
async fn a_tenant_registers_below_itself_only() {
    let (access, _) = access().await;
    let of_a = issue(&access, ROOT, wanted("a", &["provd.#"], Some(A))).await.unwrap();
    let scope = async || admitted(&access, &of_a, None).await.scope;
    let register = async |uuid, parent| {
        let new = NewTenant { name: "new".to_owned(), uuid, parent };
        access.register(&scope().await, &Actor::Server, new).await
    };
    assert_eq!(register(None, None).await.unwrap().parent, Some(A));
    assert_eq!(register(None, Some(BELOW_A)).await.unwrap().parent, Some(BELOW_A));
    // What belongs to a tenant that is not registered would become its.
    assert!(matches!(register(Some(NOBODYS), None).await, Err(RegistrationError::NotYours)));
    for parent in [Uuid::nil(), B, NOBODYS] {
        assert!(matches!(register(None, Some(parent)).await, Err(RegistrationError::Parent(_))));
    }
    assert_eq!(access.registered(&scope().await).len(), 4);

    let forget = async |uuid| access.unregister(&scope().await, &Actor::Server, uuid).await;
    assert!(matches!(forget(B).await, Err(RegistrationError::Unknown(_))));
    assert!(matches!(forget(BELOW_A).await, Err(RegistrationError::InUse("tenants below it"))));
    let leaf = access
        .registered(&scope().await)
        .into_iter()
        .find(|tenant| tenant.parent == Some(BELOW_A))
        .unwrap()
        .uuid;
    issue(&access, ROOT, wanted("leaf", &["provd.#"], Some(leaf))).await.unwrap();
    assert!(matches!(forget(leaf).await, Err(RegistrationError::InUse("tokens"))));
}

#[tokio::test]
async fn the_master_tenant_chooses_uuids_that_are_free() {
    let (access, _) = access().await;
    let scope = admitted(&access, ROOT, None).await.scope;
    for taken in [A, Uuid::nil()] {
        let new = NewTenant { name: "new".to_owned(), uuid: Some(taken), parent: None };
        let refused = access.register(&scope, &Actor::Server, new).await.unwrap_err();
        assert!(matches!(refused, RegistrationError::Taken(uuid) if uuid == taken), "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn guessing_is_answered_late_and_lacking_permission_is_not() {
    let (access, _) = access().await;
    let token = issue(&access, ROOT, wanted("a", &["provd.read"], None)).await.unwrap();
    let permission = Permission::Plain("provd.status.read".to_owned());
    let peer = Some([192, 0, 2, 1].into());
    let start = Instant::now();
    for _ in 0..20 {
        assert!(
            access.admit(Asked { token: &token, permission: &permission, tenant: None }, peer).await.is_err()
        );
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    for _ in 0..11 {
        assert!(
            access
                .admit(Asked { token: "guess", permission: &permission, tenant: None }, peer)
                .await
                .is_err()
        );
    }
    assert!(start.elapsed() > Duration::ZERO);
}

/// Knows one token, until it forgets that, and tenants of its own. While it is away nobody knows.
#[derive(Default)]
struct Elsewhere {
    away: bool,
    forgetful: AtomicBool,
}

const THEIR_MASTER: Uuid = Uuid::from_u128(0x1000);
const THEIR_TENANT: Uuid = Uuid::from_u128(0x1001);

#[async_trait]
impl Verifier for Elsewhere {
    async fn holder(&self, token: &str) -> Result<Principal, Refusal> {
        let principal = Principal {
            name: "somebody".to_owned(),
            tenant: THEIR_TENANT,
            permissions: Permissions::default(),
        };
        let is_known = token == "theirs" && !self.forgetful.load(Ordering::SeqCst);
        if is_known { Ok(principal) } else { Err(Refusal::Unknown) }
    }

    async fn verify(&self, token: &str, _: &str) -> Result<Principal, Refusal> {
        self.holder(token).await
    }

    async fn master_tenant(&self) -> Result<Uuid, Refusal> {
        if self.away { Err(Refusal::Unavailable("no answer".to_owned())) } else { Ok(THEIR_MASTER) }
    }

    async fn tenants_below(&self, _: &str, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal> {
        Ok([tenant].into())
    }
}

#[tokio::test]
async fn own_tokens_work_beside_those_somebody_else_knows() {
    let (access, _) = access().await;
    let own = issue(&access, ROOT, wanted("own", &["provd.#"], Some(A))).await.unwrap();
    let access = access.asking(Arc::new(Elsewhere::default()));
    assert_eq!(admitted(&access, "theirs", None).await.scope.tenant(), THEIR_TENANT);
    assert!(admit(&access, "theirs", "provd.read", Some(A)).await.is_err());
    assert!(admit(&access, "guess", "provd.read", None).await.is_err());
    let root = admitted(&access, ROOT, None).await;
    assert_eq!((root.principal.tenant, root.scope.is_master()), (THEIR_MASTER, true));
    assert!(admitted(&access, ROOT, Some(Uuid::nil())).await.scope.is_master());
    assert!(admitted(&access, &own, None).await.scope.covers(BELOW_A));
    let granted = issue(&access, "theirs", wanted("x", &["provd.read"], None)).await;
    assert!(matches!(granted, Err(IssuingError::NotCovered(_))), "what they may is not known here");
}

#[tokio::test]
async fn while_somebody_else_is_away_own_tokens_work() {
    let (access, _) = access().await;
    let access = access.asking(Arc::new(Elsewhere { away: true, ..Elsewhere::default() }));
    assert!(admitted(&access, ROOT, None).await.scope.is_master());
    let refused = admit(&access, "theirs", "provd.read", None).await.unwrap_err();
    assert!(matches!(refused, Refusal::Unavailable(_)));
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_ends_when_somebody_else_knows_the_token_no_more() {
    let (access, _) = access().await;
    let elsewhere = Arc::new(Elsewhere::default());
    let access = access.asking(elsewhere.clone());
    let minute = Duration::from_mins(1);
    let revocation = admitted(&access, "theirs", None).await.revocation;
    assert!(!format!("{revocation:?}").contains("theirs"));
    assert!(timeout(minute, revocation.clone().revoked()).await.is_err());
    elsewhere.forgetful.store(true, Ordering::SeqCst);
    timeout(minute, revocation.revoked()).await.expect("it goes on");
}

#[tokio::test]
async fn the_nil_uuid_is_no_way_around_what_is_denied_in_the_master_tenant() {
    let (access, _) = access().await;
    let denied = format!("!provd.configure.{THEIR_MASTER}.#");
    let token = issue(&access, ROOT, wanted("a", &["provd.#", &denied], None)).await.unwrap();
    let access = access.asking(Arc::new(Elsewhere::default()));
    let permission = Permission::OfTenant("provd.configure", "NAT.update".to_owned());
    for tenant in [None, Some(THEIR_MASTER), Some(Uuid::nil())] {
        let refused = access.admit(Asked { token: &token, permission: &permission, tenant }, None).await;
        assert!(matches!(refused, Err(Refusal::NotGranted(_))), "{tenant:?}");
    }
}
