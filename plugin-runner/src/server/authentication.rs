//! Who may call: whoever carries the token that provd gave this process. Everyone else on the machine may not.

use std::sync::Arc;

use provd_proto::TOKEN_METADATA_KEY;
use subtle::ConstantTimeEq;
use tonic::{Request, Status};

/// The one caller there is.
#[derive(Clone)]
pub(super) struct Caller {
    token: Arc<str>,
}

impl Caller {
    pub(super) fn new(token: String) -> Caller {
        Caller { token: token.into() }
    }

    /// Lets a call through, or refuses it as `UNAUTHENTICATED`. How long that takes does not tell how much of a token
    /// was right.
    pub(super) fn admit(&self, request: Request<()>) -> Result<Request<()>, Status> {
        let carried =
            request.metadata().get(TOKEN_METADATA_KEY).map(tonic::metadata::MetadataValue::as_bytes);
        let right = carried.is_some_and(|carried| bool::from(carried.ct_eq(self.token.as_bytes())));
        if right {
            Ok(request)
        } else {
            Err(Status::unauthenticated("this plugin answers only the provd that started it"))
        }
    }
}
