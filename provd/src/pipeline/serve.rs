//! Step 5: the answer. The plugin says which file it is; the file comes from the store or from disk.
//!
//! While a plugin is away, what it generated and what lies in its folders is still served.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;

use super::Pipeline;
use super::log;
use super::recollection::Given;
use super::remote_state::base_name;
use crate::domain::answer::{Answer, Content, ServedFile};
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::metadata::Metadata;
use crate::domain::plugin::{FileReference, GeneratedFile, StoredFile, etag};
use crate::domain::request::Request;
use crate::provisioning::plugins::{FileAnswer, PluginError};
use crate::provisioning::store::StoreError;

/// When a phone whose device is not configured may ask again: somebody has to mend something.
const RETRY_WHEN_CONFIGURED: Duration = Duration::from_secs(30);

impl Pipeline {
    /// Answers a request of a device routed to a plugin, and says what can be given to the next that is like it.
    pub(super) async fn serve(
        &self,
        plugin: &str,
        device: &Device,
        request: &Request,
    ) -> Result<(Answer, Option<Given>), StoreError> {
        if self.is_sensitive(plugin, request) {
            log::sensitive(request);
        }
        match self.provisioning.plugins().serve_file(plugin, device, request).await {
            Ok(FileAnswer { reference, may_be_remembered }) => {
                let answer = self.fetch(plugin, device, request, &reference).await?;
                let given = if may_be_remembered { Given::again(&reference, &answer) } else { None };
                Ok((answer, given))
            }
            Err(error) => {
                tracing::warn!("Request {request} is answered without its plugin: {error}");
                let path = request.kind.path().unwrap_or_default();
                Ok((self.without_plugin(plugin, device, path, &error).await?, None))
            }
        }
    }

    /// The file a plugin means.
    async fn fetch(
        &self,
        plugin: &str,
        device: &Device,
        request: &Request,
        reference: &FileReference,
    ) -> Result<Answer, StoreError> {
        let plugins = self.provisioning.plugins();
        let file = match reference {
            FileReference::Generated(path) => match self.generated(plugin, device, path).await? {
                Some(stored) => Some(from_store(&stored)),
                None => match plugins.open_served(plugin, path) {
                    None => return self.not_generated(device).await,
                    file => file,
                },
            },
            FileReference::Served { path, media_type } => {
                plugins.open_served(plugin, path).map(|file| of_type(file, media_type.as_deref()))
            }
            FileReference::Inline(file) => Some(inline(file)),
            FileReference::NotFound => plugins.open_firmware(plugin, request.kind.path().unwrap_or_default()),
            FileReference::Forbidden => return Ok(Answer::Forbidden),
        };
        Ok(file.map_or(Answer::NotFound, Answer::File))
    }

    /// Whether a request is for a file that holds secrets.
    pub(super) fn is_sensitive(&self, plugin: &str, request: &Request) -> bool {
        self.provisioning.plugins().is_sensitive(plugin, base_name(request.kind.path().unwrap_or_default()))
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
            return Ok(Answer::File(from_store(&stored)));
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
    ) -> Result<Option<Arc<StoredFile>>, StoreError> {
        let store = self.provisioning.store();
        let path = canonical_path(path);
        match store.device_file(&device.id, &path).await? {
            Some(file) => Ok(Some(file)),
            None => store.common_file(plugin, &path).await,
        }
    }
}

fn from_store(stored: &StoredFile) -> ServedFile {
    let media_type = stored.file.media_type.as_deref();
    in_memory(&stored.file, Metadata::new(media_type, &stored.etag, stored.modified))
}

/// Bytes made on the spot have no time of their own; what they are is all there is to tell them by.
fn inline(file: &GeneratedFile) -> ServedFile {
    in_memory(file, Metadata::new(file.media_type.as_deref(), &etag(&file.content), UNIX_EPOCH))
}

fn in_memory(file: &GeneratedFile, metadata: Metadata) -> ServedFile {
    ServedFile { content: Content::Bytes(file.content.clone()), metadata: Arc::new(metadata) }
}

/// A static file, of the media type that the plugin says, if it says one.
pub(super) fn of_type(file: ServedFile, media_type: Option<&str>) -> ServedFile {
    let said = media_type.and_then(|media_type| HeaderValue::from_str(media_type).ok());
    let metadata = Arc::new(Metadata { media_type: said, ..Arc::unwrap_or_clone(file.metadata) });
    ServedFile { metadata, ..file }
}
