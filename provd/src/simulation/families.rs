//! Which families are played: those inside the program, and folders of authors.

use std::fs;
use std::path::Path;

use super::Problem;
use super::boot::{Family, PATH};
use crate::packages::BUNDLED;

/// The word for every family inside the program.
const ALL: &str = "all";

/// Finds what was named, each once.
pub(super) fn find(names: &[String]) -> Result<Vec<Family>, Problem> {
    let mut families: Vec<Family> = Vec::new();
    for name in names {
        let found = match name.as_str() {
            ALL => bundled_names().into_iter().map(bundled).collect::<Result<_, _>>()?,
            name if name.contains('/') || name == "." => vec![in_folder(Path::new(name))?],
            name => vec![bundled(name)?],
        };
        for family in found {
            if families.iter().all(|known| known.name != family.name) {
                families.push(family);
            }
        }
    }
    Ok(families)
}

fn bundled(name: &str) -> Result<Family, Problem> {
    let unknown = || {
        let known = bundled_names().join(", ");
        Problem::Usage(format!(
            "there is no family `{name}`; there are {known}, and {ALL}. A folder is named with a slash: ./{name}"
        ))
    };
    let file =
        BUNDLED.get_dir(name).and_then(|_| BUNDLED.get_file(format!("{name}/{PATH}"))).ok_or_else(unknown)?;
    let text = file.contents_utf8().ok_or_else(unknown)?;
    Family::read(name, text).map_err(|why| Problem::Usage(format!("{name}/{PATH}: {why}")))
}

fn bundled_names() -> Vec<&'static str> {
    let folders = BUNDLED.dirs().filter_map(|folder| folder.path().to_str());
    let mut names: Vec<&str> = folders.filter(|name| BUNDLED.contains(format!("{name}/{PATH}"))).collect();
    names.sort_unstable();
    names
}

fn in_folder(folder: &Path) -> Result<Family, Problem> {
    let file = folder.join(PATH);
    let wrong = |why: String| Problem::Usage(format!("{}: {why}", file.display()));
    let text = fs::read_to_string(&file).map_err(|error| wrong(error.to_string()))?;
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    Family::read(&name.unwrap_or_else(|| folder.display().to_string()), &text).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Target and model.
    type Pair = (String, String);

    fn declared(family: &str) -> BTreeSet<Pair> {
        let manifest = BUNDLED.get_file(format!("{family}/plugin.toml")).unwrap().contents_utf8().unwrap();
        let manifest: toml::Table = toml::from_str(manifest).unwrap();
        let targets = manifest["target"].as_array().unwrap();
        let pairs = targets.iter().flat_map(|target| {
            let models = target["models"].as_array().unwrap();
            models
                .iter()
                .map(|model| (target["id"].as_str().unwrap().to_owned(), model.as_str().unwrap().to_owned()))
        });
        pairs.collect()
    }

    #[test]
    fn every_family_inside_the_program_plays_all_its_targets_and_models() {
        assert!(BUNDLED.dirs().count() > 0);
        for folder in BUNDLED.dirs() {
            let name = folder.path().to_str().unwrap();
            let family = bundled(name).unwrap();
            let played: BTreeSet<Pair> =
                family.kinds.iter().map(|kind| (kind.target.clone(), kind.model.clone())).collect();
            assert_eq!(played, declared(name), "{name}");
        }
    }

    #[test]
    fn all_are_those_inside_the_program_each_once() {
        let names = |wanted: &[&str]| -> Vec<String> {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            find(&wanted).unwrap().into_iter().map(|family| family.name).collect()
        };
        assert_eq!(names(&["all"]), bundled_names());
        assert_eq!(names(&["aastra", "aastra"]), ["aastra"]);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/digium");
        assert_eq!(names(&[folder, "digium"]), ["digium"]);
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let error = find(&["yealonk".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("yealonk") && error.contains("aastra"), "{error}");
        let error = find(&["/nonexistent/x".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/x/tests/boot.toml"), "{error}");
    }
}
