//! The form of definitions that 0.2 reads: every file in `pkgs/`, in sections `pkg_ID`, `file_ID` and `install_ID`. A key's
//! value goes on in lines that are indented; keys are the same in capitals. Nothing else of INI files has a meaning here.

use std::collections::BTreeMap;

use super::definition::{InvalidDefinition, Written, WrittenFile, WrittenPackage, WrittenStep};

/// Values by key, of one section.
type Section = BTreeMap<String, String>;

/// Reads one file; `name` is for words about it.
pub(super) fn parse(name: &str, text: &str) -> Result<Written, InvalidDefinition> {
    let wrong = |why: String| InvalidDefinition { place: format!("file {name}"), why };
    let mut written = Written::default();
    for (section, values) in sections(text).map_err(wrong)? {
        let at = |why: String| InvalidDefinition { place: format!("file {name}, [{section}]"), why };
        match section.split_once('_') {
            Some(("pkg", id)) => {
                written.packages.insert(id.to_owned(), package(values).map_err(at)?);
            }
            Some(("file", id)) => {
                written.files.insert(id.to_owned(), file(values).map_err(at)?);
            }
            Some(("install", id)) => {
                written.procedures.insert(id.to_owned(), procedure(&values).map_err(at)?);
            }
            _ => return Err(at("expected pkg_ID, file_ID or install_ID".to_owned())),
        }
    }
    Ok(written)
}

fn package(mut values: Section) -> Result<WrittenPackage, String> {
    if values.contains_key("id") {
        return Err("id: it is in the name of the section".to_owned());
    }
    let mut list = |key: &str| words(&values.remove(key).unwrap_or_default());
    let (files, mut install, depends) = (list("files"), list("install").into_iter(), list("depends"));
    let install = install.next().map(|procedure| (procedure, install.collect()));
    let version = needed(&mut values, "version")?;
    let description = needed(&mut values, "description")?;
    let localised =
        |(key, text): (String, String)| Some((key.strip_prefix("description_")?.to_owned(), text));
    let descriptions = values.into_iter().filter_map(localised).collect();
    Ok(WrittenPackage {
        version,
        description,
        descriptions,
        files,
        install,
        depends,
        ..WrittenPackage::default()
    })
}

fn file(mut values: Section) -> Result<WrittenFile, String> {
    let size = needed(&mut values, "size")?;
    let size = size.parse().map_err(|_| format!("size: `{size}`: expected a number of bytes"))?;
    let is_protected = match values.remove("downloader").as_deref() {
        None | Some("default") => false,
        Some("auth") => true,
        Some(other) => return Err(format!("downloader: `{other}`: expected default or auth")),
    };
    Ok(WrittenFile {
        url: needed(&mut values, "url")?,
        size: Some(size),
        sha256: None,
        sha1: Some(needed(&mut values, "sha1sum")?),
        name: values.remove("filename"),
        is_protected,
    })
}

fn procedure(values: &Section) -> Result<Vec<WrittenStep>, String> {
    let step = |(edge, text): (&String, &String)| {
        let (from, to) = edge.split_once('-').ok_or_else(|| format!("{edge}: expected FROM-TO"))?;
        Ok(WrittenStep { from: from.trim().to_owned(), to: to.trim().to_owned(), words: words(text) })
    };
    values.iter().map(step).collect()
}

fn needed(values: &mut Section, key: &str) -> Result<String, String> {
    values.remove(key).filter(|value| !value.is_empty()).ok_or_else(|| format!("{key}: it is needed"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn sections(text: &str) -> Result<BTreeMap<String, Section>, String> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut at: Option<(String, Option<String>)> = None;
    for (number, line) in text.lines().enumerate() {
        let wrong = |why: &str| format!("line {}: {why}", number + 1);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').filter(|_| !line.starts_with([' ', '\t'])) {
            let name = name.strip_suffix(']').ok_or_else(|| wrong("expected ] at its end"))?;
            if sections.insert(name.to_owned(), Section::new()).is_some() {
                return Err(wrong(&format!("the section {name} is there twice")));
            }
            at = Some((name.to_owned(), None));
            continue;
        }
        let (section, last) = at.as_mut().ok_or_else(|| wrong("expected a section before it"))?;
        let values = sections.entry(section.clone()).or_default();
        if line.starts_with([' ', '\t']) {
            let value = last.as_ref().and_then(|key| values.get_mut(key));
            let value = value.ok_or_else(|| wrong("it is indented, but there is no key to go on with"))?;
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        let (key, value) = trimmed.split_once(['=', ':']).ok_or_else(|| wrong("expected KEY = VALUE"))?;
        let key = key.trim().to_lowercase();
        if values.insert(key.clone(), value.trim().to_owned()).is_some() {
            return Err(wrong(&format!("{key} is there twice")));
        }
        *last = Some(key);
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Firmware of one phone.
[pkg_6731i-fw]
description: Firmware for Aastra 6731i
description_fr: Micrologiciel pour Aastra 6731i
Version: 3.3.1
files: fw
 lang
install: aastra 6731i

[file_fw]
url: http://vendor.example/get?id=1
filename: fw.zip
size: 2048
sha1sum: 0000000000000000000000000000000000000001

[file_lang]
url = http://vendor.example/lang.zip
size = 1
sha1sum = 0000000000000000000000000000000000000002
downloader = auth

[install_aastra]
a-b: unzip $FILE1
b-c: cp $ARG1.st Aastra/
";

    #[test]
    fn a_definition_is_read() {
        let definitions = parse("pkgs.db", TEXT).unwrap().resolve("aastra").unwrap();
        let package = &definitions["6731i-fw"];
        assert_eq!((package.version.as_str(), package.files.len()), ("3.3.1", 2));
        assert_eq!(package.descriptions["fr"], "Micrologiciel pour Aastra 6731i");
        assert_eq!(package.files[0].url.as_str(), "http://vendor.example/get?id=1");
        assert_eq!((package.files[0].name.as_str(), package.files[0].is_protected), ("fw.zip", false));
        assert!(package.files[1].is_protected);
        assert_eq!(package.graph.results, ["c"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let why = |text: &str| parse("pkgs.db", text).unwrap_err().to_string();
        assert_eq!(why("a: b"), "file pkgs.db: line 1: expected a section before it");
        assert!(why("[other]").contains("[other]: expected pkg_ID"));
        assert!(why("[pkg_a]\nversion: 1").contains("[pkg_a]: description: it is needed"));
        assert!(why("[pkg_a]\nid: 1").contains("name of the section"));
        assert!(why("[file_a]\nsize: many").contains("`many`"));
        assert!(why("[install_a]\nab: cp").contains("FROM-TO"));
        assert!(why("[pkg_a]\n[pkg_a]").contains("twice"));
        assert!(why("[pkg_a]\n  x").contains("no key"));
        assert!(why("[pkg_a]\nb: 1\nB: 2").contains("line 3: b is there twice"));
    }
}
