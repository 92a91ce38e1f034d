//! What an answer must be: demands one after another, each with its words.

use serde_json::Value;

use crate::request::{Answer, MEDIA_TYPE};

/// Most characters of an error's text.
const SHORT: usize = 1000;

type Demand = Box<dyn Fn(&Answer) -> bool>;

/// Demands on one answer, all of which must be met.
pub(crate) struct Expected(Vec<(String, Demand)>);

/// An answer of this status.
pub(crate) fn status(status: u16) -> Expected {
    Expected(Vec::new()).and(format!("status {status}"), move |answer| answer.status == status)
}

/// A document: 200, of the media type.
pub(crate) fn document() -> Expected {
    status(200).header("content-type", MEDIA_TYPE)
}

/// A document that is this and nothing else.
pub(crate) fn exactly(document_: Value) -> Expected {
    document().body(document_)
}

/// A refusal: of this status, in short plain text that says something.
pub(crate) fn refused(with: u16) -> Expected {
    status(with).and("a short plain text", |answer| {
        let said = answer.text.trim();
        answer.header("content-type").starts_with("text/plain")
            && !said.is_empty()
            && said.len() < SHORT
            && !said.contains('\n')
    })
}

/// Done, and nothing to say.
pub(crate) fn done() -> Expected {
    status(204).without("content-type").and("no body", |answer| answer.text.is_empty())
}

/// Something of this identifier was created below a collection.
pub(crate) fn created(collection: &str, id: &str) -> Expected {
    status(201).body(serde_json::json!({ "id": id })).header("location", &format!("/0.2{collection}/{id}"))
}

/// Work that was begun: an operation of this collection, nothing in the body.
pub(crate) fn begun(collection: &'static str) -> Expected {
    status(201).and("no body", |answer| answer.text.is_empty()).and(
        format!("a Location that is /0.2{collection}/ and a number"),
        move |answer| {
            let number = answer.header("location").strip_prefix(&format!("/0.2{collection}/"));
            number.is_some_and(|number| number.parse::<u64>().is_ok_and(|number| number > 0))
        },
    )
}

impl Expected {
    /// And this.
    pub(crate) fn and(
        mut self,
        words: impl Into<String>,
        holds: impl Fn(&Answer) -> bool + 'static,
    ) -> Expected {
        self.0.push((words.into(), Box::new(holds)));
        self
    }

    /// Anything but this.
    pub(crate) fn not(self) -> Expected {
        Expected(Vec::new())
            .and(format!("anything but {}", self.words()), move |answer| self.unmet(answer).is_some())
    }

    fn words(&self) -> String {
        self.0.iter().map(|(words, _)| words.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Or all of this instead.
    pub(crate) fn or(self, other: Expected) -> Expected {
        let both = format!("{} or {}", self.words(), other.words());
        Expected(Vec::new())
            .and(both, move |answer| self.unmet(answer).is_none() || other.unmet(answer).is_none())
    }

    /// And this document as its body.
    pub(crate) fn body(self, document: Value) -> Expected {
        self.and(format!("{document}"), move |answer| answer.json() == document)
    }

    /// And this value at a JSON pointer; null also stands for nothing.
    pub(crate) fn at(self, pointer: &'static str, value: impl Into<Value>) -> Expected {
        let value = value.into();
        self.and(format!("{value} at {pointer}"), move |answer| {
            answer.json().pointer(pointer).unwrap_or(&Value::Null) == &value
        })
    }

    /// And nothing there.
    pub(crate) fn nothing_at(self, pointer: &'static str) -> Expected {
        self.and(format!("nothing at {pointer}"), move |answer| {
            let document = answer.json();
            document.is_object() && document.pointer(pointer).is_none()
        })
    }

    /// And a value there that is as it should be.
    pub(crate) fn that(
        self,
        pointer: &'static str,
        words: &str,
        holds: impl Fn(&Value) -> bool + 'static,
    ) -> Expected {
        self.and(format!("{words} at {pointer}"), move |answer| {
            answer.json().pointer(pointer).is_some_and(&holds)
        })
    }

    /// And this text, apart from the end of its line.
    pub(crate) fn text(self, text: &'static str) -> Expected {
        self.and(format!("the text `{text}`"), move |answer| answer.text.trim_end() == text)
    }

    /// And a text with these words.
    pub(crate) fn saying(self, words: impl Into<String>) -> Expected {
        let words = words.into();
        self.and(format!("`{words}` in the text"), move |answer| answer.text.contains(&words))
    }

    /// And this header.
    pub(crate) fn header(self, name: &'static str, value: &str) -> Expected {
        let value = value.to_owned();
        self.and(format!("{name}: {value}"), move |answer| answer.header(name) == value)
    }

    /// And no such header.
    pub(crate) fn without(self, name: &'static str) -> Expected {
        self.and(format!("no {name}"), move |answer| !answer.headers.contains_key(name))
    }

    /// And these identifiers in a list at a pointer, in this order.
    pub(crate) fn ids(self, pointer: &'static str, ids: &str) -> Expected {
        let wanted = ids.to_owned();
        self.and(format!("the ids `{ids}` at {pointer}"), move |answer| {
            ids_at(&answer.json(), pointer).is_some_and(|found| found.join(" ") == wanted)
        })
    }

    /// What is demanded and not so.
    pub(crate) fn unmet(&self, answer: &Answer) -> Option<&str> {
        self.0.iter().find(|(_, holds)| !holds(answer)).map(|(words, _)| words.as_str())
    }
}

/// The identifiers of a list of documents.
pub(crate) fn ids_at(document: &Value, pointer: &str) -> Option<Vec<String>> {
    let list = document.pointer(pointer)?.as_array()?;
    list.iter().map(|item| item["id"].as_str().map(str::to_owned)).collect()
}
