//! A real server on a real socket, asked by a small client that can lose, repeat and refuse.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{TftpSettings, serve};
use crate::domain::request::RequestKind;
use crate::listeners::fake_handler::{FakeHandler, bytes_of};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    handler: Arc<FakeHandler>,
    shutdown: CancellationToken,
    running: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(handler: FakeHandler) -> Server {
        Server::start_with(handler, TftpSettings::default()).await
    }

    async fn start_with(handler: FakeHandler, settings: TftpSettings) -> Server {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let handler = Arc::new(handler);
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(serve(socket, handler.clone(), settings, shutdown.clone()));
        Server { address, handler, shutdown, running }
    }
}

/// Retransmits soon, so that tests of losses are quick. On a busy machine more packets may repeat than a test expects.
fn hasty() -> TftpSettings {
    let wait = Duration::from_millis(50);
    TftpSettings { first_wait: wait, longest_wait: wait, ..TftpSettings::default() }
}

struct Client {
    socket: UdpSocket,
    /// The transfer's address, known from its first packet.
    peer: Option<SocketAddr>,
}

#[derive(Debug, PartialEq)]
enum Reply {
    Data(u16, Vec<u8>),
    Options(Vec<(String, String)>),
    Error(u16, String),
}

impl Client {
    async fn ask(server: SocketAddr, packet: &[u8]) -> Client {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(packet, server).await.unwrap();
        Client { socket, peer: None }
    }

    async fn read(server: SocketAddr, filename: &str, options: &[(&str, &str)]) -> Client {
        Client::ask(server, &request(1, filename, "octet", options)).await
    }

    async fn send(&self, packet: &[u8]) {
        self.socket.send_to(packet, self.peer.unwrap()).await.unwrap();
    }

    async fn acknowledge(&self, block: u16) {
        self.send(&[&[0, 4], block.to_be_bytes().as_slice()].concat()).await;
    }

    async fn receive(&mut self) -> Reply {
        timeout(PATIENCE, self.receive_any()).await.expect("the server sends something")
    }

    async fn receive_any(&mut self) -> Reply {
        let mut buffer = vec![0; 70_000];
        let (length, sender) = self.socket.recv_from(&mut buffer).await.unwrap();
        assert_eq!(*self.peer.get_or_insert(sender), sender);
        let number = u16::from_be_bytes([buffer[2], buffer[3]]);
        match buffer[1] {
            3 => Reply::Data(number, buffer[4..length].to_vec()),
            5 => Reply::Error(number, strings(&buffer[4..length]).remove(0)),
            6 => {
                let strings = strings(&buffer[2..length]);
                Reply::Options(strings.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
            }
            other => panic!("opcode {other}"),
        }
    }

    async fn expect_options(&mut self, expected: &[(&str, &str)]) {
        let expected = expected.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        assert_eq!(self.receive().await, Reply::Options(expected));
    }

    async fn expect_data(&mut self, block: u16) -> Vec<u8> {
        match self.receive().await {
            Reply::Data(number, bytes) if number == block => bytes,
            other => panic!("{other:?} instead of block {block}"),
        }
    }

    /// Passes over repetitions of earlier packets.
    async fn await_data(&mut self, block: u16) -> Vec<u8> {
        loop {
            match self.receive().await {
                Reply::Data(number, bytes) if number == block => return bytes,
                _ => {}
            }
        }
    }

    async fn expect_silence(&mut self, duration: Duration) {
        assert!(timeout(duration, self.receive_any()).await.is_err(), "the server should have been silent");
    }

    /// Receives the rest of a file, acknowledging every `window`-th block.
    async fn receive_file(&mut self, block_size: usize, window: u64) -> Vec<u8> {
        let mut file = Vec::new();
        for block in 1_u64.. {
            let number = super::transfer::wire_number(block);
            let bytes = self.expect_data(number).await;
            file.extend_from_slice(&bytes);
            let last = bytes.len() < block_size;
            if last || block % window == 0 {
                self.acknowledge(number).await;
            }
            if last {
                break;
            }
        }
        file
    }
}

fn request(opcode: u8, filename: &str, mode: &str, options: &[(&str, &str)]) -> Vec<u8> {
    let mut packet = vec![0, opcode];
    let pairs = options.iter().flat_map(|(name, value)| [*name, *value]);
    for text in [filename, mode].into_iter().chain(pairs) {
        packet.extend_from_slice(text.as_bytes());
        packet.push(0);
    }
    packet
}

fn strings(bytes: &[u8]) -> Vec<String> {
    let text = str::from_utf8(bytes).unwrap().strip_suffix('\0').unwrap();
    text.split('\0').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_file_without_options_comes_in_blocks_of_512() {
    let server = Server::start(FakeHandler::with_files([("a.cfg", bytes_of(1300))])).await;
    let mut client = Client::read(server.address, "a.cfg", &[]).await;
    assert_eq!(client.receive_file(512, 1).await, bytes_of(1300));
    let asked = server.handler.asked();
    assert_eq!(asked[0].ip.to_string(), "127.0.0.1");
    assert!(matches!(&asked[0].kind, RequestKind::Tftp(tftp) if tftp.filename == "a.cfg"));
}

#[tokio::test]
async fn the_file_name_arrives_as_sent() {
    let server = Server::start(FakeHandler::default()).await;
    let mut client = Client::read(server.address, "/Communicator\\a b%20//..", &[]).await;
    assert_eq!(client.receive().await, Reply::Error(1, "File not found".into()));
    assert_eq!(server.handler.asked()[0].kind.path(), Some("/Communicator\\a b%20//.."));
}

#[tokio::test]
async fn all_options_are_agreed_on() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(50_000))])).await;
    let asked = [("tsize", "0"), ("blksize", "65464"), ("timeout", "2"), ("windowsize", "99"), ("x", "1")];
    for name in ["a", "disk/a"] {
        let mut client = Client::read(server.address, name, &asked).await;
        let agreed = [("tsize", "50000"), ("blksize", "1468"), ("timeout", "2"), ("windowsize", "16")];
        client.expect_options(&agreed).await;
        client.acknowledge(0).await;
        assert_eq!(client.receive_file(1468, 16).await, bytes_of(50_000));
    }
}

#[tokio::test]
async fn empty_files_and_full_last_blocks_end_with_an_empty_block() {
    let server =
        Server::start(FakeHandler::with_files([("empty", Vec::new()), ("full", bytes_of(1024))])).await;
    for name in ["empty", "disk/empty"] {
        let mut client = Client::read(server.address, name, &[("tsize", "0")]).await;
        client.expect_options(&[("tsize", "0")]).await;
        client.acknowledge(0).await;
        assert_eq!(client.receive_file(512, 1).await, b"");
    }
    for name in ["full", "disk/full"] {
        let mut client = Client::read(server.address, name, &[]).await;
        assert_eq!(client.expect_data(1).await.len(), 512);
        client.acknowledge(1).await;
        assert_eq!(client.expect_data(2).await.len(), 512);
        client.acknowledge(2).await;
        assert_eq!(client.expect_data(3).await, b"");
        client.acknowledge(3).await;
    }
}

#[tokio::test]
async fn block_numbers_roll_over_to_0() {
    let length = 8 * 65_600 + 3;
    let server = Server::start(FakeHandler::with_files([("long", bytes_of(length))])).await;
    for name in ["long", "disk/long"] {
        let mut client = Client::read(server.address, name, &[("blksize", "8"), ("windowsize", "16")]).await;
        client.expect_options(&[("blksize", "8"), ("windowsize", "16")]).await;
        client.acknowledge(0).await;
        assert!(client.receive_file(8, 16).await == bytes_of(length));
    }
}

#[tokio::test]
async fn a_lost_acknowledgement_brings_the_block_again() {
    let server = Server::start_with(FakeHandler::with_files([("a", bytes_of(600))]), hasty()).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    client.expect_data(1).await;
    assert_eq!(client.expect_data(1).await, bytes_of(600)[..512]);
    client.acknowledge(1).await;
    client.await_data(2).await;
    assert_eq!(client.expect_data(2).await, bytes_of(600)[512..]);
    client.acknowledge(2).await;
}

#[tokio::test]
async fn lost_options_are_sent_again() {
    let server = Server::start_with(FakeHandler::with_files([("a", bytes_of(10))]), hasty()).await;
    let mut client = Client::read(server.address, "a", &[("tsize", "0")]).await;
    client.expect_options(&[("tsize", "10")]).await;
    client.expect_options(&[("tsize", "10")]).await;
    client.acknowledge(0).await;
    assert_eq!(client.await_data(1).await, bytes_of(10));
}

/// Each block must travel once even though each acknowledgement travels twice.
#[tokio::test]
async fn duplicate_acknowledgements_do_not_double_the_blocks() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(5000))])).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    for block in 1..=10 {
        client.expect_data(block).await;
        client.acknowledge(block).await;
        client.acknowledge(block).await;
    }
    client.expect_silence(Duration::from_millis(150)).await;
}

#[tokio::test]
async fn a_hole_in_a_window_is_filled_from_there() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(5000))])).await;
    let mut client = Client::read(server.address, "a", &[("windowsize", "4")]).await;
    client.expect_options(&[("windowsize", "4")]).await;
    client.acknowledge(0).await;
    for block in 1..=4 {
        client.expect_data(block).await;
    }
    client.acknowledge(2).await;
    for block in 3..=6 {
        client.expect_data(block).await;
    }
    client.acknowledge(6).await;
    for block in 7..=10 {
        client.expect_data(block).await;
    }
    client.acknowledge(10).await;
}

#[tokio::test]
async fn an_error_of_the_client_ends_the_transfer() {
    let settings = TftpSettings { max_transfers: 1, ..TftpSettings::default() };
    let server = Server::start_with(FakeHandler::with_files([("a", bytes_of(5000))]), settings).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    client.expect_data(1).await;
    client.send(b"\0\x05\0\x03disk full\0").await;
    ask_until_answered(&mut Client::read(server.address, "a", &[]).await, server.address).await;
}

#[tokio::test]
async fn a_silent_client_is_given_up() {
    let settings = TftpSettings { max_retries: 2, max_transfers: 1, ..hasty() };
    let server = Server::start_with(FakeHandler::with_files([("a", bytes_of(10))]), settings).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    for _ in 0..3 {
        client.expect_data(1).await;
    }
    ask_until_answered(&mut Client::read(server.address, "a", &[]).await, server.address).await;
    client.expect_silence(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_stranger_is_told_so_and_changes_nothing() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(600))])).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    client.expect_data(1).await;
    let mut stranger = Client::ask(client.peer.unwrap(), b"\0\x04\0\x01").await;
    assert_eq!(stranger.receive().await, Reply::Error(5, "Unknown transfer ID".into()));
    stranger.send(b"\0\x05\0\0stop\0").await;
    client.acknowledge(1).await;
    client.expect_data(2).await;
    client.acknowledge(2).await;
    stranger.expect_silence(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_late_word_of_an_earlier_client_changes_nothing_for_the_next() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(10)), ("b", bytes_of(600))])).await;
    let mut first = Client::read(server.address, "a", &[]).await;
    assert_eq!(first.receive_file(512, 1).await, bytes_of(10));
    let next_on_its_socket = async {
        loop {
            let mut next = Client::read(server.address, "b", &[]).await;
            next.expect_data(1).await;
            if next.peer == first.peer {
                return next;
            }
        }
    };
    let mut next = timeout(PATIENCE, next_on_its_socket).await.expect("a socket that is used again");
    first.acknowledge(1).await;
    first.send(b"\0\x05\0\0stop\0").await;
    next.expect_silence(Duration::from_millis(100)).await;
    next.acknowledge(1).await;
    next.expect_data(2).await;
    next.acknowledge(2).await;
    first.expect_silence(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn only_reading_in_octet_mode_is_served() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(10))])).await;
    for (opcode, mode, words) in [
        (1, "netascii", "Only octet mode is served"),
        (1, "mail", "Only octet mode is served"),
        (1, "binary", "Only octet mode is served"),
        (2, "octet", "Writing is not supported"),
    ] {
        let mut client = Client::ask(server.address, &request(opcode, "a", mode, &[])).await;
        assert_eq!(client.receive().await, Reply::Error(0, words.into()), "{mode}");
    }
    assert!(server.handler.asked().is_empty());
    let mut client = Client::ask(server.address, &request(1, "a", "OcTeT", &[])).await;
    assert_eq!(client.receive_file(512, 1).await, bytes_of(10));
}

#[tokio::test]
async fn a_malformed_request_is_told_so_and_garbage_is_not() {
    let server = Server::start(FakeHandler::default()).await;
    let mut client = Client::ask(server.address, b"\0\x01file without end").await;
    assert!(matches!(client.receive().await, Reply::Error(4, words) if words.starts_with("malformed")));
    for garbage in
        [&b""[..], b"\0", b"\0\x04\0\x01", b"\0\x03\0\x01data", b"\0\x05\0\0\0", b"\0\x06", b"GET / HTTP"]
    {
        let mut client = Client::ask(server.address, garbage).await;
        client.expect_silence(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn answers_without_a_file_become_errors() {
    let server = Server::start(FakeHandler::default()).await;
    for (name, code, words) in [
        ("nowhere", 1, "File not found"),
        ("forbidden", 2, "Access violation"),
        ("unavailable", 0, "Service unavailable, try again"),
        ("failed", 0, "Internal processing error"),
    ] {
        let mut client = Client::read(server.address, name, &[("tsize", "0")]).await;
        assert_eq!(client.receive().await, Reply::Error(code, words.into()));
    }
}

#[tokio::test]
async fn a_file_that_became_shorter_ends_with_an_error() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(10))])).await;
    let mut client = Client::read(server.address, "cut/a", &[]).await;
    assert_eq!(client.receive().await, Reply::Error(0, "Internal processing error".into()));
}

#[tokio::test]
async fn a_slow_answer_delays_no_other_and_is_asked_for_once() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let files = [("slow", bytes_of(20)), ("quick", bytes_of(10))];
    let server = Server::start(FakeHandler::with_files(files).with_gate(arrived, gate.clone())).await;

    let mut slow = Client::read(server.address, "slow", &[("tsize", "0")]).await;
    arrivals.recv().await.unwrap();
    let again = request(1, "slow", "octet", &[("tsize", "0")]);
    slow.socket.send_to(&again, server.address).await.unwrap();

    let mut quick = Client::read(server.address, "quick", &[]).await;
    assert_eq!(quick.receive_file(512, 1).await, bytes_of(10));

    gate.add_permits(1);
    slow.expect_options(&[("tsize", "20")]).await;
    slow.acknowledge(0).await;
    assert_eq!(slow.receive_file(512, 1).await, bytes_of(20));
    assert_eq!(server.handler.asked().len(), 2);
}

#[tokio::test]
async fn a_client_may_start_over_from_the_same_port() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(5000)), ("b", bytes_of(700))])).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    client.expect_data(1).await;
    client.acknowledge(1).await;
    client.expect_data(2).await;
    client.socket.send_to(&request(1, "b", "octet", &[]), server.address).await.unwrap();
    client.peer = None;
    assert_eq!(client.receive_file(512, 1).await, bytes_of(700));
}

#[tokio::test]
async fn beyond_the_limit_requests_wait_for_the_phone_to_ask_again() {
    let settings = TftpSettings { max_transfers_per_client: 1, ..TftpSettings::default() };
    let server = Server::start_with(FakeHandler::with_files([("a", bytes_of(10))]), settings).await;
    let mut first = Client::read(server.address, "a", &[]).await;
    first.expect_data(1).await;
    let mut second = Client::read(server.address, "a", &[]).await;
    second.expect_silence(Duration::from_millis(100)).await;
    first.acknowledge(1).await;
    ask_until_answered(&mut second, server.address).await;
}

/// Repeats a request for `a` until the first block arrives, as a phone does when there was no room for it.
async fn ask_until_answered(client: &mut Client, server: SocketAddr) {
    let again = request(1, "a", "octet", &[]);
    timeout(PATIENCE, async {
        loop {
            client.socket.send_to(&again, server).await.unwrap();
            if let Ok(reply) = timeout(Duration::from_millis(50), client.receive_any()).await {
                assert!(matches!(reply, Reply::Data(1, _)), "{reply:?}");
                return;
            }
        }
    })
    .await
    .expect("room for another transfer");
}

#[tokio::test]
async fn many_clients_at_once() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(40_000))])).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (address, name) = (server.address, if number % 2 == 0 { "a" } else { "disk/a" });
        clients.spawn(async move {
            let mut client = Client::read(address, name, &[("blksize", "1024")]).await;
            client.expect_options(&[("blksize", "1024")]).await;
            client.acknowledge(0).await;
            assert!(client.receive_file(1024, 1).await == bytes_of(40_000));
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn a_wildcard_server_answers_from_the_address_that_was_asked() {
    for (bind, asked) in [("0.0.0.0:0", "127.0.0.5"), ("[::]:0", "127.0.0.5")] {
        // A machine without IPv6 has only half of this to show.
        let Ok(socket) = UdpSocket::bind(bind).await else { continue };
        let address = SocketAddr::new(asked.parse().unwrap(), socket.local_addr().unwrap().port());
        let handler = Arc::new(FakeHandler::with_files([("a", bytes_of(10))]));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(serve(socket, handler.clone(), hasty(), shutdown.clone()));
        let mut client = Client::read(address, "a", &[]).await;
        assert_eq!(client.receive_file(512, 1).await, bytes_of(10));
        assert_eq!(client.peer.unwrap().ip(), address.ip());
        assert_eq!(handler.asked()[0].ip.to_string(), "127.0.0.1");
        shutdown.cancel();
        running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn shutdown_lets_a_transfer_end() {
    let server = Server::start(FakeHandler::with_files([("a", bytes_of(600))])).await;
    let mut client = Client::read(server.address, "a", &[]).await;
    client.expect_data(1).await;
    server.shutdown.cancel();
    client.acknowledge(1).await;
    client.expect_data(2).await;
    client.acknowledge(2).await;
    timeout(PATIENCE, server.running).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let settings = TftpSettings { drain_timeout: Duration::from_millis(50), ..TftpSettings::default() };
    let handler = FakeHandler::default().with_gate(arrived, Arc::new(Semaphore::new(0)));
    let server = Server::start_with(handler, settings).await;
    let _client = Client::read(server.address, "slow", &[]).await;
    arrivals.recv().await.unwrap();
    server.shutdown.cancel();
    timeout(PATIENCE, server.running).await.unwrap().unwrap().unwrap();
}
