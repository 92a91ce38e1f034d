//! A web server that behaves as it is told, and what is made of it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::interval;
use url::Url;

use super::fetch::{Patience, fetch_patiently};
use super::{Credentials, Digest, DownloadError, Fetched, Proxies, Wanted, fetch_small};

const PATIENCE: Patience = Patience { idle: Duration::from_secs(20), pause: Duration::from_millis(1) };
const FILE: &[u8] = b"0123456789abcdef";
const SHA256: &str = "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f";
const SHA1: &str = "fe5567e8d769550852182cdf69d74bb16dff8e29";

/// What the server does with one connection.
enum Turn {
    /// Sends this and closes.
    Send(String),
    /// Sends this and then nothing.
    Hold(String),
    /// Sends this and then a byte now and then, without end.
    Drip(String),
}

/// Takes one turn for each connection, in order, and keeps what was asked.
struct Server {
    url: Url,
    asked: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

impl Server {
    async fn start(turns: Vec<Turn>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap()).parse().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        tokio::spawn(run(listener, turns.into(), asked.clone()));
        Server { url, asked, folder: tempfile::tempdir().unwrap() }
    }

    fn wanted(&self) -> Wanted {
        Wanted { url: self.url.clone(), size: None, digest: None, credentials: None, longest: 1000 }
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn fetch(&self, wanted: &Wanted) -> Result<Fetched, DownloadError> {
        fetch_patiently(wanted, &Proxies::default(), &self.to(), &|_, _| (), PATIENCE).await
    }

    /// Fetches what comes whole.
    async fn fetched(&self) -> Fetched {
        let fetched = self.fetch(&self.wanted()).await.unwrap();
        assert_eq!(std::fs::read(self.to()).unwrap(), FILE);
        assert_eq!(self.files(), ["file"]);
        fetched
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

async fn run(listener: TcpListener, mut turns: VecDeque<Turn>, asked: Arc<Mutex<Vec<String>>>) {
    let mut held = Vec::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
        asked.lock().unwrap().push(String::from_utf8(request).unwrap().to_lowercase());
        match turns.pop_front() {
            Some(Turn::Send(answer)) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Some(Turn::Hold(answer)) => {
                stream.write_all(answer.as_bytes()).await.unwrap();
                held.push(stream);
            }
            Some(Turn::Drip(answer)) => {
                stream.write_all(answer.as_bytes()).await.unwrap();
                let mut pace = interval(Duration::from_millis(20));
                while stream.write_all(b"x").await.is_ok() {
                    pace.tick().await;
                }
            }
            None => return,
        }
    }
}

fn answer(head: &str, length: usize, body: &[u8]) -> String {
    let body = str::from_utf8(body).unwrap();
    format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn whole() -> Turn {
    Turn::Send(answer("200 OK\r\nETag: \"1\"", 16, FILE))
}

fn cut(at: usize) -> Turn {
    Turn::Send(answer("200 OK\r\nETag: \"1\"", 16, &FILE[..at]))
}

fn rest(from: usize) -> Turn {
    let head = format!("206 Partial Content\r\nContent-Range: bytes {from}-15/16\r\nETag: \"1\"");
    Turn::Send(answer(&head, 16 - from, &FILE[from..]))
}

#[tokio::test]
async fn a_file_is_in_its_place_with_its_digest() {
    let server = Server::start(vec![whole()]).await;
    let seen = Mutex::new(Vec::new());
    let watching = |bytes, of| seen.lock().unwrap().push((bytes, of));
    let wanted = Wanted {
        size: Some(16),
        digest: Some(Digest::Sha1(SHA1.to_uppercase())),
        credentials: Some(Credentials { user: "u".to_owned(), password: "p".to_owned() }),
        ..server.wanted()
    };
    let fetched = fetch_patiently(&wanted, &Proxies::default(), &server.to(), &watching, PATIENCE).await;
    assert_eq!(fetched.unwrap(), Fetched { size: 16, sha256: SHA256.to_owned() });
    assert_eq!(seen.into_inner().unwrap().last(), Some(&(16, Some(16))));
    assert!(server.asked()[0].contains("authorization: basic dtpw\r\n"));
    assert!(!format!("{wanted:?}").contains("\"p\""), "a password is not shown");
}

#[tokio::test]
async fn what_broke_off_is_carried_on() {
    let server = Server::start(vec![cut(7), rest(7)]).await;
    assert_eq!(server.fetched().await.sha256, SHA256);
    let second = &server.asked()[1];
    assert!(second.contains("range: bytes=7-\r\n") && second.contains("if-range: \"1\"\r\n"), "{second}");
}

#[tokio::test]
async fn a_later_call_carries_on_what_an_earlier_one_left() {
    let broken = || Turn::Send("nonsense".to_owned());
    let server = Server::start(vec![cut(7), broken(), broken(), broken(), broken(), rest(7)]).await;
    let error = server.fetch(&server.wanted()).await.unwrap_err();
    assert!(error.to_string().contains("/file: "), "{error}");
    assert_eq!(server.files(), ["file.part", "file.part.validator"]);
    assert_eq!(server.fetched().await.sha256, SHA256);
    assert!(server.asked().last().unwrap().contains("range: bytes=7-\r\n"));
}

#[tokio::test]
async fn a_part_of_another_version_is_not_carried_on() {
    // The server answers with all of the new file, as it must when If-Range does not match.
    let old = Turn::Send(answer("200 OK\r\nETag: \"0\"", 16, b"zzzzzzz"));
    let server = Server::start(vec![old, whole()]).await;
    assert_eq!(server.fetched().await.sha256, SHA256);
    assert!(server.asked()[1].contains("if-range: \"0\"\r\n"));
}

#[tokio::test]
async fn a_server_without_ranges_or_validators_sends_all_again() {
    let nameless = |length: usize| Turn::Send(answer("200 OK\r\nETag: W/\"1\"", 16, &FILE[..length]));
    let server = Server::start(vec![nameless(7), nameless(9), nameless(16)]).await;
    assert_eq!(server.fetched().await.sha256, SHA256);
    assert!(server.asked().iter().all(|request| !request.contains("range")));
    let gone = Turn::Send(answer("416 Range Not Satisfiable", 0, b""));
    let server = Server::start(vec![cut(7), gone, whole()]).await;
    assert_eq!(server.fetched().await.sha256, SHA256);
}

#[tokio::test]
async fn a_part_that_is_whole_is_not_asked_for_again() {
    let server = Server::start(vec![]).await;
    std::fs::write(server.folder.path().join("file.part"), FILE).unwrap();
    let source = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(server.url.as_str()));
    std::fs::write(server.folder.path().join("file.part.validator"), format!("{source}\n\"1\"")).unwrap();
    let fetched = server.fetch(&Wanted { size: Some(16), ..server.wanted() }).await.unwrap();
    assert_eq!((fetched.sha256.as_str(), server.asked().len()), (SHA256, 0));
}

#[tokio::test]
async fn what_is_not_as_wanted_leaves_nothing() {
    let wrong = |wanted: fn(Wanted) -> Wanted| async move {
        let server = Server::start(vec![whole()]).await;
        let error = server.fetch(&wanted(server.wanted())).await.unwrap_err();
        assert_eq!(server.files(), [""; 0], "{error}");
        error.to_string()
    };
    let error = wrong(|wanted| Wanted { digest: Some(Digest::Sha256("0".repeat(64))), ..wanted }).await;
    assert!(
        error.contains(SHA256) && error.contains(&"0".repeat(64)) && error.contains("damaged"),
        "{error}"
    );
    let error = wrong(|wanted| Wanted { size: Some(15), ..wanted }).await;
    assert!(error.ends_with("expected 15 bytes, but it has 16 or more"), "{error}");
    let error = wrong(|wanted| Wanted { size: Some(17), ..wanted }).await;
    assert!(error.ends_with("expected 17 bytes, but it has 16"), "{error}");
    let error = wrong(|wanted| Wanted { longest: 15, ..wanted }).await;
    assert!(error.contains("larger than 15 bytes"), "{error}");
}

#[tokio::test]
async fn a_file_that_does_not_end_is_given_up_at_its_limit() {
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(5000));
    let server = Server::start(vec![Turn::Hold(endless)]).await;
    let error = server.fetch(&server.wanted()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Long { longest: 1000, .. }), "{error}");
    assert_eq!(server.files(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let Turn::Send(half) = cut(7) else { return };
    let server = Server::start(vec![Turn::Hold(half), rest(7)]).await;
    let patience = Patience { idle: Duration::from_millis(200), ..PATIENCE };
    let fetched =
        fetch_patiently(&server.wanted(), &Proxies::default(), &server.to(), &|_, _| (), patience).await;
    assert_eq!(fetched.unwrap().sha256, SHA256);
}

#[tokio::test]
async fn a_server_that_hardly_sends_anything_is_left() {
    let endless = Turn::Drip(answer("200 OK", 900, b""));
    let server = Server::start(vec![endless, whole()]).await;
    let patience = Patience { idle: Duration::from_millis(200), ..PATIENCE };
    let fetched =
        fetch_patiently(&server.wanted(), &Proxies::default(), &server.to(), &|_, _| (), patience).await;
    assert_eq!(fetched.unwrap().sha256, SHA256);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn what_the_server_says_instead_is_told_at_once() {
    let refusal = |head: &str| Turn::Send(answer(head, 0, b""));
    for (head, words) in [
        ("404 Not Found", "there is no such file"),
        ("401 Unauthorized", "wants a user and a password"),
        ("503 Service Unavailable", "answered 503"),
        ("302 Found\r\nLocation: ftp://example.org/", "neither http nor https"),
        ("302 Found\r\nLocation: file:///etc/passwd", "redirects to nowhere"),
    ] {
        let server = Server::start(vec![refusal(head)]).await;
        let mut wanted = server.wanted();
        wanted.url.set_query(Some("token=secret"));
        wanted.url.set_password(Some("secret")).unwrap();
        let error = server.fetch(&wanted).await.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("secret"), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
    let server = Server::start(vec![]).await;
    let error = server.fetch(&Wanted { url: "ftp://h/a".parse().unwrap(), ..server.wanted() }).await;
    assert!(error.unwrap_err().to_string().contains("http:// or https://"));
}

#[tokio::test]
async fn redirections_are_followed_but_not_for_ever_and_not_with_the_password() {
    let server = Server::start(vec![whole()]).await;
    let to = format!("302 Found\r\nLocation: {}", server.url);
    let first = Server::start(vec![Turn::Send(answer(&to, 0, b""))]).await;
    let credentials = Credentials { user: "u".to_owned(), password: "p".to_owned() };
    let wanted = Wanted { credentials: Some(credentials), ..first.wanted() };
    assert_eq!(first.fetch(&wanted).await.unwrap().sha256, SHA256);
    assert!(first.asked()[0].contains("authorization") && !server.asked()[0].contains("authorization"));
    let circle = || Turn::Send(answer("302 Found\r\nLocation: /file", 0, b""));
    let server = Server::start((0..10).map(|_| circle()).collect()).await;
    let error = server.fetch(&server.wanted()).await.unwrap_err().to_string();
    assert!(error.ends_with("again and again") && server.asked().len() <= 7, "{error}");
}

#[tokio::test]
async fn a_proxy_is_asked_for_what_is_elsewhere() {
    let proxy = Server::start(vec![whole(), Turn::Send(answer("502 Bad Gateway", 0, b""))]).await;
    let authority = proxy.url.authority().to_owned();
    let proxies = Proxies::read(Some(&format!("http://me:secret@{authority}")), Some(&authority)).unwrap();
    let fetch = async |url: &str| {
        let wanted = Wanted { url: url.parse().unwrap(), ..proxy.wanted() };
        fetch_patiently(&wanted, &proxies, &proxy.to(), &|_, _| (), PATIENCE).await
    };
    assert_eq!(fetch("http://plugins.invalid/file").await.unwrap().sha256, SHA256);
    let asked = &proxy.asked()[0];
    assert!(asked.starts_with("get http://plugins.invalid/file http/1.1"), "{asked}");
    assert!(asked.contains("proxy-authorization: basic "), "{asked}");
    let error = fetch("https://plugins.invalid/file").await.unwrap_err().to_string();
    assert!(error.ends_with("(through the proxy of the parameter https_proxy)"), "{error}");
    assert!(proxy.asked()[1].starts_with("connect plugins.invalid:443 "));
}

#[tokio::test]
async fn a_small_document_is_small_and_there() {
    let get = async |turns, longest| {
        let server = Server::start(turns).await;
        fetch_small(&server.url, &Proxies::default(), longest, Duration::from_secs(20)).await
    };
    assert_eq!(get(vec![whole()], 16).await.unwrap(), FILE);
    assert!(matches!(get(vec![whole()], 15).await, Err(DownloadError::Long { .. })));
    let missing = Turn::Send(answer("404 Not Found", 0, b""));
    assert!(matches!(get(vec![missing], 16).await, Err(DownloadError::NotFound(_))));
    let server = Server::start(vec![Turn::Hold(String::new())]).await;
    let late = fetch_small(&server.url, &Proxies::default(), 16, Duration::from_millis(100)).await;
    assert!(late.unwrap_err().to_string().contains("not there within"));
}
