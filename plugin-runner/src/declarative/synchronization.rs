//! How phones of a family are told to fetch their files again. What to do is said here; the core does it.

use std::collections::BTreeMap;

use crate::declarative::spanned::Spanned;
use minijinja::Value;
use provd_proto::v1::synchronize_response::Method;
use provd_proto::v1::{Device, HttpCall, SipNotify, SynchronizeResponse};

use super::error::LoadError;
use super::manifest::{HttpEntry, Manifest, SynchronizeEntry};
use super::source::Source;
use super::templates::{RenderError, Templates, Text};
use crate::PluginError;

/// One way, or why there is none.
#[derive(Debug)]
pub(crate) enum Synchronization {
    SipNotify { event: Text, headers: BTreeMap<String, Text> },
    Http(Box<Call>),
    Unsupported(String),
}

/// A call of the phone's web server.
#[derive(Debug)]
pub(crate) struct Call {
    method: String,
    url: Text,
    body: Option<Text>,
    content_type: Option<Text>,
    username: Option<Text>,
    password: Option<Text>,
}

impl Synchronization {
    /// Compiles the section. Without one, phones cannot be told.
    pub(crate) fn compile(
        manifest: &Manifest,
        source: &Source,
        templates: &mut Templates,
    ) -> Result<Synchronization, LoadError> {
        let Some(entry) = &manifest.synchronize else {
            let family = manifest.family.get_ref();
            let reason = format!("phones of the family {family} cannot be told to fetch their files again");
            return Ok(Synchronization::Unsupported(reason));
        };
        let SynchronizeEntry { sip_notify, headers, http, unsupported } = entry.get_ref();
        match (sip_notify, http, unsupported) {
            (Some(event), None, None) => {
                let event = templates.text(source, event, "sip_notify")?;
                let headers = headers.iter();
                let headers =
                    headers.map(|(name, value)| Ok((name.clone(), templates.text(source, value, name)?)));
                Ok(Synchronization::SipNotify { event, headers: headers.collect::<Result<_, LoadError>>()? })
            }
            (None, Some(http), None) if headers.is_empty() => {
                Ok(Synchronization::Http(Box::new(call(http, source, templates)?)))
            }
            (None, None, Some(reason)) if headers.is_empty() => {
                Ok(Synchronization::Unsupported(reason.clone()))
            }
            (None, _, _) if !headers.is_empty() => {
                Err(source.invalid(entry, "headers", "only `sip_notify` has headers"))
            }
            _ => Err(source.invalid(
                entry,
                "synchronize",
                "expected one of `sip_notify`, `http` and `unsupported`",
            )),
        }
    }

    /// Says what to do for a device.
    pub(crate) fn synchronize(
        &self,
        templates: &Templates,
        device: &Device,
        variables: &Value,
    ) -> Result<SynchronizeResponse, PluginError> {
        let method = match self {
            Synchronization::Unsupported(reason) => return Err(PluginError::Unimplemented(reason.clone())),
            Synchronization::SipNotify { event, headers } => {
                let headers = headers.iter();
                let headers =
                    headers.map(|(name, value)| Ok((name.clone(), templates.render(value, variables)?)));
                Method::SipNotify(SipNotify {
                    event: templates.render(event, variables)?,
                    headers: headers.collect::<Result<_, RenderError>>()?,
                })
            }
            Synchronization::Http(call) => {
                if device.info.as_ref().and_then(|info| info.ip.as_ref()).is_none() {
                    let message =
                        "the address of this device is not known: it can be told once it asked for a file";
                    return Err(PluginError::FailedPrecondition(message.to_owned()));
                }
                Method::HttpCall(call.render(templates, variables)?)
            }
        };
        Ok(SynchronizeResponse { method: Some(method) })
    }
}

impl Call {
    fn render(&self, templates: &Templates, variables: &Value) -> Result<HttpCall, RenderError> {
        let optional =
            |text: &Option<Text>| text.as_ref().map(|text| templates.render(text, variables)).transpose();
        Ok(HttpCall {
            method: self.method.clone(),
            url: templates.render(&self.url, variables)?,
            content_type: optional(&self.content_type)?.unwrap_or_default(),
            body: optional(&self.body)?.unwrap_or_default().into_bytes(),
            username: optional(&self.username)?,
            password: optional(&self.password)?,
        })
    }
}

fn call(entry: &HttpEntry, source: &Source, templates: &mut Templates) -> Result<Call, LoadError> {
    let method = entry.method.as_ref().map_or("GET", |method| method.get_ref());
    if let Some(stated) = &entry.method
        && (method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return Err(source.invalid(stated, "method", "expected a method such as \"POST\""));
    }
    let mut optional = |text: &Option<Spanned<String>>, key| {
        text.as_ref().map(|text| templates.text(source, text, key)).transpose()
    };
    Ok(Call {
        method: method.to_owned(),
        body: optional(&entry.body, "body")?,
        content_type: optional(&entry.content_type, "content_type")?,
        username: optional(&entry.username, "username")?,
        password: optional(&entry.password, "password")?,
        url: templates.text(source, &entry.url, "url")?,
    })
}
