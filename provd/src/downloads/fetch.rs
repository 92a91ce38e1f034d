//! One file, fetched in as many requests as it takes.
//!
//! Parts are carried on by ranges (RFC 9110 §14) that hold only for the same version (`If-Range`, §13.1.5).

use std::path::Path;
use std::time::Duration;

use reqwest::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::time::{Instant, sleep, timeout};

use super::client::{Proxies, client};
use super::failure::{DownloadError, innermost, shown};
use super::partial::Partial;
use super::{Fetched, Wanted, Watching};

/// Requests without a single new byte after which a file that has begun to come is given up.
const FRUITLESS: u32 = 4;
/// Requests for one file at most, even if each brings something.
const MOST_REQUESTS: u32 = 100;
/// Bytes that have to come in the time in which a server may send nothing: one that sends a byte now and then is left.
const LEAST: u64 = 1024;

/// How long is waited for whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Longest time in which the server sends nothing.
    pub(super) idle: Duration,
    /// Time before a second request; it doubles with each that brings nothing.
    pub(super) pause: Duration,
}

const PATIENCE: Patience = Patience { idle: Duration::from_secs(30), pause: Duration::from_secs(1) };

/// Fetches a file to a place, where it appears in one step once it is whole, checked, and safe on the disk.
///
/// Until then it is beside it, with the end `.part`, and how the server names its version in `.part.validator`. When a
/// connection breaks, the rest is asked for a few times; what a former call or process left there is carried on. Nobody
/// else may fetch to the same place meanwhile.
///
/// # Errors
///
/// What the server, the network or the disk refuses. If the bytes are not those that were wanted, nothing is left of them.
pub async fn fetch(
    wanted: &Wanted,
    proxies: &Proxies,
    to: &Path,
    watching: &dyn Watching,
) -> Result<Fetched, DownloadError> {
    fetch_patiently(wanted, proxies, to, watching, PATIENCE).await
}

pub(super) async fn fetch_patiently(
    wanted: &Wanted,
    proxies: &Proxies,
    to: &Path,
    watching: &dyn Watching,
    patience: Patience,
) -> Result<Fetched, DownloadError> {
    let client = client(&wanted.url, proxies)?;
    let mut partial = Partial::open(to, &wanted.url).await?;
    let download = Download { wanted, proxies, client, watching, patience };
    let complete = download.complete(&mut partial).await;
    match complete.and_then(|()| partial.check(wanted)) {
        Ok(()) => partial.place(to).await,
        Err(error) => {
            if error.spoils_part() {
                partial.discard().await;
            }
            Err(error)
        }
    }
}

struct Download<'a> {
    wanted: &'a Wanted,
    proxies: &'a Proxies,
    client: Client,
    watching: &'a dyn Watching,
    patience: Patience,
}

impl Download<'_> {
    async fn complete(&self, partial: &mut Partial) -> Result<(), DownloadError> {
        if partial.validator().is_some() && self.wanted.size == Some(partial.length) {
            return Ok(());
        }
        let (mut furthest, mut fruitless) = (partial.length, 0);
        for request in 1.. {
            let Err(error) = self.request(partial).await else { break };
            fruitless = if partial.length > furthest { 0 } else { fruitless + 1 };
            furthest = furthest.max(partial.length);
            // A server of which nothing ever came is not asked again.
            let goes_on =
                error.may_pass() && furthest > 0 && fruitless < FRUITLESS && request < MOST_REQUESTS;
            if !goes_on {
                return Err(error);
            }
            sleep(self.patience.pause * 2_u32.pow(fruitless)).await;
        }
        Ok(())
    }

    /// Asks for what is missing, once.
    async fn request(&self, partial: &mut Partial) -> Result<(), DownloadError> {
        let url = &self.wanted.url;
        let answer = timeout(self.patience.idle, self.ask(partial).send()).await;
        let answer =
            answer.map_err(|_| DownloadError::Unreachable { url: shown(url), why: self.silence() })?;
        let mut answer = answer.map_err(|error| DownloadError::of_request(url, self.proxies, &error))?;
        match answer.status() {
            StatusCode::OK => partial.restart(validator(answer.headers())).await?,
            StatusCode::PARTIAL_CONTENT if continues(&answer, partial.length) => {}
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                partial.restart(None).await?;
                return Err(self.broken(partial, "the server has another file now".to_owned()));
            }
            status => return Err(DownloadError::of_status(url, status)),
        }
        self.receive(&mut answer, partial).await
    }

    fn ask(&self, partial: &Partial) -> RequestBuilder {
        let mut request = self.client.get(self.wanted.url.clone());
        if let Some(credentials) = &self.wanted.credentials {
            request = request.basic_auth(&credentials.user, Some(&credentials.password));
        }
        match partial.validator() {
            Some(validator) => {
                request.header(RANGE, format!("bytes={}-", partial.length)).header(IF_RANGE, validator)
            }
            None => request,
        }
    }

    async fn receive(&self, answer: &mut Response, partial: &mut Partial) -> Result<(), DownloadError> {
        let end =
            number(answer.headers(), &CONTENT_LENGTH).map(|length| partial.length.saturating_add(length));
        let total = total(answer.headers()).or(end);
        self.check_size(total.unwrap_or(0), partial)?;
        self.watching.at(partial.length, total);
        let (mut since, mut had) = (Instant::now(), partial.length);
        loop {
            if since.elapsed() >= self.patience.idle {
                if partial.length - had < LEAST {
                    return Err(self.broken(partial, self.slowness()));
                }
                (since, had) = (Instant::now(), partial.length);
            }
            let chunk = timeout(self.patience.idle, answer.chunk()).await;
            let chunk = chunk.map_err(|_| self.broken(partial, self.silence()))?;
            let Some(chunk) = chunk.map_err(|error| self.broken(partial, innermost(&error)))? else { break };
            self.check_size(partial.length + chunk.len() as u64, partial)?;
            partial.append(&chunk).await?;
            self.watching.at(partial.length, total);
        }
        match total {
            Some(total) if partial.length < total => {
                Err(self.broken(partial, "the server sent less than it said".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Whether a file may have at least so many bytes.
    fn check_size(&self, found: u64, partial: &Partial) -> Result<(), DownloadError> {
        let url = || shown(&self.wanted.url);
        if let Some(expected) = self.wanted.size.filter(|size| found > *size) {
            return Err(DownloadError::Larger { url: url(), expected, found: found.max(partial.length) });
        }
        if found > self.wanted.longest {
            return Err(DownloadError::Long { url: url(), longest: self.wanted.longest });
        }
        Ok(())
    }

    fn broken(&self, partial: &Partial, why: String) -> DownloadError {
        DownloadError::Broken { url: shown(&self.wanted.url), at: partial.length, why }
    }

    fn slowness(&self) -> String {
        format!("the server sent less than {LEAST} bytes in {} s", self.patience.idle.as_secs())
    }

    fn silence(&self) -> String {
        format!("the server sent nothing for {} s", self.patience.idle.as_secs())
    }
}

/// What names exactly this version of a file: weak entity tags do not, since bytes may differ (RFC 9110 §8.8.1).
fn validator(headers: &HeaderMap) -> Option<String> {
    let text =
        |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    text(ETAG).filter(|tag| tag.starts_with('"')).or_else(|| text(LAST_MODIFIED))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// First byte, and size of the whole file if it is told, of `bytes 5-9/10`.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (range, total) =
        headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, total.trim().parse().ok()))
}

fn total(headers: &HeaderMap) -> Option<u64> {
    range(headers)?.1
}

fn continues(answer: &Response, length: u64) -> bool {
    range(answer.headers()).is_some_and(|(start, _)| start == length)
}
