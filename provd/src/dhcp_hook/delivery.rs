//! One event to the server, until it is answered or patience ends.
//!
//! An event may arrive twice, for an answer can be lost: telling of a lease again changes nothing.

use std::io;
use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::log::Log;
use super::route::{NoRoute, Route};
use crate::tls;

/// Below the URL of the server.
const PATH: &str = "/0.2/dev_mgr/dhcpinfo";
const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
/// Longest time until a connection is made, so much shorter than the next that they are not taken for each other.
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);
/// Longest time until one attempt is answered.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long to wait before the second attempt; twice as long before each further one, up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Most of what the server says that is repeated in the log, in characters.
const SAID: usize = 200;

/// Why an event did not arrive.
#[derive(Debug, Error)]
pub(super) enum Undelivered {
    /// The server will never take it.
    #[error("the server refuses it: {0}")]
    Refused(String),
    /// The server took every attempt and failed each time.
    #[error("the server fails: {0}")]
    Failed(String),
    /// No server, or none that lets us in.
    #[error("{0}")]
    Away(String),
}

impl From<NoRoute> for Undelivered {
    fn from(error: NoRoute) -> Undelivered {
        Undelivered::Away(error.to_string())
    }
}

/// The way to the server.
#[derive(Debug)]
pub(super) struct Delivery {
    http: Client,
    route: Route,
    log: Log,
}

impl Delivery {
    /// Nothing is sent yet.
    pub(super) fn new(route: &Route, log: Log) -> io::Result<Delivery> {
        let http = tls::client()
            .map_err(io::Error::other)?
            // The token is for this server alone.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_DEADLINE)
            .timeout(DEADLINE)
            .build()
            .map_err(io::Error::other)?;
        Ok(Delivery { http, route: route.clone(), log })
    }

    /// Sends an event again and again until the server has decided on it, for at most as long as patience lasts.
    pub(super) async fn insist(&self, body: &str, patience: Duration) -> Result<(), Undelivered> {
        let began = Instant::now();
        let mut pause = SHORTEST_PAUSE;
        loop {
            let error = match self.attempt(body).await {
                Ok(()) => return Ok(()),
                Err(error @ Undelivered::Refused(_)) => return Err(error),
                Err(error) => error,
            };
            if pause == SHORTEST_PAUSE {
                self.log.line(&format!("{error}; it is tried again"));
            }
            if began.elapsed() + pause > patience {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, body: &str) -> Result<(), Undelivered> {
        let url = format!("{}{PATH}", self.route.url()?);
        let request = self.http.post(url).header("Content-Type", MEDIA_TYPE);
        let request = request.header("X-Auth-Token", self.route.token()?).body(body.to_owned());
        // Errors name no URL: it may hold a password.
        let away = |error: reqwest::Error| {
            Undelivered::Away(format!("the server cannot be reached: {}", innermost(&error.without_url())))
        };
        let response = match request.send().await {
            Err(error) if error.is_timeout() && !error.is_connect() => {
                return Err(Undelivered::Failed("it does not answer in time".to_owned()));
            }
            response => response.map_err(away)?,
        };
        let status = response.status();
        let said: String = response.text().await.map_err(away)?.chars().take(SAID).collect();
        judge(status, &said)
    }
}

/// What an answer means for the event. A wrong token, a busy server and one that is behind a proxy and away can change.
fn judge(status: StatusCode, said: &str) -> Result<(), Undelivered> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(Undelivered::Away("the server does not accept the token".to_owned()))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(Undelivered::Failed(format!("{status}")))
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            Err(Undelivered::Away(format!("the server is away: {status}")))
        }
        status if status.is_server_error() => Err(Undelivered::Failed(format!("{status}: {said}"))),
        status => Err(Undelivered::Refused(format!("{status}: {said}"))),
    }
}

/// The last cause: `Connection refused` says more than `error sending request`.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_the_same_every_time() {
        let judged = |code: u16| judge(StatusCode::from_u16(code).unwrap(), "why");
        assert!(judged(200).is_ok() && judged(204).is_ok());
        for code in [301, 400, 404, 405, 406, 413, 415] {
            assert!(matches!(judged(code), Err(Undelivered::Refused(_))), "{code}");
        }
        for code in [401, 403, 502, 504] {
            assert!(matches!(judged(code), Err(Undelivered::Away(_))), "{code}");
        }
        for code in [408, 429, 500, 503] {
            assert!(matches!(judged(code), Err(Undelivered::Failed(_))), "{code}");
        }
    }
}
