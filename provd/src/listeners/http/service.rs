//! Answers the requests of one connection, one after the other.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, Ready, ready};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use hyper::{Request, Response};
use tokio::time::timeout;
use tracing::debug;

use super::body::AnswerBody;
use super::deadlines::{Activity, Busy};
use super::media_type;
use super::request::{self, RequestError};
use super::response::{self, Asked};
use crate::pipeline::RequestHandler;

/// How much of an unwanted upload is read before it is refused. A connection closed in the middle of an upload may take
/// the refusal down with it, and the logs that some phones upload at every start are smaller than this.
const LARGEST_DISCARD: u64 = 64 * 1024;

/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// What the requests of one connection have in common.
pub(super) struct Service {
    /// Decides on the answers.
    pub(super) handler: Arc<dyn RequestHandler>,
    /// The other end of the socket.
    pub(super) peer: IpAddr,
    /// How many proxies are believed about who is behind them.
    pub(super) trusted_proxies: usize,
    /// Told when a request is being answered.
    pub(super) activity: Activity,
}

/// The answer of a request: there already, as nearly always, or to be waited for.
///
/// hyper moves it about, so what has to be waited for is elsewhere.
pub(super) type Answering = Either<Ready<Answered>, BoxFuture<'static, Answered>>;

/// Never fails: what is wrong with a request is an answer too.
type Answered = Result<Response<AnswerBody>, Infallible>;

impl Service {
    /// Answers one request.
    pub(super) fn answer(&self, request: Request<Incoming>) -> Answering {
        let busy = self.activity.begin();
        let (parts, body) = request.into_parts();
        let request = match request::from_http(&parts, self.peer, self.trusted_proxies) {
            Ok(request) => request,
            Err(error) => {
                debug!(peer = %self.peer, %error, "HTTP request refused");
                let refusing = refuse(error, parts, body);
                return Either::Right(Box::pin(async move { Ok(finished(refusing.await, busy)) }));
            }
        };
        let usual_type = media_type::by_name(request.kind.path().unwrap_or_default());
        let asked = Asked { method: parts.method, usual_type, headers: parts.headers };
        if let Some(answer) = self.handler.handle_at_once(&request) {
            return Either::Left(ready(Ok(finished(response::respond(answer, &asked), busy))));
        }
        let handler = Arc::clone(&self.handler);
        Either::Right(Box::pin(async move {
            let answer = handler.handle(request).await;
            Ok(finished(response::respond(answer, &asked), busy))
        }))
    }
}

fn finished(response: Response<AnswerBody>, busy: Busy) -> Response<AnswerBody> {
    response.map(|body| body.keeping(busy))
}

async fn refuse(error: RequestError, parts: Parts, body: Incoming) -> Response<AnswerBody> {
    if matches!(error, RequestError::Method) && !parts.headers.contains_key(EXPECT) {
        discard(body).await;
    }
    response::refuse(&error)
}

/// Reads a small body to its end; leaves a large or slow one alone, after which hyper closes the connection.
async fn discard(mut body: Incoming) {
    let announced = body.size_hint().upper();
    if announced.is_some_and(|length| length > LARGEST_DISCARD) {
        return;
    }
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, |data| data.len() as u64);
            if read > LARGEST_DISCARD {
                return;
            }
        }
    };
    // Whether it ended in time makes no difference to the answer.
    let _ = timeout(DISCARD_TIMEOUT, reading).await;
}
