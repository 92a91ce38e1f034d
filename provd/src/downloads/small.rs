//! Small documents, fetched into memory.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::timeout;
use url::Url;

use super::client::{Proxies, client};
use super::failure::{DownloadError, innermost, shown};

/// Fetches a document of at most so many bytes, all of it before the deadline.
///
/// # Errors
///
/// It is not there ([`DownloadError::NotFound`]), not given, too long, or late.
pub async fn fetch_small(
    url: &Url,
    proxies: &Proxies,
    longest: usize,
    deadline: Duration,
) -> Result<Bytes, DownloadError> {
    let late = |_| DownloadError::Unreachable {
        url: shown(url),
        why: format!("it is not there within {} s", deadline.as_secs()),
    };
    timeout(deadline, read(url, proxies, longest)).await.map_err(late)?
}

async fn read(url: &Url, proxies: &Proxies, longest: usize) -> Result<Bytes, DownloadError> {
    let request = client(url, proxies)?.get(url.clone()).send();
    let mut response = request.await.map_err(|error| DownloadError::of_request(url, proxies, &error))?;
    if !response.status().is_success() {
        return Err(DownloadError::of_status(url, response.status()));
    }
    let mut document = BytesMut::new();
    let broken = |at: usize, error: &reqwest::Error| DownloadError::Unreachable {
        url: shown(url),
        why: format!("it broke off after {at} bytes: {}", innermost(error)),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(document.len(), &error))? {
        if document.len() + chunk.len() > longest {
            return Err(DownloadError::Long { url: shown(url), longest: longest as u64 });
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document.freeze())
}
