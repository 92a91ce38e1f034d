//! Step 5: the answer. The plugin says which file it is; the file comes from the store or from disk.
//!
//! While a plugin is away, what it generated and what lies in its folders is still served.

use std::time::{Duration, UNIX_EPOCH};

use super::Pipeline;
use super::log;
use super::remote_state::base_name;
use crate::domain::answer::{Answer, Content, ServedFile};
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::plugin::{FileReference, GeneratedFile, StoredFile, etag};
use crate::domain::request::Request;
use crate::provisioning::plugins::PluginError;
use crate::provisioning::store::StoreError;

/// When a phone whose device is not configured may ask again: somebody has to mend something.
const RETRY_WHEN_CONFIGURED: Duration = Duration::from_secs(30);

impl Pipeline {
    /// Answers a request of a device routed to a plugin.
    pub(super) async fn serve(
        &self,
        plugin: &str,
        device: &Device,
        request: &Request,
    ) -> Result<Answer, StoreError> {
        let plugins = self.provisioning.plugins();
        let path = request.kind.path().unwrap_or_default();
        if plugins.is_sensitive(plugin, base_name(path)) {
            log::sensitive(request.ip, base_name(path));
        }
        match plugins.serve_file(plugin, device, request).await {
            Ok(FileReference::Generated(path)) => match self.generated(plugin, device, &path).await? {
                Some(stored) => Ok(from_store(stored)),
                None => match plugins.open_served(plugin, &path) {
                    Some(file) => Ok(Answer::File(file)),
                    None => self.not_generated(device).await,
                },
            },
            Ok(FileReference::Served { path, media_type }) => {
                let file = plugins.open_served(plugin, &path);
                Ok(file.map_or(Answer::NotFound, |file| Answer::File(ServedFile { media_type, ..file })))
            }
            Ok(FileReference::Inline(file)) => Ok(inline(file)),
            Ok(FileReference::NotFound) => {
                Ok(plugins.open_firmware(plugin, path).map_or(Answer::NotFound, Answer::File))
            }
            Ok(FileReference::Forbidden) => Ok(Answer::Forbidden),
            Err(error) => {
                tracing::warn!("Request {request} is answered without its plugin: {error}");
                self.without_plugin(plugin, device, path, &error).await
            }
        }
    }

    /// A file that the plugin would generate is not there: for now, if the device waits to be configured; a phone that is
    /// told 404 goes on without it.
    async fn not_generated(&self, device: &Device) -> Result<Answer, StoreError> {
        let config = match &device.config {
            Some(config) if !device.configured => self.provisioning.store().config(config).await?,
            _ => None,
        };
        let waiting = Answer::Unavailable { retry_after: RETRY_WHEN_CONFIGURED };
        Ok(config.map_or(Answer::NotFound, |_| waiting))
    }

    /// What can be answered while the plugin cannot be asked: what is stored under the very path.
    async fn without_plugin(
        &self,
        plugin: &str,
        device: &Device,
        path: &str,
        error: &PluginError,
    ) -> Result<Answer, StoreError> {
        if let Some(stored) = self.generated(plugin, device, path).await? {
            return Ok(from_store(stored));
        }
        if let Some(file) = self.provisioning.plugins().open_served(plugin, path) {
            return Ok(Answer::File(file));
        }
        Ok(match error {
            PluginError::Unavailable { retry_after, .. } => Answer::Unavailable { retry_after: *retry_after },
            PluginError::NotInstalled(_) => Answer::NotFound,
            PluginError::Refused(_) | PluginError::Defective { .. } => Answer::Failed,
        })
    }

    /// A file the plugin generated for this device, or for all.
    async fn generated(
        &self,
        plugin: &str,
        device: &Device,
        path: &str,
    ) -> Result<Option<StoredFile>, StoreError> {
        let store = self.provisioning.store();
        let path = canonical_path(path);
        match store.device_file(&device.id, &path).await? {
            Some(file) => Ok(Some(file)),
            None => store.common_file(plugin, &path).await,
        }
    }
}

fn from_store(stored: StoredFile) -> Answer {
    Answer::File(ServedFile {
        content: Content::Bytes(stored.file.content),
        media_type: stored.file.media_type,
        etag: stored.etag,
        modified: stored.modified,
    })
}

/// Bytes made on the spot have no time of their own; what they are is all there is to tell them by.
fn inline(file: GeneratedFile) -> Answer {
    Answer::File(ServedFile {
        etag: etag(&file.content),
        content: Content::Bytes(file.content),
        media_type: file.media_type,
        modified: UNIX_EPOCH,
    })
}
