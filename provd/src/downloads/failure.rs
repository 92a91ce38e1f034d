//! Why a download failed, in words for whoever asked for it. Neither passwords nor what follows `?` in a URL is in them.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use thiserror::Error;
use url::Url;

use super::Proxies;

/// Why something was not fetched.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// It is not on a web server.
    #[error("{0}: expected a URL that begins with http:// or https://")]
    Scheme(String),
    /// The proxy's address is none.
    #[error("the parameter {0} is no address of a proxy over HTTP: set it to host:port, or unset it")]
    Proxy(&'static str),
    /// There is no such file.
    #[error("{0}: there is no such file (404)")]
    NotFound(String),
    /// The server does not give it.
    #[error("{url}: the server answered {status}{hint}", hint = hint(*.status))]
    Refused {
        /// What was asked for.
        url: String,
        /// What it answered.
        status: StatusCode,
    },
    /// Nobody answered.
    #[error("{url}: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// It broke off.
    #[error(
        "{url}: broke off after {at} bytes: {why}; the next attempt carries on from there if the server can"
    )]
    Broken {
        /// What was asked for.
        url: String,
        /// How many bytes are here.
        at: u64,
        /// What went wrong.
        why: String,
    },
    /// It redirects to where we do not go.
    #[error("{url}: the server redirects {why}")]
    Redirected {
        /// What was asked for.
        url: String,
        /// Where to.
        why: String,
    },
    /// It has another size than it must have.
    #[error("{url}: expected {expected} bytes, but it has {found} or more")]
    Larger {
        /// What was asked for.
        url: String,
        /// What it must have.
        expected: u64,
        /// What it has at least.
        found: u64,
    },
    /// It has another size than it must have.
    #[error("{url}: expected {expected} bytes, but it has {found}")]
    Smaller {
        /// What was asked for.
        url: String,
        /// What it must have.
        expected: u64,
        /// What it has.
        found: u64,
    },
    /// It is not what it must be.
    #[error("{url}: expected {name} {expected}, but it has {found}: it is damaged, or somebody changed it")]
    Digest {
        /// What was asked for.
        url: String,
        /// Which digest.
        name: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// It is larger than anything of its kind.
    #[error("{url}: it is larger than {longest} bytes, which is more than is fetched")]
    Long {
        /// What was asked for.
        url: String,
        /// The limit.
        longest: u64,
    },
    /// It cannot be written.
    #[error("{path}: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Our side cannot ask at all.
    #[error("downloads are not possible: {0}")]
    Client(String),
}

impl DownloadError {
    /// Whether another attempt may succeed by itself.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            DownloadError::Unreachable { .. } | DownloadError::Broken { .. } => true,
            DownloadError::Refused { status, .. } => {
                status.is_server_error()
                    || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(status)
            }
            _ => false,
        }
    }

    /// Whether what is here of the file is of no use any more.
    pub(super) fn spoils_part(&self) -> bool {
        matches!(
            self,
            DownloadError::Larger { .. }
                | DownloadError::Smaller { .. }
                | DownloadError::Digest { .. }
                | DownloadError::Long { .. }
                | DownloadError::File { .. }
        )
    }

    /// What the client says of a request that got no answer.
    pub(super) fn of_request(url: &Url, proxies: &Proxies, error: &reqwest::Error) -> DownloadError {
        let why = innermost(error);
        if error.is_redirect() {
            return DownloadError::Redirected { url: shown(url), why };
        }
        let why = match proxies.parameter_for(url) {
            Some(parameter) => format!("{why} (through the proxy of the parameter {parameter})"),
            None => why,
        };
        DownloadError::Unreachable { url: shown(url), why }
    }

    /// What the server says instead of the file.
    pub(super) fn of_status(url: &Url, status: StatusCode) -> DownloadError {
        match status {
            StatusCode::NOT_FOUND => DownloadError::NotFound(shown(url)),
            status if status.is_redirection() => {
                DownloadError::Redirected { url: shown(url), why: "to nowhere".to_owned() }
            }
            status => DownloadError::Refused { url: shown(url), status },
        }
    }
}

fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => ": it wants a user and a password, or others",
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            ": the proxy wants a user and a password in the parameter http_proxy or https_proxy"
        }
        _ => "",
    }
}

/// A URL without what may be secret in it.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // A URL that can have neither has neither.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// What the client was told last, without the URL, which may hold a password.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let Some(mut inner) = error.source() else { return "the server speaks no HTTP".to_owned() };
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// A file that could not be written.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> DownloadError {
    let path = path.to_owned();
    move |cause| DownloadError::File { path, cause }
}
