//! What the description says of the interface as a whole.

use serde_json::{Value, json};

/// What the interface is called, and how it is used.
pub(super) fn info() -> Value {
    json!({
        "title": "provd",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Provisioning of IP phones: which phones there are, what they are to be told, and what they got.\n\n\
            Every request but those of this description needs a token. Documents are JSON of the type \
            `application/vnd.proformatique.provd+json`: bodies must name exactly that in `Content-Type`. `HEAD` is \
            answered like `GET`, `OPTIONS` with what pages of other origins may do. Errors of the paths of REST 0.2 are \
            a line of text unless `Accept` names `application/problem+json`; those of other paths always are such \
            documents (RFC 9457).",
        "license": {"name": "MIT or Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    })
}

/// What each tag stands for.
pub(super) fn tags() -> Value {
    let tags = [
        ("devices", "Phones: their records, their files, what they were seen to do."),
        ("configs", "What phones are to be told, and from which other configs they inherit it."),
        ("plugins", "Families of phones: which are installed, and how they are."),
        ("firmware", "Firmware and languages of phones: what there is, what is installed."),
        ("operations", "Work that goes on after its request was answered."),
        ("requests", "What phones asked for lately, and why they got what they got."),
        ("audit", "Who changed what, and when."),
        ("events", "What happens, as it happens."),
        ("import", "Devices and configs in files, coming in and going out."),
        ("access", "Tokens, and the tenants they belong to."),
        ("server", "The server itself, and where to go from its base."),
        ("description", "This description."),
    ];
    tags.iter().map(|(name, description)| json!({"name": name, "description": description})).collect()
}

/// How a request shows its token.
pub(super) fn security_schemes() -> Value {
    json!({
        "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token", "description": "A token of this server."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The same token."},
    })
}

/// Headers that every route with a token reads.
pub(super) fn parameters() -> Value {
    json!({
        "Tenant": {
            "name": "Wazo-Tenant",
            "in": "header",
            "description": "UUID of the tenant whose devices the request is about; absent: the token's own.",
            "schema": {"type": "string", "format": "uuid"},
        },
    })
}

/// What the parameter of a path stands for, unless its handler says something else.
pub(super) fn path_parameter(name: &str) -> Option<&'static str> {
    Some(match name {
        "id" => "Identifier",
        "package" => "Identifier of a package within its plugin",
        "number" => "Number of the operation",
        "parameter" => "Name of the parameter",
        "plugin" => "Identifier of an installed plugin",
        "uuid" => "UUID",
        _ => return None,
    })
}
