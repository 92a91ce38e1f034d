//! Variables in the arguments of steps: `$FILE1`, `$ARG1`, `${NAME}`; `\$` is a dollar. One that is not defined is refused.

use std::collections::BTreeMap;

/// Values by name.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Those of a package: the names of its files, and the arguments of its procedure.
    pub(super) fn new<'a>(files: impl Iterator<Item = &'a str>, arguments: &[String]) -> Variables {
        let files = files.enumerate().map(|(index, name)| (format!("FILE{}", index + 1), name.to_owned()));
        let arguments = arguments.iter().enumerate();
        let arguments = arguments.map(|(index, text)| (format!("ARG{}", index + 1), text.clone()));
        Variables(files.chain(arguments).collect())
    }

    /// Replaces all variables in a word. `quote` is what is done to each value.
    pub(super) fn replace(&self, word: &str, quote: fn(&str) -> String) -> Result<String, String> {
        let (mut text, mut rest) = (String::new(), word);
        while let Some(at) = rest.find(['$', '\\']) {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("\\$") {
                text.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('\\') {
                text.push('\\');
                rest = after;
            } else {
                let (name, after) =
                    name(&rest[1..]).ok_or_else(|| format!("`{word}`: `$` without a name"))?;
                let value =
                    self.0.get(name).ok_or_else(|| format!("`{word}`: there is no variable {name}"))?;
                text.push_str(&quote(value));
                rest = after;
            }
        }
        Ok(text + rest)
    }
}

/// The name after a dollar, and what follows it.
fn name(text: &str) -> Option<(&str, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        return braced.split_once('}').filter(|(name, _)| !name.is_empty());
    }
    let end = text.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced() {
        let variables = Variables::new(["fw.zip", "lang.zip"].into_iter(), &["6731i".to_owned()]);
        let replace = |word| variables.replace(word, str::to_owned);
        assert_eq!(replace("$FILE1").unwrap(), "fw.zip");
        assert_eq!(replace("a/${FILE2}x$ARG1.st").unwrap(), "a/lang.zipx6731i.st");
        assert_eq!(replace(r"\$FILE1\d").unwrap(), r"$FILE1\d");
        for wrong in ["$FILE3", "$", "${", "${}", "$ARG2"] {
            assert!(replace(wrong).is_err(), "{wrong}");
        }
    }
}
