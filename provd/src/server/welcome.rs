//! What somebody who started the server for the first time wants to know: where it listens, and how to play a phone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::data_dir::DataDir;
use super::listening::Addresses;

/// Prints it to stdout; the log goes to stderr.
pub(super) fn print(addresses: &Addresses, advertised: &str, data_dir: &DataDir) {
    let (http, tftp) = (local(addresses.http), local(addresses.tftp));
    let token = data_dir.token_file();
    let text = format!(
        r"provd is ready.

  phones, HTTP   {}   (they are told {advertised})
  phones, TFTP   {}
  REST API       http://{}/0.2   (token in {})

Play a new phone, an Aastra 6731i, and look at what it became:

  curl -A 'Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP' http://{http}/Aastra/aastra.cfg
  curl -A 'Aastra6731i MAC:00-11-22-33-44-55 V:3.2.2.1136-SIP' http://{http}/Aastra/001122334455.cfg
  {} device list --data-dir {}

Play a Linksys SPA3102, which only speaks TFTP:

  curl tftp://{tftp}/spa3102.cfg
",
        addresses.http,
        addresses.tftp,
        addresses.api,
        token.display(),
        program(),
        data_dir.path().display(),
    );
    print!("{text}");
}

/// How this program was called, so that it can be called again.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "provd".to_owned())
}

/// An address to use on this machine.
fn local(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
