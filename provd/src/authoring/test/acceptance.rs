//! What cases are to expect from now on, written where they state it: the rest of the file stays as its author wrote it.

use std::fs;
use std::io;
use std::ops::Range;

use super::format::CaseFile;

/// Values of one file that are to be replaced.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Replaces what stands there. If several targets disagree about a value, the last one has its way.
    pub(super) fn replace(&mut self, place: Range<usize>, value: String) {
        self.0.retain(|(other, _)| *other != place);
        self.0.push((place, value));
    }

    /// Writes the file anew, if there is anything to replace.
    pub(super) fn write(self, file: &CaseFile) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        fs::write(&file.path, self.applied_to(&file.text))
    }

    fn applied_to(mut self, text: &str) -> String {
        self.0.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        let mut text = text.to_owned();
        for (place, value) in self.0 {
            text.replace_range(place, &value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_are_replaced() {
        let mut edits = Edits::default();
        edits.replace(4..5, "10".to_owned());
        edits.replace(10..11, "no".to_owned());
        edits.replace(10..11, "\"b\"".to_owned());
        assert_eq!(edits.applied_to("a = 1\nb = 2 # two\n"), "a = 10\nb = \"b\" # two\n");
    }
}
