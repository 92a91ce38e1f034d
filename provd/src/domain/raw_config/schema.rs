//! The parameters as JSON Schema (draft 2020-12), for who writes documents or programs that do.
//!
//! Made from the table, so that it knows every parameter. What values mean together is `check`'s business.

use serde_json::{Map, Value, json};

use super::kind::{Group, Parameter};
use super::parameters::Parameters;

/// What a raw config may hold. Other names may be there too.
pub fn schema() -> Value {
    of_group::<Parameters>()
}

/// An object of parameters, of which each may be absent.
pub(super) fn of_group<G: Group>() -> Value {
    let properties: Map<String, Value> =
        G::TABLE.iter().map(|parameter| (parameter.name.to_owned(), of_parameter(parameter))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": true})
}

fn of_parameter(parameter: &Parameter) -> Value {
    let mut schema = (parameter.schema)();
    schema["description"] = format!("{} Holds {}.", parameter.meaning.trim(), (parameter.describe)()).into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_described_with_its_type() {
        let schema = schema();
        assert_eq!(
            schema["properties"]["http_port"],
            json!({
                "type": ["integer", "string", "null"],
                "minimum": 1,
                "maximum": 65535,
                "description": "HTTP port of the provisioning server. Holds a port (1 to 65535).",
            })
        );
        let line = &schema["properties"]["sip_lines"]["additionalProperties"];
        assert_eq!(line["properties"]["username"]["type"], json!(["string", "number", "null"]));
    }
}
