//! Who else knows tokens, as the settings say.

use std::sync::Arc;

use anyhow::Context as _;

use crate::access::{Access, Oidc, WazoAuth};
use crate::settings::access::VerifierSettings;

/// Access that asks others about tokens that are not of this server, if there are others. They are asked when the first such
/// token is shown: a server starts without them.
pub(super) fn add(access: Access, settings: VerifierSettings) -> anyhow::Result<Access> {
    Ok(match settings {
        VerifierSettings::Own => access,
        VerifierSettings::WazoAuth(settings) => {
            access.asking(Arc::new(WazoAuth::new(settings).context("[access.wazo_auth]")?))
        }
        VerifierSettings::Oidc(settings) => {
            let tenants = access.tenants().clone();
            access.asking(Arc::new(Oidc::new(settings, tenants).context("[access.oidc]")?))
        }
    })
}
