//! Whether what listens answers as phones ask it, and whether what should listen could.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use super::finding::Finding;

const HTTP: &str = "phones, HTTP";
const TFTP: &str = "phones, TFTP";
const ADVERTISED: &str = "advertised URL";

/// Longest time until something answers.
const DEADLINE: Duration = Duration::from_secs(3);
/// TFTP's own port (RFC 1350).
const TFTP_PORT: u16 = 69;
/// A file that nobody has, to ask for.
pub(super) const NO_FILE: &str = "provd-doctor";
/// The request for it (RFC 1350 §5).
const READ_REQUEST: &[u8] = b"\0\x01provd-doctor\0octet\0";

/// Asks over HTTP as a phone does; any answer of HTTP is one.
pub(super) async fn http(http: &reqwest::Client, address: SocketAddr) -> Finding {
    match http.get(format!("http://{address}/{NO_FILE}")).timeout(DEADLINE).send().await {
        Ok(_) => Finding::sound(HTTP, format!("answers at {address}")),
        Err(_) => Finding::wrong(
            HTTP,
            format!("no answer at {address}"),
            "look at the server's log, and at the firewall of this machine",
        ),
    }
}

/// Asks over TFTP as a phone does; an error of TFTP is an answer. Blocks for three seconds at most.
pub(super) fn tftp(address: SocketAddr) -> Finding {
    if let Err(why) = ask_tftp(address) {
        let advice = "look at the server's log, and at the firewall: answers come from a port of their own";
        return Finding::wrong(TFTP, format!("no answer at {address}: {why}"), advice);
    }
    if address.port() == TFTP_PORT {
        return Finding::sound(TFTP, format!("answers at {address}"));
    }
    Finding::doubtful(
        TFTP,
        format!("answers at {address}, but phones ask port {TFTP_PORT}"),
        "allow the port: `sudo setcap cap_net_bind_service=+ep PROGRAM`, or AmbientCapabilities=CAP_NET_BIND_SERVICE \
         in the service; then start provd without --tftp",
    )
}

fn ask_tftp(address: SocketAddr) -> std::io::Result<()> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { [0; 16].into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.set_read_timeout(Some(DEADLINE))?;
    socket.send_to(READ_REQUEST, address)?;
    socket.recv_from(&mut [0; 1024]).map(drop)
}

/// Looks at what phones are told, and goes there.
pub(super) async fn advertised(http: &reqwest::Client, url: &str) -> Finding {
    let host =
        url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let is_loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_loopback {
        return Finding::wrong(
            ADVERTISED,
            format!("phones are told {url}, which to each phone is the phone itself"),
            "start provd with --advertised-url http://ADDRESS:8667, as phones reach this machine",
        );
    }
    if url.starts_with("https:") {
        return Finding::skipped(
            ADVERTISED,
            format!("phones are told {url}"),
            "open it in a browser: a 404 of provd is right",
        );
    }
    match http.get(format!("{url}/{NO_FILE}")).timeout(DEADLINE).send().await {
        Ok(_) => Finding::sound(ADVERTISED, format!("phones are told {url}, which answers")),
        Err(_) => Finding::wrong(
            ADVERTISED,
            format!("phones are told {url}, where nothing answers"),
            "start provd with --advertised-url and what phones reach, or open the firewall",
        ),
    }
}

/// Looks whether a server that does not run could listen where it usually does.
pub(super) fn ports() -> Vec<Finding> {
    let any = |port| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
    let api = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8666);
    vec![
        free("port 8667, HTTP", "--http", TcpListener::bind(any(8667)).map(drop)),
        free("port 8666, API", "--api", TcpListener::bind(api).map(drop)),
        free("port 69, TFTP", "--tftp", UdpSocket::bind(any(TFTP_PORT)).map(drop)),
    ]
}

fn free(about: &'static str, flag: &str, bound: std::io::Result<()>) -> Finding {
    let Err(error) = bound else { return Finding::sound(about, "free") };
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Finding::doubtful(
            about,
            "not permitted to this user",
            "`sudo setcap cap_net_bind_service=+ep PROGRAM`, or run provd as a service with that capability",
        ),
        std::io::ErrorKind::AddrInUse => Finding::wrong(
            about,
            "another program has it",
            format!("`ss -lntup` shows which: stop it, or choose another port with {flag}"),
        ),
        _ => Finding::wrong(about, error.to_string(), format!("choose another address with {flag}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_told_from_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = taken.local_addr().unwrap();
        let finding = free("a port", "--api", TcpListener::bind(address).map(drop));
        assert_eq!(finding.verdict, Verdict::Wrong);
        assert!(finding.advice.unwrap().contains("--api"));
        drop(taken);
        assert_eq!(free("a port", "--api", Ok(())).verdict, Verdict::Sound);
    }

    #[test]
    fn silence_of_tftp_is_wrong() {
        let nobody = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert_eq!(tftp(nobody.local_addr().unwrap()).verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn phones_must_not_be_sent_to_themselves() {
        let http = crate::tls::client().unwrap().build().unwrap();
        for url in ["http://127.0.0.1:8667", "http://localhost:8667/key", "http://[::1]:8667"] {
            assert_eq!(advertised(&http, url).await.verdict, Verdict::Wrong, "{url}");
        }
    }
}
