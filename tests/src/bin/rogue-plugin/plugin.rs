//! The plugin behind the misbehaviour, written as an author writes one with the SDK.

use async_trait::async_trait;
use provd_plugin_runner::{Plugin, PluginError};
use provd_proto::v1::serve_file_response::Answer;
use provd_proto::v1::{
    AssociateRequest, AssociateResponse, ConfigureCommonRequest, ConfigureCommonResponse, ConfigureRequest,
    ConfigureResponse, DeconfigureRequest, DeconfigureResponse, DescribeRequest, DescribeResponse, Device,
    DeviceInfo, ExtractRequest, ExtractResponse, GeneratedFile, GeneratedReference, Request, RequestFilter,
    RequestKind, ServeFileRequest, ServeFileResponse, ServedReference, Support, SupportedDevice, request,
};

use crate::behaviour::Behaviour;
use crate::habits;

/// More than a message may hold.
const BLOAT: usize = 9 * 1024 * 1024;

/// The plugin.
#[derive(Debug, Clone)]
pub(crate) struct Rogue {
    /// What it was started as.
    pub(crate) id: String,
    /// How it misbehaves.
    pub(crate) behaviour: Behaviour,
}

impl Rogue {
    /// Waits for ever if this call is the one to hang in.
    async fn pass(&self, call: &str) {
        if self.behaviour == Behaviour::HangsIn(call.to_owned()) || habits::is_clogged() {
            std::future::pending::<()>().await;
        }
        if self.behaviour == Behaviour::Dawdles && call != "describe" {
            tokio::time::sleep(habits::LONG_WHILE).await;
        }
        habits::keep_something_of(&self.behaviour);
    }

    /// What stands between the plugin's id and `.cfg` in the path of a request.
    fn name_asked_for(&self, request: Option<&Request>) -> Option<String> {
        let path = match request?.kind.as_ref()? {
            request::Kind::Http(http) => http.path.strip_prefix('/')?,
            request::Kind::Tftp(tftp) => tftp.filename.as_str(),
            request::Kind::Dhcp(_) => return None,
        };
        let name = path.strip_prefix(&format!("{}/", self.id))?.strip_suffix(".cfg")?;
        Some(name.to_owned())
    }

    fn path_for(&self, device: Option<&Device>) -> Result<String, PluginError> {
        let mac = device.and_then(|device| device.info.as_ref()?.mac.clone());
        let missing = || match self.behaviour {
            Behaviour::Careless => PluginError::Internal("index out of range".to_owned()),
            _ => PluginError::FailedPrecondition("a MAC address is needed".to_owned()),
        };
        let mac = mac.ok_or_else(missing)?;
        Ok(format!("{}/{}.cfg", self.id, mac.replace(':', "")))
    }
}

#[async_trait]
impl Plugin for Rogue {
    async fn describe(&self, _request: DescribeRequest) -> Result<DescribeResponse, PluginError> {
        self.pass("describe").await;
        let id =
            if self.behaviour == Behaviour::WrongId { "somebody-else".to_owned() } else { self.id.clone() };
        let model = SupportedDevice {
            vendor: "Rogue".to_owned(),
            model: self.id.clone(),
            version: "*".to_owned(),
            ..SupportedDevice::default()
        };
        let filter = RequestFilter {
            kind: RequestKind::Http.into(),
            path: format!("^/{}/", self.id),
            ..RequestFilter::default()
        };
        let over_tftp = RequestFilter {
            kind: RequestKind::Tftp.into(),
            path: format!("^{}/", self.id),
            ..RequestFilter::default()
        };
        let filters = match self.behaviour {
            Behaviour::Dawdles => vec![filter, over_tftp],
            _ => vec![filter],
        };
        let version = if self.behaviour == Behaviour::WrongVersion { "9.9.9" } else { "1.0.0" };
        Ok(DescribeResponse {
            id,
            version: version.to_owned(),
            description: match self.behaviour {
                Behaviour::Fickle => format!("asked {} times", habits::count()),
                _ => String::new(),
            },
            supported_devices: vec![model],
            filters,
            served_folders: vec!["served".to_owned()],
            ..DescribeResponse::default()
        })
    }

    async fn extract(&self, request: ExtractRequest) -> Result<ExtractResponse, PluginError> {
        self.pass("extract").await;
        if let Behaviour::Eats(mebibytes) = self.behaviour {
            // Written to, or it would be promised only.
            std::hint::black_box(vec![1_u8; mebibytes << 20]);
        }
        if self.behaviour == Behaviour::Fragile {
            habits::die_of_long_texts(request.request.as_ref());
        }
        let greed = (self.behaviour == Behaviour::Greedy).then(|| "00aabbccddee".to_owned());
        let Some(name) = self.name_asked_for(request.request.as_ref()).or(greed) else {
            return Ok(ExtractResponse::default());
        };
        let pairs: Vec<&str> = (0..name.len()).step_by(2).filter_map(|at| name.get(at..at + 2)).collect();
        let mac = match self.behaviour {
            Behaviour::GarbageMac => "zz:\n:zz".to_owned(),
            _ => pairs.join(":"),
        };
        let info = DeviceInfo {
            mac: Some(mac),
            vendor: Some("Rogue".to_owned()),
            model: Some(self.id.clone()),
            ..DeviceInfo::default()
        };
        Ok(ExtractResponse { info: Some(info), memory: None })
    }

    async fn associate(&self, request: AssociateRequest) -> Result<AssociateResponse, PluginError> {
        self.pass("associate").await;
        let info = request.info.unwrap_or_default();
        let own = info.vendor.as_deref() == Some("Rogue") && info.model.as_deref() == Some(&self.id);
        let own = own || self.behaviour == Behaviour::Greedy;
        let support = if own { Support::Exact } else { Support::None };
        Ok(AssociateResponse { support: support.into(), may_be_remembered: false })
    }

    async fn configure_common(
        &self,
        _request: ConfigureCommonRequest,
    ) -> Result<ConfigureCommonResponse, PluginError> {
        self.pass("configure-common").await;
        Ok(ConfigureCommonResponse::default())
    }

    async fn configure(&self, request: ConfigureRequest) -> Result<ConfigureResponse, PluginError> {
        self.pass("configure").await;
        habits::configure(&self.behaviour).await?;
        let content = match self.behaviour {
            Behaviour::Bloated => vec![b'x'; BLOAT],
            Behaviour::Unstable => format!("file number {}", habits::count()).into_bytes(),
            _ => format!("a file of {}", self.id).into_bytes(),
        };
        let path = match &self.behaviour {
            Behaviour::Lies(path) => path.clone(),
            _ => self.path_for(request.device.as_ref())?,
        };
        let file = GeneratedFile { path, content, ..GeneratedFile::default() };
        Ok(ConfigureResponse { files: vec![file], ..ConfigureResponse::default() })
    }

    async fn deconfigure(&self, _request: DeconfigureRequest) -> Result<DeconfigureResponse, PluginError> {
        self.pass("deconfigure").await;
        if self.behaviour == Behaviour::ForgetsOnce && habits::count() > 0 {
            return Err(PluginError::NotFound("it is forgotten already".to_owned()));
        }
        Ok(DeconfigureResponse::default())
    }

    async fn serve_file(&self, request: ServeFileRequest) -> Result<ServeFileResponse, PluginError> {
        self.pass("serve-file").await;
        let answer = match &self.behaviour {
            Behaviour::Lies(path) => {
                Answer::Served(ServedReference { path: path.clone(), ..ServedReference::default() })
            }
            _ if self.name_asked_for(request.request.as_ref()).is_none() => {
                return Err(PluginError::NotFound("there is no such file".to_owned()));
            }
            _ => Answer::Generated(GeneratedReference { path: self.path_for(request.device.as_ref())? }),
        };
        Ok(ServeFileResponse { answer: Some(answer), ..ServeFileResponse::default() })
    }
}
