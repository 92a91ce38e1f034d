//! How a plugin says that its phone is told to fetch its files again.

use provd_proto::v1::synchronize_response::Method;
use provd_proto::v1::{self, HttpCall, SipNotify};

use crate::domain::synchronization::{BODY_LINE, SynchronizationMethod};

/// Judges the answer of Synchronize.
pub(in crate::plugin_host) fn synchronization_method(
    method: Option<Method>,
) -> Result<SynchronizationMethod, String> {
    let method = match method {
        Some(Method::SipNotify(notify)) => sip_notify(notify),
        Some(Method::HttpCall(call)) => http_call(call),
        Some(Method::ToldByPlugin(v1::ToldByPlugin {})) => SynchronizationMethod::ToldByPlugin,
        None => return Err("no method in the response".to_owned()),
    };
    method.check().map(|()| method)
}

/// Headers are a map in the contract: a body of several lines is one value there.
fn sip_notify(notify: SipNotify) -> SynchronizationMethod {
    let mut headers = Vec::new();
    for (name, value) in notify.headers {
        if name.eq_ignore_ascii_case(BODY_LINE) {
            headers.extend(value.lines().map(|line| (BODY_LINE.to_owned(), line.to_owned())));
        } else {
            headers.push((name, value));
        }
    }
    SynchronizationMethod::SipNotify { event: notify.event, headers }
}

/// A password alone belongs to a user without a name; a user alone has an empty password.
fn http_call(call: HttpCall) -> SynchronizationMethod {
    let credentials = (call.username.is_some() || call.password.is_some())
        .then(|| (call.username.unwrap_or_default(), call.password.unwrap_or_default()));
    SynchronizationMethod::HttpCall {
        method: call.method,
        url: call.url,
        content_type: Some(call.content_type).filter(|media_type| !media_type.is_empty()),
        body: call.body,
        credentials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notify(headers: &[(&str, &str)]) -> Method {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Method::SipNotify(SipNotify { event: "service-control".to_owned(), headers })
    }

    #[test]
    fn a_body_is_taken_apart_into_lines() {
        let answer = notify(&[("Content-Type", "text/plain"), ("Content", "action=restart\nX={}\r\n")]);
        let Ok(SynchronizationMethod::SipNotify { headers, .. }) = synchronization_method(Some(answer))
        else {
            panic!("not a notify");
        };
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = [("Content", "action=restart"), ("Content", "X={}"), ("Content-Type", "text/plain")];
        assert_eq!(headers, body);
    }

    #[test]
    fn what_would_forge_lines_is_refused() {
        assert!(synchronization_method(Some(notify(&[("X-A", "b\r\nVia: c")]))).is_err());
        assert!(synchronization_method(None).is_err());
        let told = synchronization_method(Some(Method::ToldByPlugin(v1::ToldByPlugin {})));
        assert_eq!(told, Ok(SynchronizationMethod::ToldByPlugin));
        let call = HttpCall {
            method: "GET".to_owned(),
            url: "file:///etc/shadow".to_owned(),
            ..HttpCall::default()
        };
        assert!(synchronization_method(Some(Method::HttpCall(call))).is_err());
    }
}
