//! A stream that does not wait for ever: for the next request, for the rest of a header section, or for a client that
//! stopped reading.
//!
//! A timer is touched only when something has to be waited for, and one that is too early is left to run out first: to set
//! one for each request would cost as much as to parse it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::settings::HttpSettings;

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
    idle_timeout: Duration,
    header_timeout: Duration,
    stall_timeout: Duration,
    /// As many requests as the stream knows to be complete.
    requests: u64,
    reading: Reading,
    /// While a request is waited for, or the rest of it.
    read_timer: Timer,
    /// While nothing can be written.
    stalled: Option<Instant>,
    stall_timer: Timer,
}

/// What is read, and since when.
#[derive(Debug, Clone, Copy)]
enum Reading {
    /// The body of a request that is being answered, or the next one come early: no matter.
    Anything,
    /// Nothing yet of the next request.
    Nothing(Instant),
    /// A part of its header section.
    Header(Instant),
}

/// Wakes the task at or before the moment that is waited for.
#[derive(Debug, Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

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

impl Timer {
    /// Ready once a moment has passed.
    fn poll(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(until);
        }
        Poll::Pending
    }

    /// Has the task woken once some time has passed, if not before.
    fn wake_within(&mut self, time: Duration, context: &mut Context<'_>) {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep(time)));
        while sleep.as_mut().poll(context).is_ready() {
            sleep.as_mut().reset(Instant::now() + time);
        }
    }
}

fn timed_out<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl<S> DeadlineStream<S> {
    /// Sets deadlines for `stream`, whose requests `activity` follows.
    pub(super) fn new(stream: S, activity: Activity, settings: &HttpSettings) -> DeadlineStream<S> {
        DeadlineStream {
            stream,
            activity,
            idle_timeout: settings.idle_timeout,
            header_timeout: settings.header_timeout,
            stall_timeout: settings.stall_timeout,
            requests: 0,
            reading: Reading::Nothing(Instant::now()),
            read_timer: Timer::default(),
            stalled: None,
            stall_timer: Timer::default(),
        }
    }

    /// What is read now.
    fn look(&mut self) -> Reading {
        let requests = self.activity.requests();
        let is_answered = matches!(self.reading, Reading::Anything) || self.requests != requests;
        self.requests = requests;
        if self.activity.is_busy() {
            self.reading = Reading::Anything;
        } else if is_answered {
            self.reading = Reading::Nothing(Instant::now());
        }
        self.reading
    }

    /// Until when more must have been read.
    fn until(&self) -> Option<Instant> {
        match self.reading {
            Reading::Anything => None,
            Reading::Nothing(since) => Some(since + self.idle_timeout),
            Reading::Header(since) => Some(since + self.header_timeout),
        }
    }

    fn watch_stall<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        ready!(self.stall_timer.poll(since + self.stall_timeout, context));
        timed_out()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for DeadlineStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let reading = this.look();
        let filled = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let progress = read.is_ready() && buffer.filled().len() > filled;
        if progress && matches!(reading, Reading::Nothing(_)) {
            this.reading = Reading::Header(Instant::now());
        }
        let Some(until) = this.until() else {
            // hyper does not look again by itself once the answer has gone out: who idles from then on would not be noticed.
            if read.is_pending() {
                this.read_timer.wake_within(this.idle_timeout.min(this.header_timeout), context);
            }
            return read;
        };
        if read.is_pending() {
            ready!(this.read_timer.poll(until, context));
            return timed_out();
        }
        // A client that sends a byte now and then keeps the stream ready and must not outlive its deadline by that.
        if matches!(reading, Reading::Header(_)) && Instant::now() >= until {
            return timed_out();
        }
        read
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

    /// The connection is closed right after it, which says the same to the client.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
