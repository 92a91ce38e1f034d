//! A real server on a real socket, asked with raw bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{HttpSettings, Sockets, serve};
use crate::domain::request::{HttpRequest, RequestKind};
use crate::listeners::fake_handler::{FakeHandler, bytes_of};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    handler: Arc<FakeHandler>,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    fn start(handler: FakeHandler) -> Server {
        Server::start_with(handler, HttpSettings::default())
    }

    fn start_with(handler: FakeHandler, settings: HttpSettings) -> Server {
        let sockets = Sockets::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = sockets.address();
        let handler = Arc::new(handler);
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(serve(sockets, handler.clone(), settings, shutdown.clone()));
        Server { address, handler, shutdown, running }
    }

    async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), buffer: Vec::new() }
    }

    /// Asks on a connection of its own.
    async fn ask(&self, request: &str) -> Reply {
        let mut client = self.connect().await;
        client.send(request).await;
        client.reply_to(request).await
    }

    async fn get(&self, path: &str, headers: &[&str]) -> Reply {
        self.ask(&request("GET", path, headers)).await
    }

    fn last_asked(&self) -> (String, HttpRequest) {
        let request = self.handler.asked().pop().unwrap();
        match request.kind {
            RequestKind::Http(http) => (request.ip.to_string(), http),
            other => panic!("{other:?}"),
        }
    }
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    async fn reply_to(&mut self, request: &str) -> Reply {
        timeout(PATIENCE, self.read_reply(request.starts_with("HEAD"))).await.expect("a reply")
    }

    async fn read_reply(&mut self, headless: bool) -> Reply {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.read_some().await, "the connection ended within the head");
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new() };
        let bodiless = headless || status == 304;
        let length = if bodiless { 0 } else { reply.header("content-length").unwrap().parse().unwrap() };
        while self.buffer.len() < length {
            assert!(self.read_some().await, "the connection ended within the body");
        }
        reply.body = self.buffer.drain(..length).collect();
        reply
    }

    async fn read_some(&mut self) -> bool {
        self.stream.read_buf(&mut self.buffer).await.unwrap() > 0
    }

    /// Waits for the server to end the connection; gives what it still said.
    async fn closed(mut self) -> Vec<u8> {
        let ended = async {
            // A reset ends it just as well.
            while self.stream.read_buf(&mut self.buffer).await.is_ok_and(|read| read > 0) {}
        };
        timeout(PATIENCE, ended).await.expect("the server closes the connection");
        self.buffer
    }
}

fn request(method: &str, path: &str, headers: &[&str]) -> String {
    let lines = [&format!("{method} {path} HTTP/1.1"), "Host: prov"];
    lines.iter().chain(headers).flat_map(|line| [*line, "\r\n"]).chain(["\r\n"]).collect()
}

fn phones() -> FakeHandler {
    FakeHandler::with_files([("a.cfg", b"hello phone".to_vec()), ("large.bin", bytes_of(300_000))])
}

#[tokio::test]
async fn a_file_comes_with_everything_a_phone_needs() {
    let server = Server::start(phones());
    let reply = server.get("/a.cfg?mac=00%2F11", &["User-Agent: Phone 1.0"]).await;
    assert_eq!((reply.status, reply.text()), (200, "hello phone"));
    for (name, value) in [
        ("content-length", "11"),
        ("content-type", "text/plain"),
        ("etag", "\"v1\""),
        ("last-modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert!(reply.header("date").is_some());
    assert!(reply.header("transfer-encoding").is_none());
    let (ip, http) = server.last_asked();
    assert_eq!((ip.as_str(), http.method), ("127.0.0.1", "GET"));
    assert_eq!((http.path.as_str(), http.query.as_str()), ("/a.cfg", "mac=00%2F11"));
    assert_eq!(http.user_agent(), Some("Phone 1.0"));
}

#[tokio::test]
async fn head_says_the_same_without_the_bytes() {
    let server = Server::start(phones());
    for path in ["/a.cfg", "/disk/a.cfg"] {
        let mut client = server.connect().await;
        let head = request("HEAD", path, &["Range: bytes=0-1"]);
        client.send(&head).await;
        let reply = client.reply_to(&head).await;
        assert_eq!((reply.status, reply.header("content-length")), (200, Some("11")));
        let get = request("GET", "/a.cfg", &["Connection: close"]);
        client.send(&get).await;
        assert_eq!(client.reply_to(&get).await.text(), "hello phone");
        assert_eq!(client.closed().await, b"");
    }
    let reply = server.ask(&request("HEAD", "/nowhere", &[])).await;
    assert_eq!((reply.status, reply.header("content-length")), (404, Some("10")));
}

#[tokio::test]
async fn large_files_come_whole_from_memory_and_disk() {
    let server = Server::start(phones());
    for path in ["/large.bin", "/disk/large.bin"] {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.header("content-length"), Some("300000"));
        assert!(reply.body == bytes_of(300_000), "{path}");
        let reply = server.get(path, &["Range: bytes=70000-200000"]).await;
        assert_eq!(reply.header("content-range"), Some("bytes 70000-200000/300000"));
        assert!(reply.body == bytes_of(300_000)[70_000..=200_000], "{path}");
    }
}

#[tokio::test]
async fn a_file_that_became_shorter_breaks_the_connection() {
    let server = Server::start(phones());
    let mut client = server.connect().await;
    client.send(request("GET", "/cut/a.cfg", &[])).await;
    let said = client.closed().await;
    assert!(!said.ends_with(b"hello phone"));
}

#[tokio::test]
async fn http_1_0_is_served_and_closed() {
    let server = Server::start(phones());
    let mut client = server.connect().await;
    client.send("GET /a.cfg HTTP/1.0\r\n\r\n").await;
    let said = String::from_utf8(client.closed().await).unwrap();
    assert!(said.starts_with("HTTP/1.0 200 OK\r\n"), "{said}");
    assert!(said.contains("content-length: 11\r\n") && said.ends_with("\r\n\r\nhello phone"), "{said}");

    let mut client = server.connect().await;
    let kept = "GET /a.cfg HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    for _ in 0..2 {
        client.send(kept).await;
        assert_eq!(client.reply_to(kept).await.text(), "hello phone");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(phones());
    let mut client = server.connect().await;
    let requests = ["/a.cfg", "/disk/a.cfg", "/nowhere", "/a.cfg"].map(|path| request("GET", path, &[]));
    client.send(requests.concat()).await;
    for status in [200, 200, 404, 200] {
        assert_eq!(client.reply_to("GET").await.status, status);
    }
}

#[tokio::test]
async fn paths_are_brought_into_form() {
    let server = Server::start(phones());
    for path in ["//a.cfg", "/%2Fa.cfg", "/./a.cfg", "/%61.cfg", "http://prov.example//a.cfg"] {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(server.last_asked().1.path, "/a.cfg");
    }
    assert_eq!(server.get("/Communicator\\a.cfg", &[]).await.status, 404);
    assert_eq!(server.last_asked().1.path, "/Communicator\\a.cfg");
}

#[tokio::test]
async fn paths_that_lead_elsewhere_are_refused() {
    let server = Server::start(phones());
    for path in ["/../a.cfg", "/sub/%2e%2e/a.cfg", "/sub%2f..%2fa.cfg", "/a.cfg%00", "/a%0d%0aSet-Cookie:x"] {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    }
    assert!(server.handler.asked().is_empty());
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let server = Server::start(phones());
    for method in ["POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let reply = server.ask(&request(method, "/a.cfg", &[])).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    assert!(server.handler.asked().is_empty());
}

#[tokio::test]
async fn an_upload_is_refused_and_a_small_one_read_first() {
    let server = Server::start(phones());
    let mut client = server.connect().await;
    let upload = request("PUT", "/0004f2-app.log", &["Content-Length: 30000"]);
    client.send(&upload).await;
    client.send(vec![b'x'; 30_000]).await;
    assert_eq!(client.reply_to(&upload).await.status, 405);
    let get = request("GET", "/a.cfg", &[]);
    client.send(&get).await;
    assert_eq!(client.reply_to(&get).await.status, 200);

    let mut client = server.connect().await;
    let upload = request("PUT", "/huge", &["Content-Length: 30000000"]);
    client.send(&upload).await;
    assert_eq!(client.reply_to(&upload).await.status, 405);
    assert_eq!(client.closed().await, b"");

    let mut client = server.connect().await;
    let upload = request("PUT", "/asks-first", &["Content-Length: 10", "Expect: 100-continue"]);
    client.send(&upload).await;
    assert_eq!(client.reply_to(&upload).await.status, 405);
}

#[tokio::test]
async fn a_get_with_a_body_is_answered() {
    let server = Server::start(phones());
    let reply = server.ask(&(request("GET", "/a.cfg", &["Content-Length: 4"]) + "body")).await;
    assert_eq!((reply.status, reply.text()), (200, "hello phone"));
}

#[tokio::test]
async fn ranges() {
    let server = Server::start(phones());
    for (range, status, text, content_range) in [
        ("bytes=0-4", 206, "hello", Some("bytes 0-4/11")),
        ("bytes=6-", 206, "phone", Some("bytes 6-10/11")),
        ("bytes=-5", 206, "phone", Some("bytes 6-10/11")),
        ("bytes=0-0,2-3", 200, "hello phone", None),
        ("bytes=x", 200, "hello phone", None),
        ("bytes=11-", 416, "The range is not within the file\n", Some("bytes */11")),
    ] {
        for path in ["/a.cfg", "/disk/a.cfg"] {
            let reply = server.get(path, &[&format!("Range: {range}")]).await;
            assert_eq!((reply.status, reply.text()), (status, text), "{range}");
            assert_eq!(reply.header("content-range"), content_range, "{range}");
            assert_eq!(reply.header("content-length"), Some(text.len().to_string().as_str()));
        }
    }
    let stale = server.get("/a.cfg", &["Range: bytes=0-4", "If-Range: \"v0\""]).await;
    assert_eq!(stale.status, 200);
    let fresh = server.get("/a.cfg", &["Range: bytes=0-4", "If-Range: \"v1\""]).await;
    assert_eq!(fresh.status, 206);
}

#[tokio::test]
async fn a_current_copy_is_not_sent_again() {
    let server = Server::start(phones());
    for (condition, status) in [
        ("If-None-Match: \"v1\"", 304),
        ("If-None-Match: \"v0\"", 200),
        ("If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", 304),
        ("If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT", 200),
        ("If-None-Match: \"v0\"\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", 200),
    ] {
        let reply = server.get("/a.cfg", &[condition]).await;
        assert_eq!(reply.status, status, "{condition}");
        assert_eq!(reply.header("etag"), Some("\"v1\""));
    }
}

#[tokio::test]
async fn answers_without_a_file() {
    let server = Server::start(phones());
    for (path, status) in [("/nowhere", 404), ("/forbidden", 403), ("/failed", 500), ("/unavailable", 503)] {
        let reply = server.get(path, &[]).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
        assert_eq!(reply.header("retry-after"), (status == 503).then_some("2"));
        assert!(reply.header("www-authenticate").is_none());
    }
}

#[tokio::test]
async fn too_much_of_a_request_is_refused() {
    let server = Server::start(phones());
    let long_path = format!("/{}", "a".repeat(9000));
    assert_eq!(server.get(&long_path, &[]).await.status, 414);
    let long_header = format!("X-Long: {}", "a".repeat(100_000));
    let mut client = server.connect().await;
    // The server may end the connection before all of it is sent.
    let _ = client.stream.write_all(request("GET", "/a.cfg", &[&long_header]).as_bytes()).await;
    assert!(client.closed().await.starts_with(b"HTTP/1.1 431 "));
    let many = ["X-Many: x"; 200];
    assert_eq!(server.get("/a.cfg", &many).await.status, 431);
    assert!(server.handler.asked().is_empty());
}

#[tokio::test]
async fn garbage_is_answered_or_cut_off() {
    let server = Server::start(phones());
    for garbage in ["\0\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET /a HTTP/9.9\r\n\r\n", "\x16\x03\x01\0\r\n\r\n"]
    {
        let mut client = server.connect().await;
        client.send(garbage).await;
        let said = client.closed().await;
        assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 400 "), "{garbage:?}");
    }
}

#[tokio::test]
async fn trusted_proxies_say_who_is_asking() {
    let settings = HttpSettings { trusted_proxies: 2, ..HttpSettings::default() };
    let server = Server::start_with(phones(), settings);
    let forwarded = ["X-Forwarded-For: 192.0.2.66, 192.0.2.1:5000", "X-Forwarded-For: 198.51.100.1"];
    assert_eq!(server.get("/a.cfg", &forwarded).await.status, 200);
    assert_eq!(server.last_asked().0, "192.0.2.1");
    let reply = server.get("/a.cfg", &["X-Forwarded-For: nobody"]).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("X-Forwarded-For"));
}

#[tokio::test]
async fn an_ipv4_phone_on_an_ipv6_socket_is_shown_as_ipv4() {
    // A machine without IPv6 has nothing to show here.
    let Ok(sockets) = Sockets::bind("[::]:0".parse().unwrap()) else { return };
    let address = SocketAddr::new("127.0.0.1".parse().unwrap(), sockets.address().port());
    let handler = Arc::new(phones());
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(serve(sockets, handler.clone(), HttpSettings::default(), shutdown.clone()));
    let server = Server { address, handler, shutdown, running };
    assert_eq!(server.get("/a.cfg", &[]).await.status, 200);
    assert_eq!(server.last_asked().0, "127.0.0.1");
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let settings = HttpSettings { header_timeout: Duration::from_millis(200), ..HttpSettings::default() };
    let server = Server::start_with(phones(), settings);
    let mut client = server.connect().await;
    let get = request("GET", "/a.cfg", &[]);
    client.send(&get).await;
    assert_eq!(client.reply_to(&get).await.status, 200);
    client.send("GET /a.cfg HTTP/1.1\r\nHost: ").await;
    // A byte now and then does not help.
    let (mut reading, mut writing) = client.stream.into_split();
    let dripping = async {
        while writing.write_all(b"x").await.is_ok() {
            let mut nothing = [0];
            let read = timeout(Duration::from_millis(20), reading.read(&mut nothing)).await;
            if read.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, dripping).await.expect("the server closes the connection");
    assert_eq!(server.handler.asked().len(), 1);
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let settings = HttpSettings { idle_timeout: Duration::from_millis(100), ..HttpSettings::default() };
    let server = Server::start_with(phones(), settings);
    assert_eq!(server.connect().await.closed().await, b"");
    let mut client = server.connect().await;
    let get = request("GET", "/a.cfg", &[]);
    client.send(&get).await;
    assert_eq!(client.reply_to(&get).await.status, 200);
    assert_eq!(client.closed().await, b"");
}

#[tokio::test]
async fn a_patient_client_outlives_the_header_deadline() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let settings = HttpSettings { header_timeout: Duration::from_millis(50), ..HttpSettings::default() };
    let handler = FakeHandler::with_files([("slow", b"at last".to_vec())]).with_gate(arrived, gate.clone());
    let server = Server::start_with(handler, settings);
    let mut client = server.connect().await;
    let get = request("GET", "/slow", &[]);
    client.send(&get).await;
    arrivals.recv().await.unwrap();
    assert!(timeout(Duration::from_millis(150), client.read_some()).await.is_err());
    gate.add_permits(1);
    assert_eq!(client.reply_to(&get).await.text(), "at last");
    assert!(timeout(Duration::from_millis(150), client.read_some()).await.is_err());
    gate.add_permits(1);
    client.send(&get).await;
    assert_eq!(client.reply_to(&get).await.text(), "at last");
}

#[tokio::test]
async fn a_client_that_stops_reading_is_cut_off() {
    let settings = HttpSettings {
        stall_timeout: Duration::from_millis(100),
        drain_timeout: PATIENCE * 2,
        ..HttpSettings::default()
    };
    let length = 50_000_000;
    let server = Server::start_with(FakeHandler::with_files([("firmware", vec![7; length])]), settings);
    let mut client = server.connect().await;
    client.send(request("GET", "/disk/firmware", &[])).await;
    assert!(client.read_some().await);
    server.shutdown.cancel();
    timeout(PATIENCE, server.running)
        .await
        .expect("the stalled connection does not hold up the drain")
        .unwrap();
    assert!(client.closed().await.len() < length);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let settings = HttpSettings { max_connections: 1, ..HttpSettings::default() };
    let server = Server::start_with(phones(), settings);
    let get = request("GET", "/a.cfg", &[]);
    let mut first = server.connect().await;
    first.send(&get).await;
    first.reply_to(&get).await;
    let mut second = server.connect().await;
    second.send(&get).await;
    assert!(timeout(Duration::from_millis(100), second.read_some()).await.is_err());
    drop(first);
    assert_eq!(second.reply_to(&get).await.status, 200);
}

#[tokio::test]
async fn a_port_is_not_shared_with_another_server() {
    let server = Server::start(phones());
    let error = Sockets::bind(server.address).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn shutdown_lets_a_request_end_and_closes_the_rest() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let handler = FakeHandler::with_files([("slow", b"at last".to_vec())]).with_gate(arrived, gate.clone());
    let server = Server::start(handler);
    let idle = server.connect().await;
    let mut client = server.connect().await;
    let get = request("GET", "/slow", &[]);
    client.send(&get).await;
    arrivals.recv().await.unwrap();
    server.shutdown.cancel();
    assert_eq!(idle.closed().await, b"");
    gate.add_permits(1);
    let reply = client.reply_to(&get).await;
    assert_eq!((reply.text(), reply.header("connection")), ("at last", Some("close")));
    timeout(PATIENCE, server.running).await.expect("the server ends").unwrap();
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let settings = HttpSettings { drain_timeout: Duration::from_millis(50), ..HttpSettings::default() };
    let handler = FakeHandler::default().with_gate(arrived, Arc::new(Semaphore::new(0)));
    let server = Server::start_with(handler, settings);
    let mut client = server.connect().await;
    client.send(request("GET", "/slow", &[])).await;
    arrivals.recv().await.unwrap();
    server.shutdown.cancel();
    timeout(PATIENCE, server.running).await.expect("the server ends").unwrap();
}
