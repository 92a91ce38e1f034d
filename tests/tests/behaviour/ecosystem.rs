//! All bundled families come from a repository on a web server, are upgraded, rolled back and removed, while phones boot: not
//! one request of theirs fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use provd_tests::{Home, Said, WebService, eventually};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::repository::{file, text};

const FAMILIES: [&str; 4] = ["aastra", "cisco-sccp", "cisco-spa", "digium"];

/// A repository of all families, and a server that has none but those of it.
struct Shop {
    home: Arc<Home>,
    author: Home,
    _web: WebService,
}

impl Shop {
    async fn open() -> Result<Shop> {
        let author = Home::with_families(&FAMILIES)?;
        let key = author.root().join("author.key");
        done(&author, &["plugin", "key", text(&key)?]).await?;
        let public = fs::read_to_string(author.root().join("author.key.pub"))?;
        let public = public.lines().nth(1).context("no key")?.to_owned();
        let folder = author.root().join("web");
        fs::create_dir_all(&folder)?;
        let web = WebService::plain(
            WebService::listener().await?,
            Router::new().fallback(file).with_state(folder),
        )?;
        let home = Home::with_families(&[])?.argument("--trusted-keys").argument(public);
        let home = home.argument("--repository").argument(format!("http://{}/", web.address()));
        Ok(Shop { home: Arc::new(home), author, _web: web })
    }

    /// Offers all families in a version.
    async fn offer(&self, version: &str) -> Result<()> {
        let (into, key) = (self.author.root().join("web"), self.author.root().join("author.key"));
        for family in FAMILIES {
            let folder = self.author.families().join(family);
            set_version(&folder, version)?;
            let arguments =
                ["plugin", "package", text(&folder)?, "--output", text(&into)?, "--key", text(&key)?];
            done(&self.author, &arguments).await?;
        }
        done(&self.author, &["plugin", "index", text(&into)?, "--key", text(&key)?]).await?;
        done(&self.home, &["plugin", "update"]).await.map(drop)
    }

    /// Plugins that are offered, or installed.
    async fn ids(&self, which: &str) -> Result<Vec<String>> {
        let listed = done(&self.home, &["plugin", which, "--json"]).await?.json()?;
        Ok(listed["pkgs"].as_object().context("no pkgs")?.keys().cloned().collect())
    }

    /// Does the same with each of these plugins.
    async fn with_each(&self, step: &str, plugins: &[String]) -> Result<()> {
        for plugin in plugins {
            done(&self.home, &["plugin", step, plugin]).await?;
        }
        Ok(())
    }

    /// Phones that boot again and again, until they are told to end; gives how often they did.
    fn boot_phones(&self, families: &str, end: &CancellationToken) -> JoinHandle<Result<u32>> {
        let (home, families, end) = (self.home.clone(), families.to_owned(), end.clone());
        tokio::spawn(async move {
            let phones = ["--count", "40", "--boot", "10/s", "--accounts", "--dhcp", "--json"];
            let mut rounds = 0;
            while !end.is_cancelled() {
                let arguments = [&["simulate", "--family", &families], &phones[..]].concat();
                flawless(&home.provd(&arguments).await?)?;
                rounds += 1;
            }
            Ok(rounds)
        })
    }
}

fn set_version(family: &Path, version: &str) -> Result<()> {
    let manifest: PathBuf = family.join("plugin.toml");
    let lines = fs::read_to_string(&manifest)?;
    let lines = lines.lines().map(|line| {
        if line.starts_with("version = ") {
            format!("version = \"{version}\"\n")
        } else {
            format!("{line}\n")
        }
    });
    Ok(fs::write(manifest, lines.collect::<String>())?)
}

async fn done(home: &Home, arguments: &[&str]) -> Result<Said> {
    let said = home.provd(arguments).await?;
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    Ok(said)
}

/// Everything was right, and there was something.
fn flawless(said: &Said) -> Result<()> {
    let report = said.json()?;
    assert_eq!(said.code, Some(0), "{report:#}");
    let simulation = &report["simulation"];
    assert!(simulation["requests"].as_u64().context("no count")? > 100, "{report:#}");
    assert_eq!((&simulation["right"], &simulation["failed"]), (&json!(true), &json!(0)), "{report:#}");
    Ok(())
}

#[tokio::test]
async fn families_come_change_return_and_go_without_a_failed_request() -> Result<()> {
    let shop = Shop::open().await?;
    let server = shop.home.start().await?;
    shop.offer("1.9.0").await?;
    let all = shop.ids("available").await?;
    assert_eq!(all.len(), 7, "{all:?}");
    shop.with_each("install", &all).await?;
    assert_eq!(shop.ids("installed").await?, all);

    let end = CancellationToken::new();
    let phones = shop.boot_phones("all", &end);
    configured(&server).await?;
    shop.offer("1.9.1").await?;
    shop.with_each("upgrade", &all).await?;
    for plugin in &all {
        assert_eq!(server.plugin(plugin).await?["version"], "1.9.1");
    }
    shop.with_each("rollback", &all).await?;
    for plugin in &all {
        assert_eq!(server.plugin(plugin).await?["version"], "1.9.0");
    }
    end.cancel();
    assert!(phones.await?? >= 1);

    let (kept, others): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|plugin| plugin.starts_with("digium"));
    let end = CancellationToken::new();
    let phones = shop.boot_phones("digium", &end);
    configured(&server).await?;
    shop.with_each("uninstall", &others).await?;
    assert_eq!(shop.ids("installed").await?, kept);
    end.cancel();
    assert!(phones.await?? >= 1);
    shop.with_each("uninstall", &kept).await?;
    assert!(shop.ids("installed").await?.is_empty());
    Ok(())
}

/// Waits for the first phone that has its files.
async fn configured(server: &provd_tests::Server) -> Result<()> {
    let look = || async {
        let devices = server.api().get("/0.2/dev_mgr/devices?q={\"configured\":true}").await?.ok()?;
        Ok(devices["devices"].as_array().is_some_and(|devices| !devices.is_empty()).then_some(()))
    };
    eventually("a configured phone", look).await
}
