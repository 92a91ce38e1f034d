//! Asking a repository what it offers. The answer takes the place of the last one only if somebody trusted signed it, and it
//! is not older.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::super::host::PluginHost;
use super::super::placing::Trust;
use super::super::repertoire::{failed, in_background};
use super::foreign::DATABASE;
use super::kept::{Format, Kept, Listed};
use crate::downloads::{DownloadError, Proxies, fetch_small};
use crate::packages::{Address, INDEX, Offer, Repository, SIGNATURE};
use crate::provisioning::installation::InstallationError;
use crate::provisioning::repositories::Updated;

/// Longest list, in bytes.
const LONGEST_LIST: usize = 16 * 1024 * 1024;
/// Longest signature, in bytes.
pub(super) const LONGEST_SIGNATURE: usize = 64 * 1024;
/// Longest time for each of both.
pub(super) const DEADLINE: Duration = Duration::from_mins(1);
/// How often the list and its signature are fetched, if they do not belong together: somebody may be replacing them.
const ATTEMPTS: u32 = 3;
/// Time between these.
const PAUSE: Duration = Duration::from_millis(500);

impl PluginHost {
    pub(super) async fn update_from(&self, repository: &Repository) -> Result<Updated, InstallationError> {
        let (proxies, trust) = (self.proxies().await?, self.trust_in(repository));
        let (kept, listed) = obtain(&repository.address, &proxies, &trust).await?;
        let folder = self.folder_of(repository);
        in_background(move || replace(&folder, &kept, &listed, &trust)).await?.map_err(failed)
    }
}

async fn obtain(
    address: &Address,
    proxies: &Proxies,
    trust: &Trust,
) -> Result<(Kept, Listed), InstallationError> {
    for attempt in 1.. {
        let kept = fetch(address, proxies).await?;
        match kept.list(trust) {
            Ok(listed) => return Ok((kept, listed)),
            Err(_) if attempt < ATTEMPTS && kept.signature.is_some() => sleep(PAUSE).await,
            Err(why) => {
                return Err(InstallationError::Untrusted(format!("its index is not believed: {why}")));
            }
        }
    }
    Err(failed("it was not asked"))
}

/// Our index, or else that of wazo-provd.
async fn fetch(address: &Address, proxies: &Proxies) -> Result<Kept, InstallationError> {
    match document(address, proxies, INDEX).await {
        Ok(text) => {
            let signature = signature(address, proxies, INDEX).await?;
            Ok(Kept { format: Format::Provd, text, signature })
        }
        Err(DownloadError::NotFound(_)) => match document(address, proxies, DATABASE).await {
            Ok(text) => Ok(Kept { format: Format::WazoProvd, text, signature: None }),
            Err(DownloadError::NotFound(_)) => Err(failed(format!(
                "this is no repository of plugins: it has neither {INDEX} nor {DATABASE}"
            ))),
            Err(error) => Err(failed(error)),
        },
        Err(error) => Err(failed(error)),
    }
}

async fn document(address: &Address, proxies: &Proxies, file: &str) -> Result<String, DownloadError> {
    let url = address.of(file).map_err(|error| DownloadError::Scheme(error.to_string()))?;
    let bytes = fetch_small(&url, proxies, LONGEST_LIST, DEADLINE).await?;
    // What is no text is no index either, and is said to be none.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The signature of a file of a repository, if there is one.
pub(super) async fn signature(
    address: &Address,
    proxies: &Proxies,
    file: &str,
) -> Result<Option<String>, InstallationError> {
    let url = address.of(&format!("{file}{SIGNATURE}")).map_err(failed)?;
    match fetch_small(&url, proxies, LONGEST_SIGNATURE, DEADLINE).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(DownloadError::NotFound(_)) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn replace(folder: &Path, kept: &Kept, listed: &Listed, trust: &Trust) -> Result<Updated, String> {
    // What is not believed any more says nothing about what is to be expected.
    let before = Kept::read(folder).and_then(|kept| kept.list(trust).ok());
    if let (Some(made), Some(known)) = (listed.made(), before.as_ref().and_then(Listed::made))
        && made < known
    {
        return Err(format!(
            "its index was made at {}, before the one that is known, of {}: an old copy, or somebody holds new versions back",
            moment(made),
            moment(known)
        ));
    }
    let packages = listed.packages();
    let known: BTreeSet<String> =
        before.map(|before| before.packages()).unwrap_or_default().into_iter().collect();
    kept.write(folder).map_err(|error| format!("{} cannot be written: {error}", folder.display()))?;
    forget_parts(folder, listed);
    let new = packages.iter().filter(|package| !known.contains(*package)).cloned().collect();
    Ok(Updated { packages: packages.len(), new })
}

/// Removes what broke off of packages that are not offered any more. What cannot be removed harms nobody.
fn forget_parts(folder: &Path, listed: &Listed) {
    let Listed::Provd { index, .. } = listed else { return };
    let Ok(files) = fs::read_dir(folder) else { return };
    for file in files.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let is_offered = |offer: &Offer| name.starts_with(&offer.sha256);
        if name.contains(".part") && !index.packages.iter().any(is_offered) {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn moment(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| seconds.to_string(), |moment| moment.to_string())
}
