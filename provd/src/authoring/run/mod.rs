//! `provd plugin run`: a server with one plugin only, in a temporary folder, for whoever writes that plugin. What phones ask
//! and get is printed as it happens, and a change of the plugin's files is installed at once.
//!
//! The server is the one that serves anybody; it is spoken to over its REST interface.

mod events;
mod rest;
mod story;
mod watch;

use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::events::Stream;
use self::rest::Rest;
use self::story::Story;
use self::watch::Watch;
use super::arguments::RunArguments;
use super::say;
use crate::packages::Manifest;
use crate::server::{self, Welcome};
use crate::settings::{ServeArguments, Settings};

/// How often the plugin's files are looked at.
const LOOK: Duration = Duration::from_millis(300);
/// How long the server may take to listen.
const BEGINNING: Duration = Duration::from_secs(30);
/// How often it is looked whether it does.
const SOON: Duration = Duration::from_millis(20);

/// Serves until it is interrupted.
pub(super) async fn execute(arguments: &RunArguments) -> io::Result<ExitCode> {
    if let Err(error) = Manifest::read(&arguments.folder) {
        eprintln!("provd: {error}");
        return Ok(ExitCode::from(2));
    }
    let folder = arguments.folder.canonicalize()?;
    let root = tempfile::Builder::new().prefix("provd-").tempdir()?;
    let settings = settings(arguments, &folder, &root)?;
    let data = settings.data_dir.clone();
    let shutdown = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(server::run(settings, Welcome::Omitted, shutdown.clone()));
    let served = tokio::select! {
        served = serve(arguments, &folder, &data) => served,
        ended = server.join_next() => {
            let why = match ended {
                Some(Ok(Err(error))) => format!("{error:#}"),
                _ => "the server ended".to_owned(),
            };
            Err(io::Error::other(why))
        }
    };
    shutdown.cancel();
    while server.join_next().await.is_some() {}
    served.map(|()| ExitCode::SUCCESS)
}

/// A server with this plugin and none else, which keeps nothing elsewhere.
fn settings(arguments: &RunArguments, folder: &Path, root: &TempDir) -> io::Result<Settings> {
    let families = root.path().join("families");
    std::fs::create_dir(&families)?;
    symlink(folder, families.join("plugin"))?;
    let wanted = ServeArguments {
        data_dir: Some(root.path().join("data")),
        http: arguments.http,
        tftp: arguments.tftp,
        api: Some(([127, 0, 0, 1], 0).into()),
        plugins: Some(families),
        ..ServeArguments::default()
    };
    Settings::resolve(wanted).map_err(io::Error::other)
}

async fn serve(arguments: &RunArguments, folder: &Path, data: &Path) -> io::Result<()> {
    let rest = timeout(BEGINNING, listening(data))
        .await
        .map_err(|_| io::Error::other("the server does not listen"))??;
    let mut stream = Stream::open(&rest).await?;
    say(&format!(
        "Phones ask {} (HTTP) and {} (TFTP). {} is watched; Ctrl-C ends this.\n\
         More of it, elsewhere: provd device list --data-dir {}\n",
        rest.http,
        rest.tftp,
        folder.display(),
        data.display()
    ))?;
    let mut watch = Watch::new(folder);
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut terminate = signal(SignalKind::terminate())?;
    let story = Story::new(&rest, arguments.show);
    loop {
        tokio::select! {
            event = stream.next(&rest) => story.tell(&event?).await,
            _ = looks.tick() => if watch.has_changed() { install(&rest, folder).await? },
            interrupted = tokio::signal::ctrl_c() => return interrupted,
            _ = terminate.recv() => return Ok(()),
        }
    }
}

async fn listening(data: &Path) -> io::Result<Rest> {
    loop {
        if let Some(rest) = Rest::of_server_in(data)? {
            return Ok(rest);
        }
        sleep(SOON).await;
    }
}

/// Has the server install what is in the folder now. What comes of it is told as an event.
async fn install(rest: &Rest, folder: &Path) -> io::Result<()> {
    let manifest = match Manifest::read(folder) {
        Ok(manifest) => manifest,
        Err(error) => return say(&format!("Changed, but not installed: {error}")),
    };
    for id in &manifest.ids {
        say(&format!("Changed: {id} is installed anew."))?;
        if let Err(why) = rest.install(id).await {
            say(&format!("{id} is not installed: {why}"))?;
        }
    }
    Ok(())
}
