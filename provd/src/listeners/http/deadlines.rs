//! A stream that does not wait for ever: neither for the rest of a header section nor for a client that stopped reading.
//!
//! hyper has one clock, for the time from one answer to the end of the next request's headers. It serves as the idle
//! deadline, which is generous. The two here are for clients that hold a connection without meaning to use it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What a connection is doing, shared by the stream below hyper and the service above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity(Arc<State>);

#[derive(Debug, Default)]
struct State {
    busy: AtomicBool,
    /// Requests whose headers were complete.
    requests: AtomicU64,
}

/// As long as this lives, a request is being answered.
#[derive(Debug)]
pub(super) struct Busy(Activity);

/// A stream with deadlines. They show as [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub(super) struct DeadlineStream<S> {
    stream: S,
    activity: Activity,
    /// As many requests as the stream knows to be complete.
    requests: u64,
    /// From the first byte of a request until its headers are complete.
    header: Deadline,
    /// While nothing can be written.
    stall: Deadline,
}

#[derive(Debug)]
struct Deadline {
    timeout: Duration,
    running: Option<Pin<Box<Sleep>>>,
}

impl Activity {
    /// The headers of a request are complete; it is being answered until the result is dropped.
    pub(super) fn begin(&self) -> Busy {
        self.0.busy.store(true, Ordering::Relaxed);
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    fn is_busy(&self) -> bool {
        self.0.busy.load(Ordering::Relaxed)
    }

    fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.busy.store(false, Ordering::Relaxed);
    }
}

impl Deadline {
    fn new(timeout: Duration) -> Deadline {
        Deadline { timeout, running: None }
    }

    /// Does not start it anew when it is running.
    fn start(&mut self) {
        if self.running.is_none() {
            self.running = Some(Box::pin(sleep(self.timeout)));
        }
    }

    fn stop(&mut self) {
        self.running = None;
    }

    /// Pending until the deadline passes; for ever when it is not running.
    fn poll_passed<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Some(sleep) = &mut self.running else { return Poll::Pending };
        sleep.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S> DeadlineStream<S> {
    /// Sets deadlines for `stream`, whose requests `activity` follows.
    pub(super) fn new(stream: S, activity: Activity, header: Duration, stall: Duration) -> DeadlineStream<S> {
        let (header, stall) = (Deadline::new(header), Deadline::new(stall));
        DeadlineStream { stream, activity, requests: 0, header, stall }
    }

    /// Watches the header section. What is read while a request is being answered belongs to its body, or is the next
    /// one come early.
    fn watch_header<T>(&mut self, context: &mut Context<'_>, progress: bool) -> Poll<io::Result<T>> {
        let requests = self.activity.requests();
        if self.requests != requests {
            self.requests = requests;
            self.header.stop();
        }
        if progress && !self.activity.is_busy() {
            self.header.start();
        }
        self.header.poll_passed(context)
    }

    fn watch_stall<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall.stop();
            return written;
        }
        self.stall.start();
        self.stall.poll_passed(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for DeadlineStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let progress = read.is_ready() && buffer.filled().len() > filled;
        // A client that sends a byte now and then keeps the stream ready and must not outlive its deadline by that.
        match this.watch_header(context, progress) {
            Poll::Pending => read,
            passed @ Poll::Ready(_) => passed,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for DeadlineStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.watch_stall(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.watch_stall(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.watch_stall(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let ended = Pin::new(&mut this.stream).poll_shutdown(context);
        this.watch_stall(context, ended)
    }
}
