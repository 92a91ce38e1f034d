//! After a power cut: thousands of phones boot within minutes, half of them over TFTP, some of them impatient, while the config
//! that all inherit from changes and a plugin crashes. Then more of them at once than the server can bear.
//!
//! `tests/storm/run --help`. Run by anything but `cargo bench`, it is small, and only makes sure that nothing is wrong.

mod arguments;
mod commotion;
mod probe;
mod promises;
mod wave;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use provd_tests::{Handset, Home, Server, usage};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use arguments::Arguments;
use commotion::{Commotion, FAMILY, PLUGIN, requests, stir, unconfigured, until_phones_boot};
use probe::{Noticed, Probe, recovery};
use promises::Promises;
use wave::{Outcome, Wave};

/// The phone that is asked about.
const HANDSET: u32 = 0xFE_DC_BA;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_command_line();
    if let Some(folder) = &arguments.folder {
        std::env::set_current_dir(folder).with_context(|| folder.display().to_string())?;
    }
    let home = Home::bundled()?.quiet().at_own_address();
    let storm = Storm { server: ready(&home).await?, home: &home, arguments: &arguments };
    let mut promises = Promises::new(!arguments.bench);
    let waves = storm.play(&mut promises).await?;
    promises.print();
    if let Some(path) = &arguments.json {
        let document = json!({ "promises": promises.document(), "waves": waves });
        fs::write(path, format!("{document:#}\n")).with_context(|| path.display().to_string())?;
    }
    Ok(if promises.are_kept() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A server whose plugins are all ready, and to which the phone that is asked about is known.
async fn ready(home: &Home) -> Result<Server> {
    let server = home.start().await?;
    let plugins = server.api().get("/0.2/pg_mgr/plugins").await?.ok()?;
    for id in plugins["plugins"].as_object().context("no plugins")?.keys() {
        server.ready(id).await?;
    }
    Handset::new(HANDSET).fetch(&server).await?;
    Ok(server)
}

struct Storm<'a> {
    server: Server,
    home: &'a Home,
    arguments: &'a Arguments,
}

impl Storm<'_> {
    /// All of it, one after the other.
    async fn play(&self, promises: &mut Promises) -> Result<Vec<Value>> {
        usage::forget_peak(self.server.process())?;
        let (storm, commotion) = self.storm().await?;
        promises.none("storm: devices without their configuration", unconfigured(&self.server).await?);
        self.judge_storm(promises, &storm, &commotion)?;
        let (burst, noticed) = self.burst().await?;
        let eased = recovery(&self.server, Handset::new(HANDSET)).await?;
        self.judge_burst(promises, &burst, &noticed, eased)?;
        let after = self.after().await?;
        promises.all("afterwards: boots with every file right", after.right().0, after.right().1);
        promises.at_most("afterwards: p99 until a file is there", 2.0, after.seconds("p99"), "s");
        Ok(vec![storm.0, burst.0, after.0])
    }

    /// Phones that boot while a lot goes on.
    async fn storm(&self) -> Result<(Outcome, Commotion)> {
        let phones = self.arguments.phones;
        println!(
            "{phones} phones boot within {:?}; `base` changes; {PLUGIN} crashes …",
            self.arguments.within()
        );
        let wave = self.wave(101, phones, self.arguments.within());
        let before = requests(&self.server).await?;
        let over = CancellationToken::new();
        let playing = async {
            let outcome = wave.play(self.home).await;
            over.cancel();
            outcome
        };
        let stirring = async {
            until_phones_boot(&self.server, before).await?;
            stir(&self.server, Handset::new(HANDSET), &over).await
        };
        let (outcome, commotion) = tokio::try_join!(playing, stirring)?;
        println!("{}", outcome.in_words());
        println!(
            "{} changes of `base` meanwhile, the slowest in {:.1?}; they left out {} devices of the plugin that crashed",
            commotion.changes, commotion.slowest, commotion.left_out
        );
        Ok((outcome, commotion))
    }

    fn judge_storm(&self, promises: &mut Promises, storm: &Outcome, commotion: &Commotion) -> Result<()> {
        let (right, planned) = storm.right();
        promises.none("storm: files of another phone", storm.foreign());
        promises.none("storm: files from before a change that was done", commotion.stale);
        promises.all("storm: boots with every file right", right, planned);
        promises.none(
            "storm: told to come back, but for phones of the plugin that crashed",
            storm.later(Some(FAMILY)),
        );
        promises.at_most("storm: p99 until a file is there", 2.0, storm.seconds("p99"), "s");
        promises.at_most("storm: longest until a file is there", 20.0, storm.seconds("max"), "s");
        promises.at_most(
            "storm: the plugin that crashed is back",
            15.0,
            commotion.replaced.as_secs_f64(),
            "s",
        );
        self.judge_memory(promises, "storm")
    }

    /// More at once than it can bear, and what one phone notices of it.
    async fn burst(&self) -> Result<(Outcome, Noticed)> {
        let phones = self.arguments.burst();
        println!("{phones} phones boot at once …");
        let wave = self.wave(102, phones, Duration::from_secs(1));
        let before = requests(&self.server).await?;
        let watching = async {
            until_phones_boot(&self.server, before).await?;
            anyhow::Ok(Probe::start(&self.server, Handset::new(HANDSET)))
        };
        let (outcome, probe) = tokio::try_join!(wave.play(self.home), watching)?;
        println!("{}", outcome.in_words());
        let noticed = probe.end();
        println!(
            "another phone meanwhile: asked {} times, told to come back {} times, slowest answer {:.1?}",
            noticed.asked, noticed.later, noticed.slowest
        );
        Ok((outcome, noticed))
    }

    fn judge_burst(
        &self,
        promises: &mut Promises,
        burst: &Outcome,
        noticed: &Noticed,
        eased: Duration,
    ) -> Result<()> {
        let (right, planned) = burst.right();
        promises.none("burst: files of another phone", burst.foreign());
        promises.all("burst: boots with every file right in the end", right, planned);
        promises
            .none("burst: another phone gets neither its file nor word when to come back", noticed.failed);
        promises.at_most(
            "burst: longest until another phone is answered",
            5.0,
            noticed.slowest.as_secs_f64(),
            "s",
        );
        promises.at_most("burst: at ease again after the last answer", 2.0, eased.as_secs_f64(), "s");
        self.judge_memory(promises, "burst")
    }

    /// A tenth of the phones, in a tenth of the time.
    async fn after(&self) -> Result<Outcome> {
        let (phones, within) = ((self.arguments.phones / 10).max(10), self.arguments.within() / 10);
        println!("{phones} phones boot within {:?} …", within.max(Duration::from_secs(1)));
        let outcome = self.wave(103, phones, within.max(Duration::from_secs(1))).play(self.home).await?;
        println!("{}\n", outcome.in_words());
        Ok(outcome)
    }

    fn judge_memory(&self, promises: &mut Promises, when: &str) -> Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "it is shown in MB")]
        let (most, peak) = (self.arguments.memory as f64, usage::peak(self.server.process())? as f64 / 1e6);
        promises.at_most(format!("{when}: most memory of the server"), most, peak, "MB");
        Ok(())
    }

    fn wave(&self, number: u8, phones: u64, within: Duration) -> Wave {
        let Arguments { tftp_share, impatient, .. } = *self.arguments;
        Wave { number, phones, within, tftp_share, impatient }
    }
}
