//! What one plugin reads out of a request: by the rules it described, out of what it allowed to be remembered, or asked.

use provd_plugin_runner::extraction::Asked;
use provd_proto::v1;

use super::audience::Answer;
use super::calls::{defective, failed};
use super::convert;
use super::extractions::Vary;
use super::host::PluginHost;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::plugins::PluginError;

impl PluginHost {
    /// What plugins of one mind say: the answer of the first that can be asked is that of all.
    pub(super) async fn extract_by_any(&self, group: Vec<String>, request: &Request) -> Vec<Answer> {
        for plugin in &group {
            if let Some((_, info, depends_on)) = self.extract_by(plugin, request).await {
                let answer = |plugin| (plugin, info.clone(), depends_on.clone());
                return group.into_iter().map(answer).collect();
            }
        }
        Vec::new()
    }

    /// What one plugin says; nothing if it cannot be asked now. One that answers nonsense was heard, and says nothing.
    async fn extract_by(&self, plugin: &str, request: &Request) -> Option<Answer> {
        match self.try_extract(plugin, request).await {
            Ok((info, depends_on)) => Some((plugin.to_owned(), info, depends_on)),
            Err(error @ PluginError::Unavailable { .. }) => {
                // Its supervisor has said at length what is wrong with it.
                tracing::debug!("Nothing extracted by {plugin}: {error}");
                None
            }
            Err(_) => Some((plugin.to_owned(), DeviceInfo::default(), None)),
        }
    }

    async fn try_extract(
        &self,
        plugin: &str,
        request: &Request,
    ) -> Result<(DeviceInfo, Option<Vary>), PluginError> {
        let known = self.generation(plugin)?;
        if let Some(rules) = &known.judged.rules
            && let Ok(info) = rules.extract(request)
        {
            // Who sends what cannot be is no phone, and no fault of the plugin's.
            let info = convert::device_info(info).unwrap_or_default();
            return Ok((info, depends_on(rules.memory(request))));
        }
        let remembered = &known.memory.extractions;
        if let Some(info) = remembered.get(request) {
            return Ok((info, Some(remembered.vary())));
        }
        let generation = self.running(plugin)?;
        let message = v1::ExtractRequest { request: Some(convert::request(request)) };
        let response = generation.client.extract(message).await.map_err(failed(plugin))?;
        let info = convert::device_info(response.info.unwrap_or_default()).map_err(defective(plugin))?;
        let depends_on = response.memory.and_then(depends_on);
        if let Some(vary) = depends_on.clone() {
            generation.memory.extractions.remember(request, vary, info.clone());
        }
        Ok((info, depends_on))
    }
}

/// What an answer depends on, if it may be remembered.
fn depends_on(memory: v1::ExtractMemory) -> Option<Vary> {
    memory.allowed.then(|| convert::vary(memory))
}

impl Asked for Request {
    fn kind(&self) -> v1::RequestKind {
        match &self.kind {
            RequestKind::Http(_) => v1::RequestKind::Http,
            RequestKind::Tftp(_) => v1::RequestKind::Tftp,
            RequestKind::Dhcp(_) => v1::RequestKind::Dhcp,
        }
    }

    fn path(&self) -> &str {
        self.kind.path().unwrap_or_default()
    }

    fn query(&self) -> &str {
        if let RequestKind::Http(http) = &self.kind { &http.query } else { "" }
    }

    fn header(&self, name: &str) -> Option<&str> {
        if let RequestKind::Http(http) = &self.kind { http.header(name) } else { None }
    }

    fn dhcp_option(&self, code: u8) -> Option<&[u8]> {
        let RequestKind::Dhcp(dhcp) = &self.kind else { return None };
        dhcp.options.get(&code).map(Vec::as_slice)
    }
}
