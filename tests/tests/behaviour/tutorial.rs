//! The tutorial for plugin authors, carried out from its text alone: every file is written and every command run as it stands
//! there, in an empty folder. The info string of a fenced block says what to do with it; one that says nothing known is an error.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use provd_tests::{eventually, provd_binary, within};
use tempfile::TempDir;
use tokio::process::{Child, Command};

const TUTORIAL: &str = include_str!("../../../docs/plugins.md");

/// A fenced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block<'a> {
    /// What stands behind the language.
    purpose: &'a str,
    language: &'a str,
    text: &'a str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```") {
        let info = after.lines().next().unwrap_or_default();
        let body = &after[info.len()..];
        let end = body.find("\n```").unwrap_or(body.len() - 1);
        let text = &body[1..=end];
        let (language, purpose) = info.split_once(' ').unwrap_or((info, ""));
        found.push(Block { purpose, language, text });
        rest = &body[(end + "\n```".len()).min(body.len())..];
    }
    found
}

/// Somebody who does what the page says.
struct Reader {
    desk: TempDir,
    address: Ipv4Addr,
    /// What the last command said.
    said: String,
    background: Option<Child>,
}

impl Reader {
    fn new() -> Result<Reader> {
        let desk = tempfile::Builder::new().prefix("provd-").tempdir()?;
        fs::create_dir(desk.path().join("bin"))?;
        fs::create_dir(desk.path().join("work"))?;
        std::os::unix::fs::symlink(provd_binary()?, desk.path().join("bin/provd"))?;
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, high | 128, low, 250);
        Ok(Reader { desk, address, said: String::new(), background: None })
    }

    async fn follow(&mut self, block: Block<'_>) -> Result<()> {
        match (block.language, block.purpose) {
            ("sh", "") => self.run(block.text).await,
            ("sh", "background") => self.start(block.text).await,
            ("sh", "phone") => self.ask(block.text).await,
            ("text", "output") => missing(block.text, &self.said),
            ("text", "shown") => self.is_shown(block.text).await,
            (_, purpose) => match purpose.split_once('=') {
                Some(("file", name)) => {
                    self.write(name, block.text, File::options().create(true).truncate(true))
                }
                Some(("append", name)) => self.write(name, block.text, File::options().append(true)),
                _ => bail!("nobody knows what to do with it"),
            },
        }
    }

    fn work(&self) -> PathBuf {
        self.desk.path().join("work")
    }

    fn log(&self) -> PathBuf {
        self.desk.path().join("log")
    }

    fn write(&self, name: &str, text: &str, how: &mut OpenOptions) -> Result<()> {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        Ok(how.write(true).open(&path)?.write_all(text.as_bytes())?)
    }

    /// The page has one server on the usual ports; here there are many at once, so each has an address.
    fn here(&self, text: &str) -> String {
        text.replace("127.0.0.1", &self.address.to_string())
    }

    /// A shell in the folder, whose `provd` is the one under test.
    fn shell(&self, text: &str) -> Result<Command> {
        let path = std::env::var("PATH")?;
        let address = self.address;
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &self.here(text)]);
        shell.current_dir(self.work()).stdin(Stdio::null()).kill_on_drop(true);
        shell.env("PATH", format!("{}:{path}", self.desk.path().join("bin").display()));
        for (name, port) in [("PROVD_HTTP", 8667), ("PROVD_TFTP", 6969), ("PROVD_API", 8666)] {
            shell.env(name, format!("{address}:{port}"));
        }
        Ok(shell)
    }

    async fn run(&mut self, text: &str) -> Result<()> {
        let output = within(text, self.shell(text)?.output()).await??;
        self.said = String::from_utf8(output.stdout)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}{errors}\n{}", self.said, self.story());
        Ok(())
    }

    /// A server, in place of the one before. When it is ready is the page's to say.
    async fn start(&mut self, text: &str) -> Result<()> {
        self.stop().await?;
        let log = File::create(self.log())?;
        let mut shell = self.shell(&format!("exec {text}"))?;
        self.background = Some(shell.stdout(log.try_clone()?).stderr(log).spawn()?);
        Ok(())
    }

    /// A phone asks until it gets an answer, as phones do.
    async fn ask(&mut self, text: &str) -> Result<()> {
        let asked = async || {
            let output = self.shell(text)?.output().await?;
            Ok(output.status.success().then_some(output.stdout))
        };
        let answer = eventually(text, asked).await.with_context(|| self.story())?;
        self.said = String::from_utf8(answer)?;
        Ok(())
    }

    async fn is_shown(&self, text: &str) -> Result<()> {
        let text = &self.here(text);
        let shown = async || Ok(missing(text, &self.story()).ok());
        eventually(text, shown).await.with_context(|| self.story())
    }

    fn story(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    async fn stop(&mut self) -> Result<()> {
        let Some(mut server) = self.background.take() else { return Ok(()) };
        let pid = server.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
        rustix::process::kill_process(pid.context("the server has ended")?, rustix::process::Signal::TERM)?;
        let status = within("the end of the server", server.wait()).await??;
        ensure!(status.success(), "{status}\n{}", self.story());
        Ok(())
    }
}

/// Fails unless all lines of the page are in what was said, in this order. `…` stands for anything.
fn missing(expected: &str, said: &str) -> Result<()> {
    let mut rest = said;
    for line in expected.lines().filter(|line| *line != "…") {
        let (_, after) = rest.split_once(line).with_context(|| format!("`{line}` is not in\n{said}"))?;
        rest = after;
    }
    Ok(())
}

#[tokio::test]
async fn the_tutorial_leads_to_a_plugin_that_passes_everything() -> Result<()> {
    let mut reader = Reader::new()?;
    let blocks = blocks(TUTORIAL);
    ensure!(blocks.len() > 30, "{} blocks", blocks.len());
    for block in blocks {
        reader
            .follow(block)
            .await
            .with_context(|| format!("``` {} {}\n{}", block.language, block.purpose, block.text))?;
    }
    for step in ["test", "check", "package", "install"] {
        ensure!(TUTORIAL.contains(&format!("\nprovd plugin {step} ")), "the tutorial has no `{step}`");
    }
    reader.stop().await
}

#[test]
fn blocks_are_found_one_right_behind_another() {
    let page = "a\n```sh\nls\n```\n```text output\nb\n```\n\n```toml file=x\n```\n";
    let found: Vec<_> =
        blocks(page).iter().map(|block| (block.language, block.purpose, block.text)).collect();
    assert_eq!(found, [("sh", "", "ls\n"), ("text", "output", "b\n"), ("toml", "file=x", "")]);
}

#[test]
fn what_was_said_is_compared_in_order() {
    assert!(missing("a\n…\nc\n", "a\nb\nc\n").is_ok());
    assert!(missing("c\na\n", "a\nb\nc\n").is_err());
}
