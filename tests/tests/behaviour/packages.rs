//! Plugins that come as files: built, signed, handed to a server, and believed only as far as they deserve it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use provd_tests::{Home, Said, Server};

const DIGIUM: &str = "digium-1.1.0.0";
const FILE: &str = "/Digium/000fd3054848.cfg";

/// An author's folder of a newer family, and the keys it is signed with.
struct Author {
    home: Home,
    folder: PathBuf,
}

impl Author {
    fn new() -> Result<Author> {
        let home = Home::with_families(&["digium"])?;
        let folder = home.families().join("digium");
        let manifest = folder.join("plugin.toml");
        let text = fs::read_to_string(&manifest)?.replace("version = \"1.0.0\"", "version = \"1.0.1\"");
        fs::write(&manifest, text)?;
        fs::write(folder.join("templates/config/base.j2"), "packed for {{ device.mac }}\n")?;
        Ok(Author { home, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.root().join(name)
    }

    /// Makes a pair of keys; gives the public one.
    async fn key(&self, name: &str) -> Result<String> {
        let file = self.path(name);
        let said = self.home.provd(&["plugin", "key", text(&file)?]).await?;
        assert!(said.code == Some(0), "{said:?}");
        assert_eq!(fs::metadata(&file)?.permissions(), private());
        let public = fs::read_to_string(self.path(&format!("{name}.pub")))?;
        Ok(public.lines().nth(1).context("no key")?.to_owned())
    }

    /// Packs the family.
    async fn package(&self, into: &str, key: Option<&str>) -> Result<PathBuf> {
        let (into, key) = (self.path(into), key.map(|name| self.path(name)));
        let mut arguments = vec!["plugin", "package", text(&self.folder)?, "--output", text(&into)?];
        if let Some(key) = &key {
            arguments.extend(["--key", text(key)?]);
        }
        let said = self.home.provd(&arguments).await?;
        assert!(said.code == Some(0), "{said:?}");
        Ok(into.join(format!("{DIGIUM}_1.0.1.provd.tar.gz")))
    }
}

fn private() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o100_600)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

async fn install(home: &Home, package: &Path) -> Result<Said> {
    home.provd(&["plugin", "install", text(package)?]).await
}

async fn served(server: &Server) -> Result<String> {
    Ok(server.http_phone(3).get(FILE).await?.text())
}

#[tokio::test]
async fn a_signed_package_is_installed_without_a_gap_and_stays() -> Result<()> {
    let author = Author::new()?;
    let public = author.key("author.key").await?;
    let package = author.package("out", Some("author.key")).await?;
    let again = author.package("again", Some("author.key")).await?;
    assert_eq!(fs::read(&package)?, fs::read(&again)?, "the same files are the same package");

    let home = Home::bundled()?.argument("--trusted-keys").argument(&public);
    let server = home.start().await?;
    assert!(!served(&server).await?.starts_with("packed"), "the family that came with the program");
    let before = server.ready(DIGIUM).await?;
    let said = install(&home, &package).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(served(&server).await?, "packed for 00:0f:d3:05:48:48\n");
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.1");
    before.gone().await?;
    let said = install(&home, &package).await?;
    assert!(said.code == Some(0) && said.out.contains("1.0.1"), "there is nothing to do: {said:?}");
    assert!(server.stop().await?.success());

    let server = home.start().await?;
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.1", "a start brings no older one back");
    let said = home.provd(&["plugin", "upgrade", DIGIUM]).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.1", "an upgrade does neither");
    for step in ["uninstall", "install"] {
        let said = home.provd(&["plugin", step, DIGIUM]).await?;
        assert!(said.code == Some(0), "{said:?}");
    }
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.0", "an administrator may");
    Ok(())
}

#[tokio::test]
async fn what_nobody_trusted_signed_or_somebody_changed_is_refused() -> Result<()> {
    let author = Author::new()?;
    let public = author.key("author.key").await?;
    author.key("stranger.key").await?;
    let home = Home::bundled()?.argument("--trusted-keys").argument(&public);
    let server = home.start().await?;
    let refused = async |package: &Path, why: &str| {
        let said = install(&home, package).await?;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains(why), "{said:?}");
        anyhow::Ok(())
    };
    refused(&author.package("unsigned", None).await?, "it is not signed").await?;
    refused(&author.package("strange", Some("stranger.key")).await?, "which is not trusted here").await?;
    let package = author.package("changed", Some("author.key")).await?;
    let mut bytes = fs::read(&package)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&package, bytes)?;
    refused(&package, "it was changed after").await?;
    fs::write(&package, "no package")?;
    refused(&package, "it was changed after").await?;
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.0");
    assert!(!served(&server).await?.starts_with("packed"));
    assert!(server.stop().await?.success());

    let home = home.argument("--allow-unsigned");
    let server = home.start().await?;
    let said = install(&home, &author.package("unsigned", None).await?).await?;
    assert!(said.code == Some(0), "{said:?}");
    assert_eq!(server.plugin(DIGIUM).await?["version"], "1.0.1");
    let said = install(&home, &package).await?;
    assert!(said.err.contains("this is no package of a plugin"), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_does_not_behave_is_not_let_in() -> Result<()> {
    let author = Home::with_families(&[])?;
    let folder = author.root().join("mute");
    fs::create_dir(&folder)?;
    fs::write(
        folder.join("plugin.toml"),
        "api = 1\nid = 'mute'\nversion = '1.0.0'\ndescription = 'Says nothing'\ncommand = ['./run']\n",
    )?;
    fs::write(folder.join("run"), "#!/bin/sh\necho no words >&2\nexit 3\n")?;
    let into = author.root().join("out");
    let said = author.provd(&["plugin", "package", text(&folder)?, "--output", text(&into)?]).await?;
    assert!(said.code == Some(0), "{said:?}");

    let home = Home::with_families(&["digium"])?.argument("--allow-unsigned");
    let server = home.start().await?;
    let said = install(&home, &into.join("mute_1.0.0.provd.tar.gz")).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    for shown in ["mute", "1.0.0 is not fit", "start", "no words"] {
        assert!(said.err.contains(shown), "{shown}: {said:?}");
    }
    assert!(!home.data_dir().join("plugins/mute").exists());
    assert_eq!(fs::read_dir(home.data_dir().join("trials"))?.count(), 0, "nothing of it is left");
    assert_eq!(server.plugin(DIGIUM).await?["state"], "ready");
    Ok(())
}
