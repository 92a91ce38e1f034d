//! THE WAY of a request.

use async_trait::async_trait;

use crate::domain::answer::Answer;
use crate::domain::request::Request;

/// What a listener needs of everything behind it.
#[async_trait]
pub trait RequestHandler: Send + Sync + 'static {
    /// Answers one request. Never fails: what goes wrong is an [`Answer`] too.
    async fn handle(&self, request: Request) -> Answer;
}
