//! `provd simulate`: phones that boot as their families declare, many of them, and judge what they get.
//!
//! It is how a server is sized, and how it is loaded. A wrong answer is a failure that is said. Nothing here knows a server
//! but by asking it; nothing is asked but what phones, DHCP servers and administrators ask.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod accounts;
mod api;
pub mod arguments;
mod boot;
mod families;
mod fleet;
mod http;
mod player;
mod progress;
mod rate;
mod report;
mod run;
mod share;
mod sources;
mod tally;
mod target;
mod tftp;
mod turns;
mod verdict;

pub use arguments::SimulateCommand;

use accounts::Accounts;
use api::Api;
use boot::{Ask, Family};
use fleet::Fleet;
use http::Http;
use player::{Lessor, Player};
use progress::Progress;
use rate::{Rate, Schedule};
use report::Report;
use run::run;
use sources::Sources;
use tally::Tally;
use target::Target;
use turns::Turns;

/// Exit code for arguments that cannot be used, as clap has it.
const USAGE: u8 = 2;

/// Why nothing could be simulated.
#[derive(Debug, Error)]
enum Problem {
    /// The command cannot mean anything.
    #[error("{0}")]
    Usage(String),
    /// The server does not do what a simulation needs.
    #[error("{0}")]
    Server(String),
}

/// Does what the command says: the report goes to stdout, why there is none to stderr. See `--help` for the exit codes.
pub async fn simulate(command: SimulateCommand) -> ExitCode {
    match execute(&command).await {
        Ok(is_right) if is_right => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("provd: {problem}");
            if matches!(problem, Problem::Usage(_)) { USAGE.into() } else { ExitCode::FAILURE }
        }
    }
}

/// Whether everything was right.
async fn execute(command: &SimulateCommand) -> Result<bool, Problem> {
    let stop = CancellationToken::new();
    // Ends when it is dropped.
    let _signals = stop_on_signals(&stop)?;
    let (player, api) = prepare(command).await?;
    let player = Arc::new(player);
    let schedule = schedule(command)?;
    let mut accounts = Accounts::default();
    let made = match &api {
        Some(api) if command.accounts => make(&mut accounts, &player.fleet, api, &stop).await,
        _ => Ok(()),
    };
    let is_right = match made {
        Ok(()) => {
            let ended = run(&player, schedule, &stop).await;
            show(command, &player, schedule, ended)
        }
        Err(problem) => Err(problem),
    };
    if let Some(api) = api.filter(|_| !accounts.is_empty() && !command.keep) {
        let removed = accounts.remove(&api).await;
        return is_right.and_then(|is_right| removed.map(|()| is_right));
    }
    is_right
}

/// When which phone boots.
fn schedule(command: &SimulateCommand) -> Result<Schedule, Problem> {
    let rate = match command.within {
        Some(time) => Rate::within(command.count, time).map_err(|why| {
            Problem::Usage(format!("--within: {} phones are too many: {why}", command.count))
        })?,
        None => command.boot,
    };
    Ok(match command.duration {
        Some(duration) => Schedule::lasting(rate, duration),
        None => Schedule::rounds(rate, command.count, command.rounds),
    })
}

/// Finds everything out before anything is asked.
async fn prepare(command: &SimulateCommand) -> Result<(Player, Option<Arc<Api>>), Problem> {
    let families = families::find(&command.family)?;
    let target = Target::new(command);
    let asks = |is_such: fn(&Ask) -> bool| {
        let kinds = families.iter().flat_map(|family: &Family| &family.kinds);
        kinds.flat_map(|kind| &kind.steps).any(|step| is_such(&step.ask))
    };
    let http = if asks(|ask| matches!(ask, Ask::Http { .. })) { Some(target.http().await?) } else { None };
    let tftp = if asks(|ask| matches!(ask, Ask::Tftp { .. })) { Some(target.tftp().await?) } else { None };
    let api = if command.dhcp || command.accounts {
        let (url, token) = target.api()?;
        Some(Arc::new(Api::new(url, token)?))
    } else {
        None
    };
    let servers: Vec<IpAddr> =
        http.iter().map(|http| http.address.ip()).chain(tftp.map(|tftp| tftp.ip())).collect();
    let sources = Sources::choose(command.from, &servers)?;
    let leases =
        api.clone().filter(|_| command.dhcp).map(|api| Lessor { api, shared: shared_address(&servers) });
    let turns = Turns::new(&families, command.tftp_share)
        .map_err(|why| Problem::Usage(format!("--tftp-share: {why}")))?;
    let fleet = Fleet::new(families, turns, command.count, command.seed, command.first_mac, sources);
    if fleet.phone(command.count - 1).is_none() {
        return Err(Problem::Usage("--first-mac: there are not that many addresses after it".to_owned()));
    }
    let tally = Mutex::new(Tally::new(fleet.families()));
    let player = Player {
        fleet,
        has_accounts: command.accounts,
        impatient: command.impatient,
        http: http.map(|place| Http::new(place, command.keep_alive)),
        tftp,
        leases,
        tally,
        owners: Mutex::new(HashMap::new()),
    };
    Ok((player, api))
}

/// The address of this machine that a server sees.
fn shared_address(servers: &[IpAddr]) -> IpAddr {
    let own = |server: &IpAddr| {
        let any = if server.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
        let socket = std::net::UdpSocket::bind((any, 0)).ok()?;
        // Connecting a UDP socket sends nothing.
        socket.connect((*server, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    servers.first().and_then(own).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

async fn make(
    accounts: &mut Accounts,
    fleet: &Fleet,
    api: &Api,
    stop: &CancellationToken,
) -> Result<(), Problem> {
    let progress = Progress::accounts(fleet.count());
    let (done, mut seen) = watch::channel(0);
    let mut making = std::pin::pin!(accounts.make(fleet, api, &done, stop));
    loop {
        tokio::select! {
            made = &mut making => return made,
            Ok(()) = seen.changed() => progress.position(*seen.borrow_and_update()),
        }
    }
}

fn show(
    command: &SimulateCommand,
    player: &Player,
    schedule: Schedule,
    ended: run::Ended,
) -> Result<bool, Problem> {
    let tally = player.tally();
    let report = Report {
        tally: &tally,
        ended,
        phones: command.count,
        seed: command.seed,
        planned: schedule.boots(),
        had_accounts: command.accounts,
    };
    let text = if command.json { format!("{:#}", report.document()) } else { report.text() };
    match writeln!(std::io::stdout(), "{text}") {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Problem::Server(format!("the report cannot be written: {error}")))
        }
        _ => Ok(report.is_right()),
    }
}

/// Interrupting ends the boots; doing so again ends everything at once.
fn stop_on_signals(stop: &CancellationToken) -> Result<JoinSet<()>, Problem> {
    let unheard = |error| Problem::Server(format!("signals cannot be waited for: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unheard)?;
    let (mut signals, stop) = (JoinSet::new(), stop.clone());
    signals.spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if stop.is_cancelled() {
                eprintln!("provd: left at once; accounts that were made may remain");
                std::process::exit(1);
            }
            stop.cancel();
        }
    });
    Ok(signals)
}
