//! The filter on threads of the test, which end with it. What it keeps from a plugin is in the tests of the whole program.

use std::io;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::*;

/// What comes of something done within the walls.
fn within<T: Send + 'static>(walls: Walls, deed: impl FnOnce() -> T + Send + 'static) -> T {
    let enclosed = move || {
        enclose(&walls).unwrap();
        deed()
    };
    std::thread::spawn(enclosed).join().unwrap()
}

fn is_refused<T>(outcome: &io::Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::EPERM))
}

#[test]
fn stream_sockets_may_be_listened_on_and_no_others_made() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("s"), folder.path().join("o"));
    let _listener = UnixListener::bind(&other).unwrap();
    within(Walls::default(), move || {
        UnixListener::bind(&path).unwrap();
        UnixStream::pair().unwrap();
        assert!(is_refused(&UnixStream::connect(&other)));
        assert!(is_refused(&UnixDatagram::unbound()) && is_refused(&UnixDatagram::pair()));
        assert!(is_refused(&std::net::TcpListener::bind("127.0.0.1:0")));
        assert!(is_refused(&std::net::UdpSocket::bind("127.0.0.1:0")));
    });
}

#[test]
fn the_network_may_be_granted() {
    let walls = Walls { network: true, ..Walls::default() };
    within(walls, || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(is_refused(&socket2::Socket::new(socket2::Domain::PACKET, socket2::Type::RAW, None)));
    });
}

#[test]
fn threads_may_be_started_and_processes_not() {
    let start = || {
        std::thread::spawn(|| ()).join().unwrap();
        std::process::Command::new("true").status()
    };
    assert!(is_refused(&within(Walls::default(), start)));
    assert!(within(Walls { processes: true, ..Walls::default() }, start).unwrap().success());
}

#[test]
fn where_landlock_does_not_keep_signals_within_the_filter_does() {
    let own = Pid::from_raw(i32::try_from(std::process::id()).unwrap()).unwrap();
    let signals = move || (test_kill_process(own), test_kill_process(Pid::INIT));
    let (itself, init) = within(Walls { landlock: Some(5), ..Walls::default() }, signals);
    assert_eq!((itself, init), (Ok(()), Err(Errno::PERM)));
}

#[test]
fn modes_of_files_are_nobody_s_to_change_and_what_is_not_known_does_not_exist() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    within(Walls::default(), move || {
        use std::os::unix::fs::PermissionsExt as _;
        assert!(is_refused(&std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777))));
    });
    let known = [refused::ALWAYS, &refused::ABSENT].concat();
    assert!(known.iter().all(|call| u32::try_from(*call).is_ok_and(|call| call <= LAST_KNOWN)));
}
