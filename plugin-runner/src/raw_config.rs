//! Reading the raw config out of a request.

use provd_proto::v1::RawConfig;
use serde_json::{Map, Value};

use crate::PluginError;

/// The exact document of a raw config, with keys and types kept. Without a raw config it is empty.
///
/// A raw config whose document is no JSON object is an `INVALID_ARGUMENT`.
pub fn document(raw_config: Option<&RawConfig>) -> Result<Map<String, Value>, PluginError> {
    let text = raw_config.map(|raw_config| raw_config.document_json.as_str()).unwrap_or_default();
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|error| {
        PluginError::InvalidArgument(format!("raw_config.document_json is no JSON object: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_keeps_order_and_types() {
        let document_json = r#"{"b": 1, "a": "1", "X_c": [null, true]}"#.to_owned();
        let raw_config = RawConfig { document_json, ..RawConfig::default() };
        let document = document(Some(&raw_config)).unwrap();
        assert_eq!(document.keys().collect::<Vec<_>>(), ["b", "a", "X_c"]);
        assert_eq!((document["b"].clone(), document["a"].clone()), (1.into(), "1".into()));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert_eq!(document(None), Ok(Map::new()));
        for text in ["[]", "{", "\"a\""] {
            let raw_config = RawConfig { document_json: text.to_owned(), ..RawConfig::default() };
            assert!(matches!(document(Some(&raw_config)), Err(PluginError::InvalidArgument(_))), "{text}");
        }
    }
}
