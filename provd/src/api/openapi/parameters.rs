//! Parameters that several routes have, for the description only.
#![expect(dead_code, reason = "they describe, and are never made")]

use utoipa::IntoParams;

/// What is looked for in a list. What is no JSON, base64 or number is ignored, as clients of 0.2 expect.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Finding {
    /// Only those that this selector matches, as JSON: `{"vendor": "Aastra"}`.
    q: Option<String>,
    /// The same in base64; wins over `q`.
    q64: Option<String>,
    /// Only these fields, separated by commas, dotted for those within others; `id` is always there.
    #[param(example = "mac,options.switchboard")]
    fields: Option<String>,
    /// How many are left out.
    skip: Option<i64>,
    /// At most so many; 0: all.
    limit: Option<i64>,
    /// The field they are sorted by, as text.
    sort: Option<String>,
    /// `ASC`, unless it is `DESC`.
    sort_ord: Option<String>,
}

/// For changes of a certain state only.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(in crate::api) struct IfMatch {
    /// Done only if the document is in the state that has this `ETag`.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// For who may have the document already.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(in crate::api) struct IfNoneMatch {
    /// The `ETag` of the state that the client has.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}
