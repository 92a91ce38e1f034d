//! Calls of the web server of a phone.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use provd::domain::synchronization::{SynchronizationMethod, SynchronizationTarget};
use provd::provisioning::synchronizer::{SynchronizationError, Synchronizer as _};
use provd::settings::synchronization::SynchronizationSettings;
use provd::synchronization::Synchronization;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::network::Encrypted;

/// A web server that gives the answers it was given, one a connection, and keeps what it was asked.
struct Web {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<Result<()>>,
}

impl Web {
    async fn start(answers: &[&str]) -> Result<Web> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, asked) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
        let seen = asked.clone();
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await?;
                let request = read(&mut stream).await?;
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                stream.write_all(answer.as_bytes()).await?;
            }
            // Whoever comes now waits for ever.
            let _waiting = listener.accept().await?;
            std::future::pending().await
        });
        Ok(Web { address, asked, _tasks: tasks })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn call(&self, scheme: &str, port: u16) -> Result<String, SynchronizationError> {
        let method = SynchronizationMethod::HttpCall {
            method: "POST".to_owned(),
            url: format!("{scheme}://127.0.0.1:{port}/goform/command?a=b"),
            content_type: Some("application/x-www-form-urlencoded".to_owned()),
            body: b"message=Reboot".to_vec(),
            credentials: Some(("admin".to_owned(), "alphaadmin".to_owned())),
        };
        let settings = SynchronizationSettings {
            deadline: Duration::from_secs(2),
            ..SynchronizationSettings::default()
        };
        Synchronization::new(settings).synchronize(&SynchronizationTarget::default(), &method).await
    }

    async fn told(&self) -> Result<String, SynchronizationError> {
        self.call("http", self.address.port()).await
    }
}

async fn read(stream: &mut TcpStream) -> Result<String> {
    let mut stream = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let start = request.len();
        stream.read_line(&mut request).await?;
        let line = &request[start..];
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse()?;
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(request + &String::from_utf8(body)?)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn a_phone_is_called_as_its_plugin_says() -> Result<()> {
    let web = Web::start(&[OK]).await?;
    assert_eq!(web.told().await.as_deref(), Ok("the web server of the phone at 127.0.0.1 answered 200 OK"));
    let request = &web.asked()[0];
    assert!(request.starts_with("POST /goform/command?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Content-Type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.contains(&format!("Host: {}\r\n", web.address)), "{request}");
    assert!(!request.contains("Authorization") && request.ends_with("\r\n\r\nmessage=Reboot"), "{request}");
    Ok(())
}

#[tokio::test]
async fn credentials_are_given_as_the_phone_asks_for_them() -> Result<()> {
    let basic = "HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm=\"phone\"\r\nConnection: close\r\n\r\n";
    let web = Web::start(&[basic, OK]).await?;
    assert!(web.told().await.is_ok());
    assert!(web.asked()[1].contains("Authorization: Basic YWRtaW46YWxwaGFhZG1pbg==\r\n"));

    let digest = "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"phone\", nonce=\"1\", qop=\"auth\"\r\n\
                  Content-Length: 0\r\n\r\n";
    let web = Web::start(&[digest, OK]).await?;
    assert!(web.told().await.is_ok());
    let request = &web.asked()[1];
    assert!(request.contains("Authorization: Digest username=\"admin\"") && request.contains("nc=00000001"));
    assert!(
        request.contains("uri=\"/goform/command?a=b\"") && request.ends_with("message=Reboot"),
        "{request}"
    );

    let web = Web::start(&[basic, basic]).await?;
    let refused = web.told().await.expect_err("refused").to_string();
    assert!(refused.contains("401") && !refused.contains("alphaadmin"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_redirection_is_followed_on_the_phone_and_nowhere_else() -> Result<()> {
    let here = "HTTP/1.1 302 Found\r\nLocation: /home.html\r\nContent-Length: 0\r\n\r\n";
    let web = Web::start(&[here, OK]).await?;
    assert!(web.told().await.is_ok());
    assert!(web.asked()[1].starts_with("GET /home.html HTTP/1.1\r\n"));

    let elsewhere = "HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n";
    let refused = Web::start(&[elsewhere]).await?.told().await.expect_err("refused").to_string();
    assert!(refused.contains("somewhere else"), "{refused}");

    let refused = Web::start(&[here; 5]).await?.told().await.expect_err("refused").to_string();
    assert!(refused.contains("again and again"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn what_is_no_success_is_told() -> Result<()> {
    let refused = Web::start(&["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]).await?.told().await;
    assert!(
        matches!(&refused, Err(SynchronizationError::Refused { why, .. }) if why == "404 Not Found"),
        "{refused:?}"
    );
    let cut = Web::start(&[""]).await?.told().await;
    assert!(matches!(&cut, Err(SynchronizationError::Unreachable { .. })), "{cut:?}");
    let noise = Web::start(&["SIP/2.0 200 OK\r\n\r\n"]).await?.told().await;
    assert!(matches!(&noise, Err(SynchronizationError::Unreachable { .. })), "{noise:?}");
    let silent = Web::start(&[]).await?.told().await;
    assert!(matches!(silent, Err(SynchronizationError::NoAnswer { seconds: 2, .. })), "{silent:?}");
    Ok(())
}

#[tokio::test]
async fn an_answer_cut_short_by_a_reboot_is_one() -> Result<()> {
    let web = Web::start(&["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nreboot"]).await?;
    assert!(web.told().await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_phone_is_called_over_https_whoever_signed_its_certificate() -> Result<()> {
    let web = Web::start(&[OK]).await?;
    let network = Encrypted::before(web.address.port()).await?;
    assert!(web.call("https", network.port).await.is_ok());
    Ok(())
}
