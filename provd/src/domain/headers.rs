//! The header fields of a request, in one piece of memory: requests come by the thousand, and most fields are never read.

use std::fmt;

/// Names in lower case, with their values, in the order received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Each name, followed by its value.
    text: String,
    fields: Vec<Field>,
}

/// Where a name and a value end; the name begins where the value before it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Field {
    name: usize,
    value: usize,
}

impl Headers {
    /// None, with room for so many of so many bytes together.
    pub fn with_capacity(fields: usize, bytes: usize) -> Headers {
        Headers { text: String::with_capacity(bytes), fields: Vec::with_capacity(fields) }
    }

    /// Adds one behind all others.
    pub fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let name = self.text.len();
        self.text.push_str(value);
        self.fields.push(Field { name, value: self.text.len() });
    }

    /// The first value of a name in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// All names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let starts = std::iter::once(0).chain(self.fields.iter().map(|field| field.value));
        let all = starts.zip(&self.fields);
        all.map(|(start, field)| (&self.text[start..field.name], &self.text[field.name..field.value]))
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Headers {
        let mut headers = Headers::default();
        pairs.into_iter().for_each(|(name, value)| headers.push(name.as_ref(), value.as_ref()));
        headers
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(pairs: [(&str, &str); N]) -> Headers {
        pairs.into_iter().collect()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_apart_and_in_order() {
        let pairs = [("host", "a:80"), ("user-agent", ""), ("x-name", "té"), ("user-agent", "second")];
        let headers = Headers::from(pairs);
        assert!(headers.iter().eq(pairs), "{headers:?}");
        assert_eq!((headers.get("user-agent"), headers.get("x-name")), (Some(""), Some("té")));
        assert_eq!((headers.get("x-nam"), Headers::default().get("host")), (None, None));
        assert_ne!(headers, Headers::from([("hosta", ":80")]));
    }
}
