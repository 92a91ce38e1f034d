//! Part of step 3: the config of a device that a request created.

use serde_json::Value;

use super::Pipeline;
use crate::domain::config::{Config, ROLE_AUTOCREATE};
use crate::provisioning::new_id;
use crate::provisioning::store::StoreError;

impl Pipeline {
    /// A config after the template with the role `autocreate`, not stored yet; nothing without a template, or if the
    /// template states no line 1 itself.
    pub(super) async fn autocreate(&self) -> Result<Option<Config>, StoreError> {
        let Some(template) = self.provisioning.store().config_with_role(ROLE_AUTOCREATE).await? else {
            return Ok(None);
        };
        if template.raw_config.get("sip_lines").and_then(|lines| lines.get("1")).is_none_or(Value::is_null) {
            tracing::warn!(
                "The config {} has the role autocreate, but no sip_lines.1: it is not used",
                template.id
            );
            return Ok(None);
        }
        Ok(Some(template.autocreated(format!("{}{}", template.id, new_id()))))
    }
}
