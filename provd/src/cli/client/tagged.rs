//! Changing a document as it was read: if somebody else changes it meanwhile, it is read again and changed anew.

use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{CHANGE_DEADLINE, Client, MEDIA_TYPE};
use crate::cli::failure::Failure;

/// How often a change is tried that somebody else's got ahead of.
const ATTEMPTS: usize = 5;

impl Client {
    /// Reads the document at a path, edits it, and writes it back. Gives the path of the operation, if there is more to do
    /// than an answer can wait for.
    pub(in crate::cli) async fn change(
        &self,
        path: &str,
        wrapper: &str,
        edit: impl Fn(&mut Map<String, Value>) -> Result<(), Failure>,
    ) -> Result<Option<String>, Failure> {
        let mut attempts = 1;
        loop {
            let (mut document, tag) = self.tagged(path, wrapper).await?;
            edit(&mut document)?;
            match self.put_matching(path, &json!({ wrapper: document }), tag.as_deref()).await {
                Err(Failure::Refused { status, .. })
                    if status == StatusCode::PRECONDITION_FAILED && attempts < ATTEMPTS =>
                {
                    attempts += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// A document, and the tag of its state.
    async fn tagged(
        &self,
        path: &str,
        wrapper: &str,
    ) -> Result<(Map<String, Value>, Option<String>), Failure> {
        let response = self.ask(Method::GET, path, None).await?;
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let mut document = self.document(response).await?;
        match document.get_mut(wrapper).map(Value::take) {
            Some(Value::Object(document)) => Ok((document, tag)),
            _ => Err(self.not_provd(format!("it shows no {wrapper}"))),
        }
    }

    async fn put_matching(
        &self,
        path: &str,
        document: &Value,
        tag: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let request = self.http.put(format!("{}/0.2{path}", self.url)).timeout(CHANGE_DEADLINE);
        let request = request.header(CONTENT_TYPE, MEDIA_TYPE).body(document.to_string());
        let request = tag.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
        let response = self.answer_to(request.header("X-Auth-Token", &self.token)).await?;
        self.location(&response)
    }
}
