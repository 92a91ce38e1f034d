//! Tokens and tenants in the database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::Fixture;
use crate::access::store::{AccessStore as _, AccessStoreError};
use crate::domain::access::{Permissions, RegisteredTenant, Token};
use crate::domain::audit::{Actor, AuditEntry};
use crate::provisioning::store::{AuditFilter, Store as _};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn token(id: &str, name: &str) -> Token {
    Token {
        id: id.to_owned(),
        name: name.to_owned(),
        hash: [id.len().try_into().unwrap(); 32],
        permissions: Permissions::parse(&["provd.#", "!provd.tokens.#"]).unwrap(),
        tenant: Some(Uuid::from_u128(7)),
        created: at(1_700_000_000),
        expires: Some(at(1_800_000_000)),
        last_used: None,
    }
}

fn entry(action: &str) -> AuditEntry {
    AuditEntry::token(&Actor::Server, action, "a", Vec::new())
}

async fn audited(fixture: &Fixture) -> usize {
    fixture.database.audit(&AuditFilter { limit: 100, ..AuditFilter::default() }).await.unwrap().len()
}

#[tokio::test]
async fn every_field_of_a_token_survives() {
    let fixture = Fixture::new().await;
    let store = &fixture.database;
    let bare = Token { tenant: None, expires: None, ..token("bb", "bare") };
    for token in [token("a", "full"), bare.clone()] {
        store.insert_token(token, entry("created")).await.unwrap();
    }
    store.note_uses(vec![("a".to_owned(), at(1_750_000_000)), ("gone".to_owned(), at(1))]).await.unwrap();
    let used = Token { last_used: Some(at(1_750_000_000)), ..token("a", "full") };
    let stored = store.tokens().await.unwrap();
    assert!(stored == [used, bare], "{stored:?}");
    assert_eq!(audited(&fixture).await, 2);
}

#[tokio::test]
async fn a_taken_name_is_refused_and_leaves_nothing() {
    let fixture = Fixture::new().await;
    let store = &fixture.database;
    store.insert_token(token("a", "one"), entry("created")).await.unwrap();
    let refused = store.insert_token(token("bb", "one"), entry("created")).await.unwrap_err();
    assert!(matches!(refused, AccessStoreError::Duplicate(name) if name == "one"));
    assert_eq!((store.tokens().await.unwrap().len(), audited(&fixture).await), (1, 1));
    assert!(store.delete_token("a", entry("deleted")).await.unwrap());
    assert!(!store.delete_token("a", entry("deleted")).await.unwrap());
    assert_eq!((store.tokens().await.unwrap().len(), audited(&fixture).await), (0, 2));
}

#[tokio::test]
async fn tenants_come_and_go_from_below() {
    let fixture = Fixture::new().await;
    let store = &fixture.database;
    let tenant = |number, parent: Option<u128>| RegisteredTenant {
        uuid: Uuid::from_u128(number),
        name: format!("tenant {number}"),
        parent: parent.map(Uuid::from_u128),
    };
    let tenants = [tenant(1, None), tenant(2, Some(1))];
    for tenant in tenants.clone() {
        store.insert_tenant(tenant, entry("created")).await.unwrap();
    }
    assert_eq!(store.tenants().await.unwrap(), tenants);
    let taken = store.insert_tenant(tenant(1, None), entry("created")).await.unwrap_err();
    assert!(matches!(taken, AccessStoreError::Duplicate(_)));
    assert!(store.delete_tenant(Uuid::from_u128(1), entry("deleted")).await.is_err(), "one is below it");
    for number in [2, 1] {
        assert!(store.delete_tenant(Uuid::from_u128(number), entry("deleted")).await.unwrap());
    }
    assert!(!store.delete_tenant(Uuid::from_u128(1), entry("deleted")).await.unwrap());
}

#[tokio::test]
async fn what_is_no_token_in_the_database_is_named() {
    let fixture = Fixture::new().await;
    fixture
        .meddle(
            "insert into tokens (id, name, hash, permissions, created) values ('x', 'n', 'secret', '[]', 0)",
        )
        .await;
    let error = fixture.database.tokens().await.unwrap_err().to_string();
    assert!(error.contains("token `x`") && !error.contains("secret"), "{error}");
}
