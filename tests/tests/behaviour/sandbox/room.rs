//! A home with a rogue in it, and around it all that the rogue would like to reach.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixDatagram, UnixListener};
use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context as _, Result};
use provd_tests::process::Process;
use provd_tests::{Home, Server, provd_binary};
use rustix::process::getuid;
use serde_json::Value;

pub(super) const ROGUE: &str = env!("CARGO_BIN_EXE_rogue-plugin");

/// `nobody`, nearly everywhere.
const ORDINARY: u32 = 65534;

/// Deeds and what became of each.
type Outcomes = Vec<(String, String)>;

/// Who runs the server: whoever runs the test, and an ordinary user if that is root.
pub(super) fn users() -> Vec<Option<u32>> {
    if getuid().is_root() { vec![None, Some(ORDINARY)] } else { vec![None] }
}

/// A home for one rogue, with a decent family beside it.
pub(super) struct Room {
    home: Home,
    user: Option<u32>,
    pub(super) tcp: SocketAddr,
    pub(super) udp: SocketAddr,
    pub(super) abstract_name: String,
    /// A process of the server's user, and with no more capabilities than a plugin.
    pub(super) victim: Process,
    child: Child,
    _listeners: (TcpListener, UdpSocket, UnixListener, UnixDatagram, UnixListener),
}

impl Room {
    pub(super) fn new(user: Option<u32>, arguments: &[&str]) -> Result<Room> {
        let home = Home::with_families(&["digium"])?;
        let home = arguments.iter().fold(home, |home, argument| home.argument(*argument));
        let user_id = user.map(|user| [format!("--reuid={user}"), format!("--regid={user}")]);
        let launcher: Vec<&str> = user_id.iter().flatten().map(String::as_str).collect();
        let launcher = if launcher.is_empty() {
            launcher
        } else {
            [&["setpriv", "--clear-groups"], &launcher[..]].concat()
        };
        let home = home.launched_by(&launcher);
        home.serve_file("rogue", "file", b"of the administrator")?;
        home.serve_file("digium-1.1.0.0", "file", b"of the administrator")?;
        let child = victim(&launcher)?;
        let victim = Process::with_pid(child.id()).context("the victim is gone")?;
        let (tcp, udp) = (TcpListener::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
        let stream = UnixListener::bind(home.root().join("stream"))?;
        let datagram = UnixDatagram::bind(home.root().join("datagram"))?;
        let abstract_name = home.root().display().to_string();
        let hidden = UnixListener::bind_addr(&UnixAddress::from_abstract_name(&abstract_name)?)?;
        Ok(Room {
            home,
            user,
            tcp: tcp.local_addr()?,
            udp: udp.local_addr()?,
            abstract_name,
            victim,
            child,
            _listeners: (tcp, udp, stream, datagram, hidden),
        })
    }

    pub(super) fn is_root(&self) -> bool {
        self.user.is_none() && getuid().is_root()
    }

    /// Something in the data directory.
    pub(super) fn data(&self, path: &str) -> String {
        self.home.data_dir().join(path).display().to_string()
    }

    /// Something that is the server's user's, and not provd's.
    pub(super) fn outside(&self, path: &str) -> String {
        self.home.root().join(path).display().to_string()
    }

    /// Has a rogue try these, and says how it was walled in.
    pub(super) async fn outcomes(&self, deeds: &[String]) -> Result<(Server, Value, Outcomes)> {
        self.outcomes_needing(deeds, "").await
    }

    /// The same with one that needs something.
    pub(super) async fn outcomes_needing(
        &self,
        deeds: &[String],
        asked_for: &str,
    ) -> Result<(Server, Value, Outcomes)> {
        let command: Vec<&str> =
            [ROGUE, "tries"].into_iter().chain(deeds.iter().map(String::as_str)).collect();
        needs(&self.home.add_program("rogue", &command)?, asked_for)?;
        if let Some(user) = self.user {
            self.home.hand_over(user)?;
        }
        let server = self.home.start().await?;
        server.ready("rogue").await?;
        let sandbox = server.plugin("rogue").await?["sandbox"].clone();
        let report = fs::read_to_string(self.home.data_dir().join("scratch/rogue/outcomes"))?;
        let split = |line: &str| line.split_once(' ').map(|(deed, how)| (deed.to_owned(), how.to_owned()));
        Ok((server, sandbox, report.lines().filter_map(split).collect()))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sleeps without capabilities, like a plugin without walls.
fn victim(launcher: &[&str]) -> Result<Child> {
    let program = provd_binary()?.to_string_lossy().into_owned();
    let parent = std::process::id().to_string();
    let become_it = [program.as_str(), "plugin-launcher", &parent, "--", "sleep", "1000"];
    let command = [launcher, &become_it].concat();
    let (program, arguments) = command.split_first().context("no command")?;
    Command::new(program).args(arguments).spawn().context("a process to be harmed")
}

/// Adds to the `plugin.toml` in a folder what the plugin needs.
pub(super) fn needs(folder: &Path, needs: &str) -> Result<()> {
    let mut manifest = fs::OpenOptions::new().append(true).open(folder.join("plugin.toml"))?;
    Ok(write!(manifest, "[needs]\n{needs}\n")?)
}

/// All deeds fail within the walls and succeed without; meanwhile others are served.
pub(super) async fn is_walled_off(wall: &str, deeds: impl Fn(&Room) -> Vec<String>) -> Result<()> {
    for user in users() {
        let room = Room::new(user, &[])?;
        let (server, sandbox, outcomes) = room.outcomes(&deeds(&room)).await?;
        let is_missing = sandbox["missing"].as_array().is_some_and(|walls| walls.iter().any(|it| it == wall));
        if is_missing {
            assert_ne!(sandbox["level"], "full", "{sandbox:#}");
            println!("NOT TESTED: this kernel has no wall for {wall}, as the plugin's state says: {sandbox}");
        } else {
            let refused = |how: &str| ["not permitted", "denied"].iter().any(|words| how.contains(words));
            assert!(outcomes.iter().all(|(_, how)| refused(how)), "{user:?} {outcomes:#?}");
        }
        others_are_served(&server).await?;
        assert!(room.victim.is_alive() || is_missing);
        drop(server);

        let room = Room::new(user, &["--sandbox=off"])?;
        let (_server, sandbox, outcomes) = room.outcomes(&deeds(&room)).await?;
        assert_eq!(sandbox["level"], "off");
        assert!(outcomes.iter().all(|(_, how)| how == "done"), "{user:?} {outcomes:#?}");
    }
    Ok(())
}

/// A phone of the decent family is served, a new one as well.
pub(super) async fn others_are_served(server: &Server) -> Result<()> {
    for mac in ["000fd3054848", "000fd3054849"] {
        let response = server.http_phone(3).get(&format!("/Digium/{mac}.cfg")).await?;
        assert_eq!(response.status, 200, "{mac}");
    }
    Ok(())
}
