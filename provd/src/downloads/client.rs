//! The client of downloads: through which proxy it goes, which redirections it follows.

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Proxy};
use url::Url;

use super::failure::{DownloadError, shown};

/// Most redirections of one request.
const MOST_REDIRECTIONS: usize = 5;

/// Through whom downloads go: HTTP proxies, by the protocol of what is fetched. Their URLs may hold passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http` URLs.
    pub http: Option<Url>,
    /// For `https` URLs, by the method CONNECT.
    pub https: Option<Url>,
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (http, https) = (self.http.as_ref().map(shown), self.https.as_ref().map(shown));
        f.debug_struct("Proxies").field("http", &http).field("https", &https).finish()
    }
}

impl Proxies {
    /// Reads what the parameters `http_proxy` and `https_proxy` hold: a URL, or host and port.
    ///
    /// # Errors
    ///
    /// A value that names no proxy over HTTP.
    pub fn read(http: Option<&str>, https: Option<&str>) -> Result<Proxies, DownloadError> {
        let read = |text: Option<&str>, name| {
            text.map(|text| address(text).ok_or(DownloadError::Proxy(name))).transpose()
        };
        Ok(Proxies { http: read(http, "http_proxy")?, https: read(https, "https_proxy")? })
    }

    /// The parameter whose proxy a URL is asked through.
    pub(super) fn parameter_for(&self, url: &Url) -> Option<&'static str> {
        match url.scheme() {
            "http" => self.http.as_ref().map(|_| "http_proxy"),
            _ => self.https.as_ref().map(|_| "https_proxy"),
        }
    }
}

fn address(text: &str) -> Option<Url> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&text).ok()?;
    (url.scheme() == "http" && url.path() == "/" && url.query().is_none()).then_some(url)
}

/// A client for one download.
pub(super) fn client(url: &Url, proxies: &Proxies) -> Result<Client, DownloadError> {
    if !["http", "https"].contains(&url.scheme()) {
        return Err(DownloadError::Scheme(shown(url)));
    }
    let failed = |error: &dyn std::fmt::Display| DownloadError::Client(error.to_string());
    let mut builder = crate::tls::client().map_err(|error| failed(&error))?;
    builder = builder.redirect(Policy::custom(follow)).referer(false);
    if let Some(proxy) = &proxies.http {
        let proxy = Proxy::http(proxy.clone()).map_err(|_| DownloadError::Proxy("http_proxy"))?;
        builder = builder.proxy(proxy);
    }
    if let Some(proxy) = &proxies.https {
        let proxy = Proxy::https(proxy.clone()).map_err(|_| DownloadError::Proxy("https_proxy"))?;
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| failed(&error.without_url()))
}

/// Vendors redirect to their mirrors, but what was protected stays so.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_protected = attempt.previous().iter().any(|url| url.scheme() == "https");
    match attempt.url().scheme() {
        _ if attempt.previous().len() > MOST_REDIRECTIONS => attempt.error("again and again"),
        "https" => attempt.follow(),
        "http" if !was_protected => attempt.follow(),
        "http" => attempt.error("from https to http, where anybody may change it"),
        _ => attempt.error("to something that is neither http nor https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_the_parameters_have_them() {
        let read = Proxies::read(Some("http://u:p@h:3128"), Some("192.0.2.1:8080")).unwrap();
        assert_eq!(read.https.as_ref().unwrap().as_str(), "http://192.0.2.1:8080/");
        let debug = format!("{read:?}");
        assert!(debug.contains("http://h:3128/") && !debug.contains("u:p"), "{debug}");
        assert_eq!(Proxies::read(None, None).unwrap(), Proxies::default());
        for none in ["", "socks5://h:1", "any text at all", "http://h/path"] {
            let error = Proxies::read(None, Some(none)).unwrap_err().to_string();
            assert!(error.starts_with("the parameter https_proxy is no address"), "{error}");
        }
    }
}
