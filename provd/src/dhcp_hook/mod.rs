//! What a DHCP server executes when it gives a lease: `provd dhcp-hook`.
//!
//! The server waits for it, so it only leaves the event in a folder and returns; a process of its own sends it. Whatever goes
//! wrong, the server is told that all is well: leases do not depend on provd. Nothing here knows the inside of provd.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{Args, Subcommand};

mod delivery;
mod detached;
mod dnsmasq;
mod event;
mod isc;
mod kea;
mod log;
mod queue;
mod route;
mod sender;
mod status;

use event::{Event, NoEvent};
use queue::Queue;
use route::Route;

/// Exit code for arguments that cannot be used, as clap has it.
const USAGE: u8 = 2;

const EXAMPLES: &str = r#"Examples:

  ISC dhcpd, in dhcpd.conf (all of it: deploy/dhcp/isc-dhcpd.conf):
    on commit {
      execute("/usr/bin/provd", "dhcp-hook", "isc", "--token-file", "/etc/provd/dhcp-hook.token",
              "commit", binary-to-ascii(10, 8, ".", leased-address),
              binary-to-ascii(16, 8, ":", substring(hardware, 1, 6)),
              concat("060", binary-to-ascii(16, 8, ".", option vendor-class-identifier)));
    }

  Kea, in a script that libdhcp_run_script.so names (deploy/dhcp/provd-kea-hook):
    exec /usr/bin/provd dhcp-hook kea --token-file /etc/provd/dhcp-hook.token -- "$@"

  dnsmasq, in a script that dhcp-script names (deploy/dhcp/provd-dnsmasq-hook):
    exec /usr/bin/provd dhcp-hook dnsmasq --token-file /etc/provd/dhcp-hook.token -- "$@"

  Does it work? Pretend a lease, then look:
    provd dhcp-hook isc --token-file /etc/provd/dhcp-hook.token commit 192.0.2.7 00:1b:54:aa:bb:cc
    provd dhcp-hook status"#;

/// What is executed for a DHCP server, and what an administrator does about it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DhcpHook {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take a lease from ISC dhcpd: `commit|release|expiry IP MAC [OPTION…]`
    Isc(Call),
    /// Take a lease from Kea: the name of the hook point, and environment variables
    Kea(Call),
    /// Take a lease from dnsmasq: `add|old|del MAC IP [NAME]`, and environment variables
    Dnsmasq(Call),
    /// Send the events that wait; hooks start this by themselves
    Send {
        #[command(flatten)]
        route: Route,
        /// Leave the session of whoever started this
        #[arg(long, hide = true)]
        detached: bool,
        /// Send what standard input holds instead, one event a line
        #[arg(long, hide = true)]
        handed_over: bool,
    },
    /// Say how many events wait, and what went wrong last
    Status {
        #[command(flatten)]
        route: Route,
    },
}

/// A DHCP server's call.
#[derive(Debug, Args)]
struct Call {
    #[command(flatten)]
    route: Route,
    /// What the DHCP server says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORD")]
    words: Vec<OsString>,
}

/// Does it. A hook reports success whatever happens, unless somebody at a terminal mistook what to say.
pub fn run(hook: DhcpHook) -> ExitCode {
    match hook.action {
        Action::Isc(call) => take(&call, isc::read(&call.words())),
        Action::Kea(call) => take(&call, kea::read(&call.words(), |name| std::env::var_os(name))),
        Action::Dnsmasq(call) => take(&call, dnsmasq::read(&call.words(), |name| std::env::var_os(name))),
        Action::Send { route, detached, handed_over } => {
            if detached {
                // This fails for the leader of a process group, who has nothing to leave.
                let _ = rustix::process::setsid();
            }
            sender::run(&route, handed_over)
        }
        Action::Status { route } => show_status(&route.queue()),
    }
}

impl Call {
    fn words(&self) -> Vec<String> {
        self.words.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }
}

fn take(call: &Call, events: Result<Vec<Event>, NoEvent>) -> ExitCode {
    match events {
        Ok(events) => {
            report(&call.route, &events);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("{error}; see provd dhcp-hook --help"));
            if io::stdin().is_terminal() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
        }
    }
}

/// Queues the events and sees to it that somebody sends them.
fn report(route: &Route, events: &[Event]) {
    let queue = route.queue();
    let mut not_queued = Vec::new();
    for body in events.iter().map(Event::body) {
        if let Err(error) = queue.add(&body) {
            complain(&format!("{}: {error}; the event is sent at once", queue.folder().display()));
            not_queued.push(body);
        }
    }
    let mut started = Ok(());
    if not_queued.len() < events.len() && !queue.is_being_sent() {
        started = detached::start(route);
    }
    if !not_queued.is_empty() {
        started = started.and(detached::start_with(route, &not_queued));
    }
    if let Err(error) = started {
        complain(&format!("no sender could be started: {error}; events wait until the next lease"));
    }
}

fn show_status(queue: &Queue) -> ExitCode {
    match status::describe(queue).and_then(|text| io::stdout().write_all(text.as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{}: {error}", queue.folder().display()));
            ExitCode::FAILURE
        }
    }
}

/// What a DHCP server hands over may hold anything, and this may be read at a terminal.
fn complain(text: &str) {
    let text = text.replace(char::is_control, " ");
    // A server that closed the stream does not want to know.
    let _ = writeln!(io::stderr(), "provd dhcp-hook: {text}");
}
