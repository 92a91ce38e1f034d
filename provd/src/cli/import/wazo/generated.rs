//! Which files of a plugin's `var/tftpboot` that plugin wrote itself. They are generated anew here, and hold passwords.
//!
//! A file of one phone has its MAC address or UUID in its name. What phones share can have any name, so it is known by what
//! is in it: nearly every line of it is one of a template.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use crate::packages::entries;

use super::documents::Document;

/// Largest file that could be generated, in bytes.
const LARGEST: u64 = 4 << 20;
/// Lines that are looked at.
const LINES: usize = 400;
/// Shortest text that says something, in bytes.
const SHORTEST: usize = 3;
/// How many of ten lines must be a template's. Of 800 files that 112 published plugins generate each has at least eight, of 200
/// that they bring along none has more than three.
const OF_TEN: usize = 6;

/// MAC addresses and UUIDs of phones, as digits alone.
#[derive(Debug, Default)]
pub(super) struct Phones(HashSet<String>);

impl Phones {
    pub(super) fn of(devices: &[Document]) -> Phones {
        let named = |device: &Document| ["mac", "uuid"].map(|key| device.content.get(key).cloned());
        let names = devices.iter().flat_map(named).flatten();
        let digits = names.filter_map(|name| name.as_str().map(digits));
        Phones(digits.filter(|digits| [12, 32].contains(&digits.len())).collect())
    }

    /// Whether one of them is in a name, in any spelling.
    pub(super) fn are_named_in(&self, path: &Path) -> bool {
        let name = digits(&path.to_string_lossy());
        [12, 32].into_iter().any(|length| {
            (0..name.len()).any(|at| name.get(at..at + length).is_some_and(|part| self.0.contains(part)))
        })
    }
}

/// Lower case, without what spellings put between digits.
fn digits(text: &str) -> String {
    let kept = text.chars().filter(|character| !":-._".contains(*character));
    kept.flat_map(char::to_lowercase).collect()
}

/// The lines of a plugin's templates, each as the texts it has around what is filled in.
#[derive(Debug, Default)]
pub(super) struct Templates(HashSet<Vec<String>>);

impl Templates {
    /// Reads the templates of a plugin's folder, those of administrators too. One that cannot be read knows no lines.
    pub(super) fn of(plugin: &Path) -> Templates {
        let mut lines = HashSet::new();
        let mut folders = vec![plugin.join("templates"), plugin.join("var/templates")];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder).unwrap_or_default() {
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else if let Some(text) = small_text(&path) {
                    lines.extend(text.lines().map(texts).filter(|texts| !texts.is_empty()));
                }
            }
        }
        Templates(lines)
    }

    /// Whether a file was made of them.
    pub(super) fn made(&self, file: &Path) -> bool {
        let Some(text) = small_text(file) else { return false };
        let lines = || text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST).take(LINES);
        let known = lines().filter(|line| self.0.iter().any(|texts| has_in_order(line, texts))).count();
        let all = lines().count();
        all > 0 && known * 10 >= all * OF_TEN
    }
}

/// The text of a file, unless it is no text, or more than anybody generates.
fn small_text(path: &Path) -> Option<String> {
    let length = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    let bytes = if length <= LARGEST { fs::read(path).ok()? } else { return None };
    (!bytes.contains(&0)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// What of a template's line is in the file as it stands: what is not within braces.
fn texts(line: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = line;
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|begin| rest.find(begin)).min() {
        texts.push(&rest[..at]);
        let end = ["}}", "%}", "#}"].iter().filter_map(|end| rest[at..].find(end)).min();
        rest = end.map_or("", |end| &rest[at + end + 2..]);
    }
    texts.push(rest);
    let said = texts.into_iter().map(str::trim).filter(|text| text.len() >= SHORTEST);
    said.map(str::to_owned).collect()
}

fn has_in_order(line: &str, texts: &[String]) -> bool {
    let mut rest = line;
    texts.iter().all(|text| match rest.find(text.as_str()) {
        Some(at) => {
            rest = &rest[at + text.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_phone_is_named_in_any_spelling() {
        let device = |content: serde_json::Value| Document {
            id: String::new(),
            content: content.as_object().cloned().unwrap_or_default(),
        };
        let devices = [
            device(json!({"mac": "00:08:5d:23:74:29"})),
            device(json!({"uuid": "9e6b3c1a-0000-4000-8000-00000000000a", "mac": null})),
            device(json!({"mac": "", "uuid": 7})),
        ];
        let phones = Phones::of(&devices);
        for name in [
            "Aastra/00085D237429.cfg",
            "SEP00085d237429.cnf.xml",
            "00-08-5D-23-74-29/a",
            "0008.5d23.7429",
            "x/9E6B3C1A-0000-4000-8000-00000000000A.xml",
            "9e6b3c1a00004000800000000000000a",
        ] {
            assert!(phones.are_named_in(Path::new(name)), "{name}");
        }
        for name in ["Aastra/00085D23742A.cfg", "aastra.cfg", "00085D23742", "Größe"] {
            assert!(!phones.are_named_in(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn the_texts_of_a_line_are_those_around_what_is_filled_in() {
        assert_eq!(texts("  user = {{ name|e }} ; {% if a %}on{% else %}off{% endif %}."), ["user =", "off"]);
        assert_eq!(texts("{{ a }}{# never ends"), Vec::<String>::new());
    }

    #[test]
    fn a_file_is_known_by_its_template() {
        let plugin = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = plugin.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            path
        };
        write(
            "templates/common/a.tpl",
            b"# Acme phone\nserver = {{ url }}/x\n{% if ntp %}\nntp = {{ ntp }}\n{% endif %}\n",
        );
        write("var/templates/b.tpl", b"logo = {{ logo }}\n");
        let templates = Templates::of(plugin.path());
        assert!(templates.made(&write("1", b"# Acme phone\nserver = http://h/x\nlogo = 1\n\nother line\n")));
        assert!(!templates.made(&write("2", b"# A dial plan\nserver = nowhere\nx = 1\n")));
        assert!(!templates.made(&write("3", b"# Acme phone\nserver = http://h/x\n\0")), "no text");
        assert!(!templates.made(&write("4", b"")) && !templates.made(&plugin.path().join("none")));
    }
}
