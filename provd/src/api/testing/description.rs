//! What the interface says of itself, read as a client reads it.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use super::Api;

/// The description of the interface.
pub(in crate::api) struct Description(pub(in crate::api) Value);

/// One method of one path.
#[derive(Debug, Clone)]
pub(in crate::api) struct Operation {
    /// In capitals.
    pub(in crate::api) method: String,
    /// With its parameters in braces.
    pub(in crate::api) path: String,
    /// What is said of it.
    pub(in crate::api) said: Value,
}

impl Description {
    pub(in crate::api) async fn of(api: &Api) -> Description {
        let answered = api.send(Request::get("/0.2/api/openapi.json").body(Body::empty()).unwrap()).await;
        assert_eq!((answered.status.as_u16(), answered.header("content-type")), (200, "application/json"));
        Description(answered.json())
    }

    pub(in crate::api) fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(|(method, said)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                said: said.clone(),
            })
        });
        operations.collect()
    }

    /// What is referred to, if it is.
    pub(in crate::api) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(target) => self.0.pointer(target.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }
}

impl Operation {
    /// Whether it needs a token.
    pub(in crate::api) fn is_guarded(&self) -> bool {
        self.said.get("security").is_none()
    }

    /// Whether it answers without end.
    pub(in crate::api) fn is_stream(&self) -> bool {
        self.said.pointer("/responses/200/content/text~1event-stream").is_some()
    }

    /// The names of its parameters in the path or the query.
    pub(in crate::api) fn parameters(&self, place: &str) -> Vec<&str> {
        let parameters = self.said["parameters"].as_array().unwrap().iter();
        parameters.filter(|said| said["in"] == place).map(|said| said["name"].as_str().unwrap()).collect()
    }

    /// Its path with values of parameters, of which each is percent-encoded already.
    pub(in crate::api) fn path_with(&self, value: impl Fn(&str) -> String) -> String {
        let fill = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => value(name),
            None => segment.to_owned(),
        };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// The type of its body, if it has one.
    pub(in crate::api) fn takes(&self) -> Option<&str> {
        let content = self.said["requestBody"]["content"].as_object()?;
        content.keys().next().map(String::as_str)
    }

    /// Whether it says itself that it may fail so, and not just like every other.
    pub(in crate::api) fn fails_with(&self, status: u16) -> bool {
        self.said["responses"][status.to_string()]["content"].is_object()
    }

    /// Whether it says that it may answer so.
    pub(in crate::api) fn answers(&self, status: u16) -> bool {
        self.said["responses"].get(status.to_string()).is_some()
    }
}
