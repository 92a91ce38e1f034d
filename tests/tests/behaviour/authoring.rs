//! What a plugin's author does without a server: cases, conformance.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};
use provd_tests::process::Process;
use provd_tests::{Home, Said, eventually, provd_binary, within};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{ChildStdout, Command};

const ROGUE: &str = env!("CARGO_BIN_EXE_rogue-plugin");
/// The families of the project.
const FAMILIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");
/// An invented family that uses every key of the format.
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugin-runner/tests/families/tiny");

fn families() -> Result<Vec<PathBuf>> {
    let mut families = vec![PathBuf::from(TINY)];
    for entry in fs::read_dir(FAMILIES)? {
        families.push(entry?.path());
    }
    families.retain(|folder| folder.join("plugin.toml").is_file());
    anyhow::ensure!(families.len() > 4, "{families:?}");
    Ok(families)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}

/// `provd plugin check` of a rogue, of some checks only.
async fn check(behaviour: &[&str], checks: &[&str]) -> Result<(Option<i32>, Value)> {
    let home = Home::with_families(&[])?;
    let folder = home.add_program("rogue", &[&[ROGUE], behaviour].concat())?;
    let mut arguments = vec!["plugin", "check", text(&folder)?, "--json"];
    for check in checks {
        arguments.extend(["--only", check]);
    }
    let said = home.provd(&arguments).await?;
    let report = serde_json::from_str(&said.out).with_context(|| format!("{said:?}"))?;
    Ok((said.code, report))
}

/// The checks with this verdict.
fn with_verdict<'r>(report: &'r Value, verdict: &str) -> Vec<&'r str> {
    let checks = report["plugins"].as_array().into_iter().flatten();
    let checks = checks.filter_map(|plugin| plugin["checks"].as_array()).flatten();
    checks.filter(|check| check["verdict"] == verdict).filter_map(|check| check["id"].as_str()).collect()
}

#[tokio::test]
async fn every_family_does_what_its_cases_say() -> Result<()> {
    let home = Home::bundled()?;
    for family in families()? {
        let said = home.provd(&["plugin", "test", text(&family)?]).await?;
        assert_eq!(said.code, Some(0), "{}:\n{}{}", family.display(), said.out, said.err);
    }
    Ok(())
}

#[tokio::test]
async fn every_family_keeps_the_contract() -> Result<()> {
    let home = Home::bundled()?;
    for family in families()? {
        let said = home.provd(&["plugin", "check", text(&family)?]).await?;
        assert_eq!(said.code, Some(0), "{}:\n{}{}", family.display(), said.out, said.err);
    }
    Ok(())
}

#[tokio::test]
async fn a_decent_plugin_keeps_the_contract_and_noise_is_no_sin() -> Result<()> {
    for behaviour in ["honest", "noisy", "floods"] {
        let (code, report) = check(&[behaviour], &[]).await?;
        assert_eq!((code, with_verdict(&report, "fail").len()), (Some(0), 0), "{behaviour}: {report:#}");
    }
    Ok(())
}

#[tokio::test]
async fn every_check_can_fail() -> Result<()> {
    let rogues: [(&[&str], &[&str]); 22] = [
        (&["exits"], &["start"]),
        (&["mute"], &["start"]),
        (&["wrong-id"], &["start"]),
        (&["speechless"], &["by-hand"]),
        (&["raw"], &["token", "sizes", "drain", "stdin"]),
        (&["wrong-version"], &["describe"]),
        (&["fickle"], &["describe.stable"]),
        (&["greedy"], &["associate.foreign", "extract.foreign"]),
        (&["careless"], &["codes"]),
        (&["fragile"], &["hostile"]),
        (&["lies", "../x"], &["files", "serve.unknown"]),
        (&["unstable"], &["stable", "concurrency"]),
        (&["forgets-once"], &["deconfigure"]),
        (&["hangs-in", "deconfigure"], &["deadlines"]),
        (&["hangs-in", "describe"], &["start"]),
        (&["one-at-a-time"], &["concurrency"]),
        (&["clogs"], &["cancellation"]),
        (&["leaks"], &["leaks"]),
        (&["leaks-descriptors"], &["leaks"]),
        (&["tells"], &["log"]),
        (&["immortal"], &["stdin", "sigterm"]),
        (&["breeds"], &["children"]),
    ];
    for (behaviour, checks) in rogues {
        let (code, report) = check(behaviour, checks).await?;
        assert_eq!(with_verdict(&report, "fail"), checks, "{behaviour:?}: {report:#}");
        assert_eq!(code, Some(1), "{behaviour:?}");
    }
    Ok(())
}

/// A copy of a family, to be changed.
struct Draft {
    home: Home,
    folder: PathBuf,
}

impl Draft {
    fn new(family: &str) -> Result<Draft> {
        let home = Home::with_families(&[family])?;
        let folder = home.families().join(family);
        Ok(Draft { home, folder })
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> Result<()> {
        let path = self.folder.join(file);
        let before = fs::read_to_string(&path)?;
        anyhow::ensure!(before.contains(from), "{file} does not hold {from}");
        Ok(fs::write(&path, before.replacen(from, to, 1))?)
    }

    async fn provd(&self, command: &str, arguments: &[&str]) -> Result<Said> {
        let all = [&["plugin", command, text(&self.folder)?], arguments].concat();
        self.home.provd(&all).await
    }
}

#[tokio::test]
async fn what_differs_is_shown_and_accepted_on_demand() -> Result<()> {
    let draft = Draft::new("digium")?;
    draft.replace("templates/config/base.j2", "<config", "<config changed=\"yes\"")?;
    draft.replace("tests/requests.toml", "vendor = \"Digium\"", "vendor = \"Nobody\"")?;
    let said = draft.provd("test", &[]).await?;
    assert_eq!(said.code, Some(1), "{said:?}");
    for expected in ["+++ Digium/000fd3aabbcc.cfg (generated)", "changed=\"yes\"", "requests.toml:", "Nobody"]
    {
        assert!(said.out.contains(expected), "{expected} is not in {}", said.out);
    }
    let said = draft.provd("test", &["no such case"]).await?;
    assert!(said.code == Some(1) && said.out.contains("no such cases"), "{said:?}");

    let said = draft.provd("test", &["--accept"]).await?;
    assert_eq!(said.code, Some(0), "{said:?}");
    let report = draft.provd("test", &["--json"]).await?.json()?;
    assert!(report["failed"] == 0 && report["passed"].as_u64() > Some(10), "{report:#}");
    assert!(!fs::read_to_string(draft.folder.join("tests/requests.toml"))?.contains("Nobody"));
    Ok(())
}

#[tokio::test]
async fn what_is_accepted_is_written_below_the_cases_only() -> Result<()> {
    let draft = Draft::new("digium")?;
    let outside = draft.home.root().join("outside");
    fs::create_dir(&outside)?;
    let precious = outside.join("precious");
    fs::write(&precious, "kept")?;
    let cases = draft.folder.join("tests/elsewhere.toml");
    let case = |files: &str| {
        format!(
            "[[configure]]\ndevice = {{ mac = \"00:0f:d3:aa:bb:cc\", model = \"D40\" }}\nfiles = {files:?}\n"
        )
    };
    std::os::unix::fs::symlink(&outside, draft.folder.join("tests/link"))?;
    for (files, why) in [
        ("../../../outside", "expected a folder in tests/"),
        (text(&outside)?, "expected a folder in tests/"),
        ("", "expected a folder in tests/"),
        ("link", "is a link"),
    ] {
        fs::write(&cases, case(files))?;
        let said = draft.provd("test", &["--accept"]).await?;
        assert!(said.code == Some(1) && said.out.contains(why), "{files}: {said:?}");
        let left: Vec<_> = fs::read_dir(&outside)?.collect::<Result<_, _>>()?;
        assert!(left.len() == 1 && fs::read_to_string(&precious)? == "kept", "{files}: {left:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_trial_stays() -> Result<()> {
    let home = Home::with_families(&[])?;
    let temporary = home.root().join("tmp");
    fs::create_dir(&temporary)?;
    // It makes itself independent, and does not keep what it was started with.
    let script = "setsid env -i sleep 98765 & echo $! > $0; sleep 1000";
    let pids = home.root().join("pid");
    let folder = home.add_program("daemon", &["sh", "-c", script, text(&pids)?])?;
    for interrupted in [false, true] {
        let mut command = Command::new(provd_binary()?);
        command.args(["plugin", "check", text(&folder)?, "--only", "start"]);
        command.env("TMPDIR", &temporary).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let daemon = || async {
            let pid = fs::read_to_string(&pids).ok().and_then(|pid| pid.trim().parse().ok());
            Ok(pid.and_then(Process::with_pid))
        };
        let daemon = eventually("a process of its own", daemon).await?;
        if interrupted {
            Process::with_pid(child.id().context("no pid")?).context("it is gone")?.signal(Signal::INT)?;
        }
        let status = within("its end", child.wait()).await??;
        assert_eq!(status.code(), Some(if interrupted { 130 } else { 1 }));
        daemon.gone().await?;
        assert_eq!(fs::read_dir(&temporary)?.count(), 0, "interrupted: {interrupted}");
        fs::remove_file(&pids)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_does_not_load_says_where_and_why() -> Result<()> {
    let draft = Draft::new("digium")?;
    draft.replace("plugin.toml", "requires = [\"mac\"]", "requires = [\"moc\"]")?;
    for command in ["test", "check"] {
        let said = draft.provd(command, &[]).await?;
        assert!(
            said.code == Some(1) && said.out.contains("plugin.toml:8: `requires`"),
            "{command}: {said:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_package_is_checked_as_it_is() -> Result<()> {
    let draft = Draft::new("digium")?;
    let (packages, report) = (draft.home.root().join("packages"), draft.home.root().join("report.json"));
    let said = draft.provd("package", &["--output", text(&packages)?]).await?;
    assert_eq!(said.code, Some(0), "{said:?}");
    let package = packages.join("digium-1.1.0.0_1.0.0.provd.tar.gz");
    let arguments = ["plugin", "check", text(&package)?, "--report", text(&report)?];
    let said = draft.home.provd(&arguments).await?;
    assert!(said.code == Some(0) && said.out.contains("It keeps the contract"), "{said:?}");
    let report: Value = serde_json::from_str(&fs::read_to_string(&report)?)?;
    assert_eq!((&report["plugins"][0]["id"], &report["failed"]), (&"digium-1.1.0.0".into(), &0.into()));

    let mut bytes = fs::read(&package)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&package, bytes)?;
    let said = draft.home.provd(&arguments).await?;
    assert!(said.code == Some(2) && said.err.contains("package"), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn what_would_not_be_installed_is_told() -> Result<()> {
    let draft = Draft::new("digium")?;
    std::os::unix::fs::symlink("/etc/hostname", draft.folder.join("link"))?;
    let said = draft.provd("check", &["--only", "manifest"]).await?;
    assert!(said.code == Some(1) && said.out.contains("is a link"), "{said:?}");
    let said = draft.provd("check", &["--only", "everything"]).await?;
    assert!(said.code == Some(2) && said.err.contains("the checks are: manifest, "), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn a_new_plugin_is_right_from_the_start() -> Result<()> {
    let home = Home::bundled()?;
    let into = text(home.root())?;
    let new = ["plugin", "new", "acme", "--into", into];
    assert_eq!(home.provd(&new).await?.code, Some(0));
    let folder = home.root().join("acme");
    for command in ["test", "check"] {
        let said = home.provd(&["plugin", command, text(&folder)?]).await?;
        assert_eq!(said.code, Some(0), "{command}: {said:?}");
    }
    let again = home.provd(&new).await?;
    assert!(again.code == Some(2) && again.err.contains("is there already"), "{again:?}");
    let said = home.provd(&["plugin", "new", "Acme Inc", "--into", into]).await?;
    assert!(said.code == Some(2) && said.err.contains("lower-case letters"), "{said:?}");
    Ok(())
}

/// What the invented phone is told, by a server that was told nothing of it.
async fn fetch(address: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = "GET /Acme/001122334455.cfg HTTP/1.1\r\nHost: provd\r\nConnection: close\r\n\
                   User-Agent: Acme T1 1.0.3 00:11:22:33:44:55\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn line_with(lines: &mut Lines<BufReader<ChildStdout>>, part: &str) -> Result<String> {
    let found = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains(part) {
                return Ok(line);
            }
        }
        anyhow::bail!("it ended without saying `{part}`")
    };
    within(&format!("a line with `{part}`"), found).await?
}

#[tokio::test]
async fn phones_get_what_the_author_has_just_written() -> Result<()> {
    let home = Home::bundled()?;
    assert_eq!(home.provd(&["plugin", "new", "acme", "--into", text(home.root())?]).await?.code, Some(0));
    let folder = home.root().join("acme");
    let mut command = Command::new(provd_binary()?);
    command.args([
        "plugin",
        "run",
        text(&folder)?,
        "--http",
        "127.0.0.1:0",
        "--tftp",
        "127.0.0.1:0",
        "--show",
    ]);
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let ready = line_with(&mut lines, "Phones ask ").await?;
    let address = ready.split(' ').nth(2).context("no address")?;

    let first = fetch(address).await?;
    let password = first.lines().find_map(|line| line.strip_prefix("account.1.password = "));
    let password = password.with_context(|| first.clone())?;
    let shown = line_with(&mut lines, "account.1.password").await?;
    assert!(shown.contains("****") && !shown.contains(password), "{shown}");
    line_with(&mut lines, "/Acme/001122334455.cfg: file, new device").await?;
    line_with(&mut lines, "model T1").await?;

    let template = folder.join("templates/config/base.j2");
    let written = fs::read_to_string(&template)?;
    fs::write(&template, "{{ broken")?;
    let refused = line_with(&mut lines, "failed: ").await?;
    assert!(refused.contains("base.j2"), "{refused}");
    fs::write(&template, written.replace("label", "title"))?;
    line_with(&mut lines, "account.1.title").await?;
    let changed = || async { Ok(fetch(address).await?.contains("account.1.title").then_some(())) };
    eventually("the file of the changed template", changed).await?;

    let process = Process::with_pid(child.id().context("no pid")?).context("it is gone")?;
    process.signal(Signal::TERM)?;
    let status = within("its end", child.wait()).await??;
    assert!(status.success(), "{status:?}");
    Ok(())
}
