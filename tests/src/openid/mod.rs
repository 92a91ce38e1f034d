//! An OpenID provider: it says where its keys are, gives the public ones, and signs tokens with them.

mod key;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::WebService;

pub use key::{Key, encoded};

/// Of whom tokens for provd say that they are for it.
pub const AUDIENCE: &str = "provd";

/// The provider.
#[derive(Debug)]
pub struct OpenIdProvider {
    /// How it is reached.
    pub web: WebService,
    issuer: String,
    public: Arc<Mutex<Public>>,
}

/// What it tells everybody.
#[derive(Debug)]
struct Public {
    configuration: Value,
    keys: Vec<Value>,
    asked_for_keys: usize,
}

impl OpenIdProvider {
    /// Starts one that signs with these keys; over TLS if wanted.
    pub async fn start(keys: &[&Key], over_tls: bool) -> Result<OpenIdProvider> {
        let listener = WebService::listener().await?;
        let scheme = if over_tls { "https" } else { "http" };
        let issuer = format!("{scheme}://{}/realms/phones", listener.local_addr()?);
        let configuration = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/certs")});
        let public = Public { configuration, keys: Vec::new(), asked_for_keys: 0 };
        let public = Arc::new(Mutex::new(public));
        let routes = Router::new()
            .route("/realms/phones/.well-known/openid-configuration", get(configuration_document))
            .route("/realms/phones/certs", get(key_set))
            .with_state(public.clone());
        let web = if over_tls {
            WebService::encrypted(listener, routes)?
        } else {
            WebService::plain(listener, routes)?
        };
        let provider = OpenIdProvider { web, issuer, public };
        provider.publish(keys);
        Ok(provider)
    }

    /// Gives these keys from now on, and no others.
    pub fn publish(&self, keys: &[&Key]) {
        // One that is for something else stands among them, as everywhere.
        let other =
            json!({"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "other", "n": "AQAB", "e": "AQAB"});
        self.public().keys = keys.iter().map(|key| key.public()).chain([other]).collect();
    }

    /// Calls itself otherwise from now on.
    pub fn call_itself(&self, issuer: &str) {
        self.public().configuration["issuer"] = issuer.into();
    }

    /// What it is called in tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How often it was asked for its keys.
    pub fn asked_for_keys(&self) -> usize {
        self.public().asked_for_keys
    }

    /// Claims of a good token with this scope, of a tenant.
    pub fn claims(&self, scope: &str, tenant: &str) -> Value {
        json!({
            "iss": self.issuer,
            "aud": [AUDIENCE, "account"],
            "sub": "f3a4",
            "preferred_username": "alice",
            "iat": now(),
            "nbf": now(),
            "exp": now() + 300,
            "scope": scope,
            "tenant": tenant,
        })
    }

    fn public(&self) -> MutexGuard<'_, Public> {
        lock(&self.public)
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

async fn configuration_document(State(public): State<Arc<Mutex<Public>>>) -> Json<Value> {
    Json(lock(&public).configuration.clone())
}

async fn key_set(State(public): State<Arc<Mutex<Public>>>) -> Json<Value> {
    let mut public = lock(&public);
    public.asked_for_keys += 1;
    Json(json!({ "keys": public.keys }))
}

fn lock(public: &Mutex<Public>) -> MutexGuard<'_, Public> {
    public.lock().unwrap_or_else(PoisonError::into_inner)
}
