//! Plugins written without an SDK, from the .proto files and the contract alone: built as their READMEs say, they pass every
//! check, and phones get from them to the byte what their cases state.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use provd_tests::{Home, Server, eventually, provd_binary};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

const TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Longest time for a step of a build, libraries from the network included, and for all checks.
const STEP: Duration = Duration::from_mins(10);
/// Who asks, as its cases have it.
const AGENT: &str = "Acme A10 1.2.3 00:11:22:AA:BB:CC";
const FILE: &str = "acme-001122aabbcc.cfg";

/// A sample as an author would have it: a copy of its sources, in a tree of its own.
struct Sample {
    home: Home,
    id: String,
    sources: PathBuf,
}

impl Sample {
    /// Copies the sources of a sample with the contract beside them, and builds it.
    async fn build(language: &str, steps: &[&[&str]]) -> Result<Sample> {
        let home = Home::with_families(&[])?;
        copy(&Path::new(TREE).join("proto"), &home.root().join("tree/proto"), &BTreeSet::new())?;
        let (from, place) = (Path::new(TREE), format!("plugin-runner/samples/{language}"));
        let sources = home.root().join("tree").join(&place);
        let built = fs::read_to_string(from.join(&place).join(".gitignore"))?;
        let built = built.lines().map(|line| from.join(&place).join(line.trim_matches('/'))).collect();
        copy(&from.join(&place), &sources, &built)?;
        for step in steps {
            run(step, &sources).await.context("see the README of the sample for what a build needs")?;
        }
        Ok(Sample { home, id: format!("acme-{language}-1.2"), sources })
    }

    /// The folder that is installed.
    fn folder(&self) -> PathBuf {
        self.sources.join("plugin")
    }

    fn read(&self, path: &str) -> Result<Vec<u8>> {
        fs::read(self.folder().join(path)).with_context(|| path.to_owned())
    }

    /// Runs `provd plugin` about the folder.
    async fn provd(&self, step: &str) -> Result<String> {
        let folder = self.folder();
        let program = text(provd_binary()?)?;
        run(&[program, "plugin", step, text(&folder)?, "--json"], self.home.root()).await
    }

    /// Its cases pass, and it keeps the whole contract.
    async fn is_right(&self) -> Result<()> {
        self.provd("test").await?;
        let report: Value = serde_json::from_str(&self.provd("check").await?)?;
        assert_eq!((&report["failed"], &report["skipped"]), (&json!(0), &json!(0)), "{report:#}");
        Ok(())
    }

    /// A server that trusts the author, with the plugin installed from a package.
    async fn installed(self) -> Result<(Installed, Server)> {
        let Sample { home, id, sources } = self;
        let (key, packages) = (home.root().join("author.key"), home.root().join("dist"));
        let (plugin, program) = (sources.join("plugin"), text(provd_binary()?)?);
        run(&[program, "plugin", "key", text(&key)?], home.root()).await?;
        let package =
            ["plugin", "package", text(&plugin)?, "--output", text(&packages)?, "--key", text(&key)?];
        run(&[&[program][..], &package].concat(), home.root()).await?;
        let public = fs::read_to_string(key.with_extension("key.pub"))?;
        let public = public.lines().nth(1).context("no key")?.to_owned();
        let home = home.argument("--trusted-keys").argument(public);
        let server = home.start().await?;
        let file = packages.join(format!("{id}_0.1.0.provd.tar.gz"));
        let said = home.provd(&["plugin", "install", text(&file)?]).await?;
        assert_eq!(said.code, Some(0), "{said:?}");
        server.ready(&id).await?;
        Ok((Installed { sample: Sample { home, id, sources } }, server))
    }
}

/// A sample that runs within a server.
struct Installed {
    sample: Sample,
}

impl Installed {
    /// A phone that an administrator prepared gets what the cases state, over either protocol.
    async fn serves_the_files_of_its_cases(&self, server: &Server) -> Result<()> {
        let raw_config: Value = serde_json::from_slice(&self.sample.read("tests/rich.json")?)?;
        let config = json!({"config": {"id": "desk", "parent_ids": ["base"], "raw_config": raw_config}});
        server.api().post("/0.2/cfg_mgr/configs", &config).await?.ok()?;
        let device = json!({"device": {
            "id": "desk-1", "mac": "00:11:22:aa:bb:cc", "vendor": "Acme", "model": "A10", "version": "1.2.3",
            "plugin": self.sample.id, "config": "desk",
        }});
        server.api().post("/0.2/dev_mgr/devices", &device).await?.ok()?;

        let expected = self.sample.read(&format!("tests/rich/{FILE}"))?;
        let mut phone = server.http_phone(2).user_agent(AGENT);
        for target in [format!("/{FILE}"), "/acme-001122AABBCC.cfg".to_owned()] {
            let own = phone.get(&target).await?;
            assert_eq!((own.status, own.text()), (200, String::from_utf8(expected.clone())?), "{target}");
        }
        let transfer = server.tftp_phone(2).get(FILE).await?;
        assert_eq!(transfer.map(|transfer| transfer.content), Ok(expected));
        let plan = phone.get("/acme-dialplan.xml").await?;
        assert_eq!((plan.status, plan.body), (200, self.sample.read("served/acme-dialplan.xml")?));
        for (target, status) in [
            ("/acme.cfg", 200),
            ("/acme-001122aabbcd.cfg", 403),
            ("/acme-1.2.4.bin", 404),
            ("/index.html", 404),
        ] {
            assert_eq!(phone.get(target).await?.status, status, "{target}");
        }
        server.logged(&["Sensitive file requested from 127.0.0.2: acme-001122aabbcc.cfg"]).await.map(drop)
    }

    /// A phone that nobody has seen becomes a device of the plugin by what it says.
    async fn knows_its_phones(&self, server: &Server) -> Result<()> {
        let mut phone = server.http_phone(3).user_agent("Acme A20 1.2.3 00:11:22:33:44:55");
        let own = phone.get("/acme-001122334455.cfg").await?;
        assert_eq!(own.status, 200);
        assert!(own.text().starts_with("# Acme A20 00:11:22:33:44:55\n"), "{}", own.text());
        let devices = server.devices().await?;
        let known =
            devices.iter().find(|device| device["mac"] == "00:11:22:33:44:55").context("no device")?;
        assert_eq!(
            (&known["plugin"], &known["model"], &known["configured"]),
            (&json!(self.sample.id), &json!("A20"), &json!(true))
        );
        Ok(())
    }

    /// It is replaced while phones ask: when it is told to end, and when it is killed.
    async fn returns(&self, server: &Server) -> Result<()> {
        let mut phone = server.http_phone(2).user_agent(AGENT);
        let first = server.ready(&self.sample.id).await?;
        server.restart_plugin(&self.sample.id).await?.ok()?;
        let second = server.ready_anew(&self.sample.id, first).await?;
        eventually("the end of the process before", || async { Ok((!first.is_alive()).then_some(())) })
            .await?;
        second.signal(Signal::KILL)?;
        assert_eq!(phone.get(&format!("/{FILE}")).await?.status, 200);
        server.ready_anew(&self.sample.id, second).await?;
        assert_eq!(phone.get(&format!("/{FILE}")).await?.status, 200);
        Ok(())
    }
}

/// Copies a folder, but for some files and folders in it.
fn copy(from: &Path, to: &Path, but: &BTreeSet<PathBuf>) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if but.contains(&entry.path()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, but)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Runs a program to its end, in a folder. The error is all that it said.
async fn run(words: &[&str], folder: &Path) -> Result<String> {
    let (program, arguments) = words.split_first().context("no program")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    let Ok(output) = timeout(STEP, command.output()).await else {
        bail!("not done within {} s: {words:?}", STEP.as_secs());
    };
    let output = output.with_context(|| format!("{program} cannot be run: install it"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{words:?}: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(said)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

async fn serves_phones(sample: Sample) -> Result<()> {
    sample.is_right().await?;
    let (installed, server) = sample.installed().await?;
    installed.serves_the_files_of_its_cases(&server).await?;
    installed.knows_its_phones(&server).await?;
    installed.returns(&server).await?;
    assert!(server.stop().await?.success());
    Ok(())
}

#[tokio::test]
async fn a_plugin_in_javascript_needs_no_sdk() -> Result<()> {
    let steps: &[&[&str]] = &[&["npm", "ci", "--no-fund", "--no-audit"], &["npm", "run", "build"]];
    serves_phones(Sample::build("node", steps).await?).await
}

#[tokio::test]
async fn a_plugin_in_go_needs_no_sdk() -> Result<()> {
    serves_phones(Sample::build("go", &[&["./build.sh"]]).await?).await
}

#[test]
fn the_samples_are_held_to_the_same_files() -> Result<()> {
    let samples = Path::new(TREE).join("plugin-runner/samples");
    for path in [
        "tests/files.toml",
        "tests/minimal.json",
        "tests/rich.json",
        "tests/minimal/acme-001122334455.cfg",
        "tests/rich/acme-001122aabbcc.cfg",
        "tests/common/acme.cfg",
        "served/acme-dialplan.xml",
    ] {
        let of = |language: &str| fs::read(samples.join(language).join("plugin").join(path));
        assert_eq!(of("node")?, of("go")?, "{path}");
    }
    Ok(())
}
