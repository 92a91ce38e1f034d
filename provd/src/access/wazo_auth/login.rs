//! provd's own token: had by logging in, renewed before it expires and when it is not known any more; or taken from a file
//! that somebody else renews. With it tenants are asked for.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::super::Refusal;
use super::super::answers::{Answer, Answers};
use super::Asked;
use super::client::Client;
use super::documents::{TenantList, Token};
use crate::settings::access::Service;

/// How long a token lasts that provd logs in for. It dies with the session, not with provd, so it is no longer than needed.
const LASTS: Duration = Duration::from_hours(1);
/// When it is renewed.
const RENEWED_AFTER: Duration = Duration::from_mins(45);
/// How often the file of a token is read.
const READ_EVERY: Duration = Duration::from_mins(1);

/// Who provd is to wazo-auth, and its token.
pub(super) struct Login {
    client: Arc<Client>,
    service: Arc<Service>,
    tokens: Answers<(), Arc<OwnToken>>,
}

/// provd's own token. SECRET.
pub(super) struct OwnToken {
    text: String,
    /// The tenant of the service, which is the master tenant.
    pub(super) tenant: Uuid,
    since: Instant,
}

impl Login {
    pub(super) fn new(client: Arc<Client>, service: Service, deadline: Duration) -> Login {
        let tokens = Answers::new(1, RENEWED_AFTER, client.name(), deadline);
        Login { client, service: Arc::new(service), tokens }
    }

    /// The token, as long as it lasts.
    pub(super) async fn token(&self) -> Result<Arc<OwnToken>, Refusal> {
        self.token_since(None).await
    }

    /// A tenant and all below it, as far as the service may know.
    pub(super) async fn tenants(&self, client: &Client, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal> {
        let mut token = self.token().await?;
        let mut listed = client.tenants(&token.text, tenant).await?;
        // It says the same of a token it forgot as of one that does not permit this.
        if listed.is_none()
            && matches!(client.holder(&token.text, &Asked::Holder).await, Err(Refusal::Unknown))
        {
            token = self.token_since(Some(token.since + Duration::from_nanos(1))).await?;
            listed = client.tenants(&token.text, tenant).await?;
        }
        let below = listed.iter().flat_map(TenantList::uuids);
        Ok(below.chain([tenant]).collect())
    }

    async fn token_since(&self, since: Option<Instant>) -> Result<Arc<OwnToken>, Refusal> {
        let (client, service) = (self.client.clone(), self.service.clone());
        let ask = || async move {
            let since = Instant::now();
            let (token, for_time) = match &*service {
                Service::Login { username, password } => {
                    (log_in(&client, username, password).await?, RENEWED_AFTER)
                }
                Service::TokenFile(path) => (from_file(&client, path).await?, READ_EVERY),
            };
            let tenant = token.tenant().ok_or_else(|| unusable(&client, "has no tenant"))?;
            Ok(Answer { value: Arc::new(OwnToken { text: token.token, tenant, since }), for_time })
        };
        self.tokens.get_since(since, (), ask).await
    }
}

async fn log_in(client: &Client, username: &str, password: &str) -> Result<Token, Refusal> {
    let token = client.log_in(username, password, LASTS.as_secs()).await?;
    token.ok_or_else(|| {
        let name = client.name();
        Refusal::Unavailable(format!(
            "{name} does not know provd: check its name and password in [access.wazo_auth]"
        ))
    })
}

async fn from_file(client: &Client, path: &Path) -> Result<Token, Refusal> {
    let text = tokio::fs::read_to_string(path).await.map_err(|error| {
        Refusal::Unavailable(format!("the token of provd cannot be read from {}: {error}", path.display()))
    })?;
    match client.holder(text.trim(), &Asked::Holder).await {
        Err(Refusal::Unknown) => Err(unusable(client, "is unknown or expired: renew it in token_file")),
        other => other,
    }
}

fn unusable(client: &Client, why: &str) -> Refusal {
    Refusal::Unavailable(format!("the token of provd itself, for {}, {why}", client.name()))
}
