//! Plugins that come from repositories on web servers: asked what they offer, and believed only as far as they deserve it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use provd::packages::{Index, SigningKey};
use provd_tests::{Home, Said, Server, WebService};
use serde_json::{Value, json};

mod refusals;

const DIGIUM: &str = "digium-1.1.0.0";
const FILE: &str = "/Digium/000fd3054848.cfg";

/// An author's folder of a family, and a folder of its packages on a web server.
struct Publisher {
    home: Home,
    key: SigningKey,
    web: WebService,
}

impl Publisher {
    async fn new() -> Result<Publisher> {
        let home = Home::with_families(&["digium"])?;
        let key = SigningKey::generate()?;
        fs::write(home.root().join("author.key"), key.text()?)?;
        let folder = home.root().join("web");
        fs::create_dir_all(folder.join("testing"))?;
        let routes = Router::new().fallback(file).with_state(folder);
        let web = WebService::plain(WebService::listener().await?, routes)?;
        Ok(Publisher { home, key, web })
    }

    fn url(&self) -> String {
        format!("http://{}/", self.web.address())
    }

    fn public(&self) -> String {
        self.key.public().text()
    }

    /// A path of the web server.
    fn path(&self, file: &str) -> PathBuf {
        self.home.root().join("web").join(file)
    }

    /// Packs the family in a version, into a folder of the web server, and lists what is there.
    async fn publish(&self, version: &str, folder: &str) -> Result<PathBuf> {
        let family = self.home.families().join("digium");
        let manifest = fs::read_to_string(family.join("plugin.toml"))?;
        let lines = manifest.lines().map(|line| {
            if line.starts_with("version = ") {
                format!("version = \"{version}\"\n")
            } else {
                format!("{line}\n")
            }
        });
        let manifest: String = lines.collect();
        fs::write(family.join("plugin.toml"), manifest)?;
        fs::write(family.join("templates/config/base.j2"), format!("packed {version}\n"))?;
        let into = self.path(folder);
        let key = self.home.root().join("author.key");
        let (family, into, key) = (text(&family)?, text(&into)?, text(&key)?);
        done(&self.home, &["plugin", "package", family, "--output", into, "--key", key]).await?;
        self.index().await?;
        Ok(self.path(folder).join(format!("{DIGIUM}_{version}.provd.tar.gz")))
    }

    /// Lists what is there.
    async fn index(&self) -> Result<()> {
        let (folder, key) = (self.path(""), self.home.root().join("author.key"));
        done(&self.home, &["plugin", "index", text(&folder)?, "--key", text(&key)?]).await.map(drop)
    }

    /// The index as it is.
    fn listed(&self) -> Result<Index> {
        Ok(Index::parse(&fs::read(self.path("index.json"))?)?)
    }

    /// Puts any index in its place, signed.
    fn list(&self, index: &Index) -> Result<()> {
        let text = index.to_json()?;
        fs::write(self.path("index.json"), &text)?;
        Ok(fs::write(self.path("index.json.minisig"), self.key.sign(&text, "index.json")?)?)
    }

    /// A server that trusts the author and knows the repository.
    fn customer(&self) -> Result<Home> {
        let home = Home::bundled()?.argument("--trusted-keys").argument(self.public());
        Ok(home.argument("--repository").argument(self.url()))
    }
}

/// A plain web server: what is in the folder, or 404.
pub(super) async fn file(State(folder): State<PathBuf>, request: Request) -> Result<Vec<u8>, StatusCode> {
    fs::read(folder.join(request.uri().path().trim_start_matches('/'))).map_err(|_| StatusCode::NOT_FOUND)
}

pub(super) fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

async fn done(home: &Home, arguments: &[&str]) -> Result<Said> {
    let said = home.provd(arguments).await?;
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    Ok(said)
}

async fn refused(home: &Home, arguments: &[&str], why: &str) -> Result<()> {
    let said = home.provd(arguments).await?;
    assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
    assert!(said.err.contains(why), "{why}: {said:?}");
    Ok(())
}

/// What is offered of the plugin.
async fn offered(home: &Home) -> Result<Value> {
    Ok(done(home, &["plugin", "available", "--json"]).await?.json()?["pkgs"][DIGIUM].clone())
}

async fn served(server: &Server) -> Result<String> {
    Ok(server.http_phone(3).get(FILE).await?.text())
}

#[tokio::test]
async fn plugins_of_a_repository_are_installed_and_upgraded() -> Result<()> {
    let mut publisher = Publisher::new().await?;
    publisher.publish("1.0.1", "").await?;
    let home = publisher.customer()?;
    let server = home.start().await?;
    assert!(!served(&server).await?.starts_with("packed"));
    assert_eq!(offered(&home).await?, Value::Null, "nobody asked yet");

    let said = done(&home, &["plugin", "update"]).await?;
    assert!(said.out.contains("new of them digium-1.1.0.0 1.0.1"), "{said:?}");
    let offer = offered(&home).await?;
    let origin =
        json!({"repository": publisher.url(), "channel": "stable", "signed": true, "foreign": false});
    assert_eq!((&offer["version"], &offer["origin"]), (&json!("1.0.1"), &origin));
    assert_ne!(offer["capabilities"], json!({}));
    let upgraded = done(&home, &["plugin", "upgrade", DIGIUM, "--json"]).await?.json()?;
    let status = upgraded["status"].as_str().context("no status")?;
    assert!(status.contains("(download|success;") && status.ends_with("(install|success)"), "{status}");
    assert_eq!(served(&server).await?, "packed 1.0.1\n");
    assert_eq!(offered(&home).await?, Value::Null);

    publisher.publish("1.0.2", "").await?;
    let said = done(&home, &["plugin", "update"]).await?;
    assert!(said.out.contains("2 packages are offered, new of them digium-1.1.0.0 1.0.2"), "{said:?}");
    done(&home, &["plugin", "upgrade", DIGIUM]).await?;
    assert_eq!(served(&server).await?, "packed 1.0.2\n");
    done(&home, &["plugin", "uninstall", DIGIUM]).await?;
    done(&home, &["plugin", "install", DIGIUM]).await?;
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.2", "the newest there is");
    assert_eq!(kept(&home)?, ["index.json"], "packages are kept no longer than needed");
    assert!(server.stop().await?.success());

    publisher.publish("1.0.3", "").await?;
    let server = home.start().await?;
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.2");
    done(&home, &["plugin", "update"]).await?;
    assert!(server.stop().await?.success());
    publisher.web.leave().await;
    let server = home.start().await?;
    assert_eq!(offered(&home).await?["version"], "1.0.3", "what is offered is known without the web server");
    refused(&home, &["plugin", "upgrade", DIGIUM], &publisher.url()).await?;
    assert_eq!(served(&server).await?, "packed 1.0.2\n");
    Ok(())
}

/// What is kept of repositories.
fn kept(home: &Home) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for repository in fs::read_dir(home.data_dir().join("repositories"))? {
        for file in fs::read_dir(repository?.path())? {
            names.push(file?.file_name().into_string().ok().context("a name that is no text")?);
        }
    }
    Ok(names)
}

#[tokio::test]
async fn testing_versions_are_for_those_who_ask_for_them() -> Result<()> {
    let publisher = Publisher::new().await?;
    publisher.publish("1.0.1", "").await?;
    publisher.publish("1.0.2", "testing").await?;
    let home = publisher.customer()?;
    let server = home.start().await?;
    done(&home, &["plugin", "update"]).await?;
    assert_eq!(offered(&home).await?["version"], "1.0.1");
    assert!(server.stop().await?.success());

    // A key that is pinned for the repository, and trusted for nothing else.
    let home = with_repositories(&publisher.public(), &publisher.url())?;
    let server = home.start().await?;
    done(&home, &["plugin", "update"]).await?;
    let offer = offered(&home).await?;
    assert_eq!((&offer["version"], &offer["origin"]["channel"]), (&json!("1.0.2"), &json!("testing")));
    done(&home, &["plugin", "upgrade", DIGIUM]).await?;
    assert_eq!(served(&server).await?, "packed 1.0.2\n");

    let stranger = SigningKey::generate()?.public().text();
    let home = with_repositories(&stranger, &publisher.url())?
        .argument("--trusted-keys")
        .argument(publisher.public())
        .argument("--allow-unsigned");
    let _server = home.start().await?;
    refused(&home, &["plugin", "update"], "which is not trusted here").await?;
    assert_eq!(offered(&home).await?, Value::Null);
    Ok(())
}

/// A server whose configuration file names a repository with its channel and its key.
fn with_repositories(key: &str, url: &str) -> Result<Home> {
    let home = Home::bundled()?;
    let config = home.root().join("provd.toml");
    let table = "[[packages.repository]]";
    fs::write(&config, format!("{table}\nurl = '{url}'\nchannel = 'testing'\ntrusted_keys = ['{key}']\n"))?;
    let config = text(&config)?.to_owned();
    Ok(home.argument("--config").argument(config))
}

#[tokio::test]
async fn a_repository_that_is_away_keeps_nobody_from_the_others() -> Result<()> {
    let publisher = Publisher::new().await?;
    publisher.publish("1.0.1", "").await?;
    let home = Home::bundled()?.argument("--trusted-keys").argument(publisher.public());
    let server = home.start().await?;
    refused(&home, &["plugin", "update"], "there are no repositories").await?;
    done(&home, &["parameter", "set", "plugin_server", &publisher.url()]).await?;
    done(&home, &["plugin", "update"]).await?;
    assert_eq!(offered(&home).await?["version"], "1.0.1");
    assert!(server.stop().await?.success());

    let mut away = Publisher::new().await?;
    away.web.leave().await;
    let home = home.argument("--repository").argument(away.url());
    let _server = home.start().await?;
    publisher.publish("1.0.2", "").await?;
    refused(&home, &["plugin", "update"], &away.url()).await?;
    assert_eq!(offered(&home).await?["version"], "1.0.2");
    done(&home, &["parameter", "unset", "plugin_server"]).await?;
    assert_eq!(offered(&home).await?, Value::Null, "what is no repository any more offers nothing");
    Ok(())
}

#[tokio::test]
async fn what_another_system_offers_replaces_nothing_of_ours() -> Result<()> {
    let publisher = Publisher::new().await?;
    let plugins = json!({
        "xivo-digium-1.4": {"version": "2.0", "description": "Digium phones", "filename": "x.tar.bz2",
            "dsize": 4711, "sha1sum": "0".repeat(40), "capabilities": {}},
        DIGIUM: {"version": "9.9", "description": "", "filename": "y.tar.bz2", "dsize": 1, "sha1sum": "0".repeat(40)},
    });
    fs::write(publisher.path("plugins.db"), plugins.to_string())?;
    let home = publisher.customer()?;
    let server = home.start().await?;
    refused(&home, &["plugin", "update"], "it is not signed").await?;
    assert!(server.stop().await?.success());
    let home = home.argument("--allow-unsigned");
    let server = home.start().await?;
    done(&home, &["plugin", "update"]).await?;
    let said = done(&home, &["plugin", "available"]).await?;
    assert!(
        said.out.contains("xivo-digium-1.4") && said.out.contains("of wazo-provd, not signed"),
        "{said:?}"
    );
    refused(&home, &["plugin", "install", "xivo-digium-1.4"], "404").await?;
    done(&home, &["plugin", "upgrade", DIGIUM]).await?;
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.0");
    Ok(())
}
