//! The interface described for programs and people: OpenAPI 3.1 made from the routes themselves, the same as pages, and
//! what REST 0.2 has of it in the version of its time.
//!
//! Handlers say what is theirs: parameters, bodies, answers. What all routes have in common is said here, once, so that no
//! handler repeats or contradicts it. None of this needs a token: it holds nothing that is not in the program.

mod completion;
mod documents;
mod pages;
mod parameters;
mod responses;
mod swagger;
mod text;

use std::sync::OnceLock;

use axum::body::Bytes;
use serde_json::Value;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use utoipa_axum::router::UtoipaMethodRouter;

use super::{ApiState, documented};
pub(super) use documents::{
    ConfigDocument, ConfigList, Device, DeviceDocument, DeviceList, RawConfigDocument, Synchronizations,
};
pub(super) use pages::routes;
pub(super) use parameters::{Finding, IfMatch, IfNoneMatch};

/// The finished descriptions, made when somebody first asks.
#[derive(Default)]
pub(super) struct Descriptions {
    made: OnceLock<Made>,
}

struct Made {
    openapi: Bytes,
    swagger: Bytes,
}

impl Descriptions {
    /// OpenAPI 3.1 of all routes, as JSON.
    fn openapi(&self) -> Bytes {
        self.made().openapi.clone()
    }

    /// OpenAPI 2 of the routes of 0.2, as JSON, which is YAML too.
    fn swagger(&self) -> Bytes {
        self.made().swagger.clone()
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            let document = completion::complete(&documented());
            // A value serializes into text without fail.
            let text = |document: &Value| Bytes::from(format!("{document:#}\n"));
            Made { openapi: text(&document), swagger: text(&swagger::of(&document)) }
        })
    }
}

/// Routes that need no token say so.
pub(super) fn open(
    (schemas, mut documented, methods): UtoipaMethodRouter<ApiState>,
) -> UtoipaMethodRouter<ApiState> {
    for item in documented.paths.values_mut() {
        for operation in
            [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
        {
            operation.security = Some(Vec::new());
        }
    }
    (schemas, documented, methods)
}

/// Text that is one of a few words.
pub(super) fn words(meaning: &str, words: &[&str]) -> Object {
    let object = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied()));
    object.description(Some(meaning)).build()
}
