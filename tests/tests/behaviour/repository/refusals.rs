//! Repositories whose keepers err, and those that somebody else has got hold of.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use provd::packages::{Index, Offer, SigningKey};
use provd_tests::{Home, Server};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{DIGIUM, Publisher, done, kept, refused, served, text};

const UPDATE: [&str; 2] = ["plugin", "update"];
const UPGRADE: [&str; 3] = ["plugin", "upgrade", DIGIUM];

/// A server that has asked a repository that is in order, before it is not.
struct Attack {
    publisher: Publisher,
    home: Home,
    server: Server,
    /// As it was when it was in order.
    index: Index,
}

impl Attack {
    async fn new() -> Result<Attack> {
        let publisher = Publisher::new().await?;
        publisher.publish("1.0.1", "").await?;
        let home = publisher.customer()?;
        let server = home.start().await?;
        done(&home, &UPDATE).await?;
        let index = publisher.listed()?;
        Ok(Attack { publisher, home, server, index })
    }

    /// Has the repository offer the package otherwise, signed; the server learns of it, but does not install it.
    async fn offers(&self, change: impl FnOnce(&mut Offer), why: &str) -> Result<()> {
        let mut index = self.index.clone();
        change(&mut index.packages[0]);
        self.publisher.list(&index)?;
        done(&self.home, &UPDATE).await?;
        refused(&self.home, &UPGRADE, why).await
    }

    /// Has the repository offer a package that is made of anything.
    async fn offers_package(&self, package: &Path, why: &str) -> Result<()> {
        let bytes = fs::read(package)?;
        fs::write(self.publisher.path("x.tar.gz"), &bytes)?;
        let signature = self.publisher.key.sign(&bytes, "x.tar.gz")?;
        fs::write(self.publisher.path("x.tar.gz.minisig"), signature)?;
        let change = |offer: &mut Offer| {
            "x.tar.gz".clone_into(&mut offer.file);
            (offer.size, offer.sha256) = (bytes.len() as u64, sha256(&bytes));
        };
        self.offers(change, why).await
    }

    /// Nothing came of it.
    async fn has_failed(self) -> Result<()> {
        assert_eq!(self.server.plugin(DIGIUM).await?["version"], "1.0.0");
        assert!(!served(&self.server).await?.starts_with("packed"));
        assert_eq!(kept(&self.home)?, ["index.json"], "nothing is left of what was refused");
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[tokio::test]
async fn a_package_that_is_not_what_the_index_says_is_refused() -> Result<()> {
    let attack = Attack::new().await?;
    let package = attack.publisher.path(&attack.index.packages[0].file);
    let whole = fs::read(&package)?;
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(&package, &changed)?;
    refused(&attack.home, &UPGRADE, "expected SHA-256").await?;
    fs::write(&package, &whole)?;

    let length = whole.len();
    let why = format!("expected {} bytes, but it has {length}", length + 1);
    attack.offers(|offer| offer.size += 1, &why).await?;
    let why = format!("expected {} bytes, but it has {length} or more", length - 1);
    attack.offers(|offer| offer.size -= 1, &why).await?;
    attack.offers(|offer| "9.0".clone_into(&mut offer.version), "but its package holds").await?;
    attack.publisher.list(&attack.index)?;
    done(&attack.home, &UPDATE).await?;

    let signature = attack.publisher.path(&format!("{}.minisig", attack.index.packages[0].file));
    fs::write(&signature, SigningKey::generate()?.sign(&whole, "x")?)?;
    refused(&attack.home, &UPGRADE, "which is not trusted here").await?;
    fs::remove_file(&signature)?;
    refused(&attack.home, &UPGRADE, "it is not signed").await?;
    attack.has_failed().await
}

#[tokio::test]
async fn a_package_that_reaches_out_of_its_folder_is_refused_whoever_signed_it() -> Result<()> {
    let attack = Attack::new().await?;
    let root = attack.publisher.home.root().join("evil");
    fs::create_dir(&root)?;
    let promise =
        |path: &str, content: &[u8]| json!({"path": path, "size": content.len(), "sha256": sha256(content)});
    let manifest = fs::read(attack.publisher.home.families().join("digium/plugin.toml"))?;
    fs::write(root.join("plugin.toml"), &manifest)?;
    fs::write(root.join("passwd"), "x")?;
    std::os::unix::fs::symlink("/etc/passwd", root.join("link"))?;
    let pack = async |name: &str, renamed: &str, promised: Value| {
        let files = [promise("plugin.toml", &manifest), promised];
        let head = json!({"format": 1, "id": DIGIUM, "version": "1.0.1", "files": files});
        fs::write(root.join("provd-package.json"), head.to_string())?;
        let package = root.join(format!("{name}.tar.gz"));
        let rename = format!("--transform=s,^{name}$,{renamed},");
        let mut tar = Command::new("tar");
        tar.args(["--format=ustar", "-P", "-C", text(&root)?, &rename, "-czf", text(&package)?]);
        let packed = tar.args(["provd-package.json", "plugin.toml", name]).status().await?;
        assert!(packed.success(), "tar: {packed}");
        anyhow::Ok(package)
    };
    let package = pack("passwd", "../passwd", promise("../passwd", b"x")).await?;
    attack.offers_package(&package, "expected a relative path").await?;
    let package = pack("passwd", "../passwd", promise("passwd", b"x")).await?;
    attack.offers_package(&package, "another file is in its place").await?;
    let package = pack("link", "link", promise("link", b"")).await?;
    attack.offers_package(&package, "no regular file but a link").await?;
    attack.has_failed().await
}

#[tokio::test]
async fn an_index_that_is_not_the_author_s_or_an_old_one_is_refused() -> Result<()> {
    let attack = Attack::new().await?;
    let (path, signature) =
        (attack.publisher.path("index.json"), attack.publisher.path("index.json.minisig"));
    let whole = fs::read_to_string(&path)?;
    fs::write(&path, whole.replace("1.0.1", "1.0.9"))?;
    refused(&attack.home, &UPDATE, "it was changed after the key").await?;
    fs::write(&path, &whole)?;
    fs::write(&signature, SigningKey::generate()?.sign(whole.as_bytes(), "x")?)?;
    refused(&attack.home, &UPDATE, "which is not trusted here").await?;
    fs::remove_file(&signature)?;
    refused(&attack.home, &UPDATE, "it is not signed").await?;
    let older = Index { made: attack.index.made - 1, ..attack.index.clone() };
    attack.publisher.list(&older)?;
    refused(&attack.home, &UPDATE, "before the one that is known").await?;
    let mut elsewhere = attack.index.clone();
    "../x.tar.gz".clone_into(&mut elsewhere.packages.first_mut().context("no package")?.file);
    attack.publisher.list(&elsewhere)?;
    refused(&attack.home, &UPDATE, "the plain name of a file").await?;
    fs::remove_file(&path)?;
    refused(&attack.home, &UPDATE, "neither index.json nor plugins.db").await?;
    let said = done(&attack.home, &["plugin", "available"]).await?;
    assert!(said.out.contains("1.0.1") && !said.out.contains("1.0.9"), "what was known stays: {said:?}");
    attack.has_failed().await
}
