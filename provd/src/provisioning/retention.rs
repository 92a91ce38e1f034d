//! What goes by itself when it is old: devices that nothing but an address identifies, audit entries.
//!
//! How long is long enough is the administrator's to say; when it is looked at is the server's.

use std::time::{Duration, SystemTime};

use super::Provisioning;
use super::store::StoreError;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::event::Action;

/// Audit entries that are kept whatever their age; each takes about 200 bytes.
const AUDIT_ENTRIES: u32 = 1_000_000;

impl Provisioning {
    /// Deletes devices that are known only by their address and were not seen for so long.
    pub async fn expire_provisional(&self, unseen_for: Duration) -> Result<(), StoreError> {
        self.write_presences().await;
        for device in self.store.expired_devices(SystemTime::now() - unseen_for).await? {
            if self.presences.has_news_of(&device.id) {
                continue;
            }
            let why =
                vec![format!("known only by its address, not seen for {} h", unseen_for.as_secs() / 3600)];
            let entry = AuditEntry::device(&Actor::Server, "expired", &device.id, why);
            if self.store.delete_device(&device.id, Some(device.revision), vec![entry]).await? {
                tracing::info!(
                    "Device {} is deleted: it was known only by its address, and not seen since",
                    device.id
                );
                self.tell_device(Action::Deleted, &device);
                self.deconfigure(&device).await;
            }
        }
        Ok(())
    }

    /// Forgets audit entries that are older than this, and the oldest of too many.
    pub async fn purge_audit(&self, kept_for: Duration) -> Result<(), StoreError> {
        let purged = self.store.purge_audit(SystemTime::now() - kept_for, AUDIT_ENTRIES).await?;
        if purged > 0 {
            tracing::info!("{purged} old audit entries are deleted");
        }
        Ok(())
    }
}
