//! What keeps a plugin process alive: a stdin that provd holds open, and no SIGTERM.

use std::future::Future;
use std::io::{self, Read};
use std::thread;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Stack of the thread that waits for the end of stdin.
const STACK_BYTES: usize = 64 * 1024;

/// Ends when provd is gone, or asks this process to end.
pub(super) fn of_process() -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminated = signal(SignalKind::terminate())?;
    let gone = end_of(io::stdin())?;
    Ok(async move {
        tokio::select! {
            _ = gone => tracing::info!("provd is gone"),
            _ = terminated.recv() => tracing::info!("provd asks this plugin to end"),
        }
    })
}

/// Resolves at the end of a stream; what it carries means nothing.
///
/// The read blocks a thread of its own, not one of the runtime, which would wait for it before the process may end.
pub(super) fn end_of(mut stream: impl Read + Send + 'static) -> io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    let wait = move || {
        // A stream that fails has ended as well, and a receiver that is gone has no more interest in it.
        let _ = io::copy(&mut stream, &mut io::sink());
        let _ = end.send(());
    };
    thread::Builder::new().name("lifeline".to_owned()).stack_size(STACK_BYTES).spawn(wait)?;
    Ok(ended)
}
