//! As many requests as a server can answer: a few keep-alive connections, each asking again as soon as it is answered.
//!
//! The request is rendered once and of the answer only the length is read, so that the generator costs little beside
//! what it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Room for the largest answer, head and body.
const LARGEST_ANSWER: usize = 256 * 1024;

/// What to ask, and how hard.
#[derive(Debug, Clone)]
pub struct Load {
    /// Who is asked.
    pub server: SocketAddr,
    /// Path of the file and value of `User-Agent` of each phone. A connection asks for one after the other.
    pub phones: Vec<(String, String)>,
    /// Connections at the same time.
    pub connections: usize,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Requests answered with 200.
    pub requests: usize,
    /// How long it took in fact.
    pub elapsed: Duration,
    /// Half of the requests took no longer.
    pub p50: Duration,
    /// Ninety-nine of a hundred took no longer.
    pub p99: Duration,
}

impl Measured {
    /// Requests per second.
    pub fn rate(&self) -> f64 {
        // Fewer than 2^52 requests: nothing is lost.
        #[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
        let requests = self.requests as f64;
        requests / self.elapsed.as_secs_f64()
    }
}

impl Load {
    /// Asks for so long, and measures. Any answer but 200 is an error.
    pub async fn run(&self, duration: Duration) -> Result<Measured> {
        let ((), measured) = self.run_during(tokio::time::sleep(duration)).await?;
        Ok(measured)
    }

    /// Asks while something happens, and measures. Any answer but 200 is an error.
    pub async fn run_during<T>(&self, happening: impl Future<Output = T>) -> Result<(T, Measured)> {
        let began = Instant::now();
        let over = Arc::new(AtomicBool::new(false));
        let mut connections = JoinSet::new();
        for number in 0..self.connections {
            connections.spawn(ask(self.clone(), number, over.clone()));
        }
        let happened = happening.await;
        over.store(true, Ordering::Relaxed);
        let measured = gather(connections, began).await?;
        Ok((happened, measured))
    }

    /// Asks for the file of each phone once, and measures. Any answer but 200 is an error.
    pub async fn run_once(&self) -> Result<Measured> {
        let began = Instant::now();
        let mut connections = JoinSet::new();
        for number in 0..self.connections {
            let share = self.phones.iter().skip(number).step_by(self.connections).cloned().collect();
            connections.spawn(ask_each(Load { phones: share, ..*self }));
        }
        gather(connections, began).await
    }

    fn requests(&self) -> Vec<String> {
        let render = |(path, name): &(String, String)| {
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {name}\r\n\r\n", self.server)
        };
        self.phones.iter().map(render).collect()
    }
}

async fn gather(mut connections: JoinSet<Result<Vec<Duration>>>, began: Instant) -> Result<Measured> {
    let mut took = Vec::new();
    while let Some(outcome) = connections.join_next().await {
        took.extend(outcome??);
    }
    let elapsed = began.elapsed();
    took.sort_unstable();
    let share = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    Ok(Measured { requests: took.len(), elapsed, p50: share(50), p99: share(99) })
}

/// One connection: how long each of its requests took. Each begins with another phone.
async fn ask(load: Load, number: usize, over: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let requests = load.requests();
    let mut connection = Connection::open(load.server).await?;
    for request in requests.iter().cycle().skip(number) {
        if over.load(Ordering::Relaxed) {
            break;
        }
        connection.ask(request).await?;
    }
    Ok(connection.took)
}

/// The same, for each phone once.
async fn ask_each(load: Load) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(load.server).await?;
    for request in load.requests() {
        connection.ask(&request).await?;
    }
    Ok(connection.took)
}

/// A connection, and how long each request on it took.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    answered: Instant,
    took: Vec<Duration>,
}

impl Connection {
    async fn open(server: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let buffer = vec![0; LARGEST_ANSWER];
        Ok(Connection { stream, buffer, answered: Instant::now(), took: Vec::new() })
    }

    async fn ask(&mut self, request: &str) -> Result<()> {
        self.stream.write_all(request.as_bytes()).await?;
        read_answer(&mut self.stream, &mut self.buffer).await.with_context(|| request.to_owned())?;
        let before = std::mem::replace(&mut self.answered, Instant::now());
        self.took.push(self.answered - before);
        Ok(())
    }
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    let mut whole = None;
    while whole.is_none_or(|whole| filled < whole) {
        ensure!(filled < buffer.len(), "the answer is longer than {LARGEST_ANSWER} bytes");
        match stream.read(&mut buffer[filled..]).await? {
            0 => bail!("the connection ended"),
            read => filled += read,
        }
        if whole.is_none() {
            whole = length(&buffer[..filled])?;
        }
    }
    Ok(())
}

/// Bytes of the whole answer, as soon as its head is there.
fn length(answer: &[u8]) -> Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head])?;
    ensure!(text.starts_with("HTTP/1.1 200 "), "{text}");
    let body = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    Ok(Some(head + 4 + body.context("no Content-Length")?))
}
