//! How the files of a package become what phones fetch: folders, and steps that fill one from another.
//!
//! Folder `a` holds the files of the package. Each other folder is filled by one step from one folder; what no step reads is
//! the result. What cannot be done in any order is refused when it is read.

use std::collections::BTreeSet;

use super::definition::WrittenStep;
use super::steps::Action;
use super::variables::Variables;

/// The folder that holds the files of a package.
pub(super) const SOURCE: &str = "a";

/// Steps in an order in which they can be done.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) steps: Vec<Step>,
    /// Folders that together are the result.
    pub(super) results: Vec<String>,
}

/// One folder filled from another.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) action: Action,
}

impl Default for Graph {
    /// The files of the package are the result.
    fn default() -> Graph {
        Graph { steps: Vec::new(), results: vec![SOURCE.to_owned()] }
    }
}

impl Graph {
    /// Checks the steps and puts them in order.
    pub(super) fn new(written: &[WrittenStep], variables: &Variables) -> Result<Graph, String> {
        let mut waiting = Vec::new();
        let mut filled = BTreeSet::new();
        for WrittenStep { from, to, words } in written {
            let place = format!("{from}-{to}");
            check(from, to, &mut filled).map_err(|why| format!("{place}: {why}"))?;
            let action = Action::new(words, variables).map_err(|why| format!("{place}: {why}"))?;
            waiting.push(Step { from: from.clone(), to: to.clone(), action });
        }
        if waiting.is_empty() {
            return Err("it has no steps".to_owned());
        }
        let steps = in_order(waiting, &filled)?;
        let read: BTreeSet<&str> = steps.iter().map(|step| step.from.as_str()).collect();
        let results = steps.iter().map(|step| &step.to).filter(|to| !read.contains(to.as_str()));
        let results = results.cloned().collect();
        Ok(Graph { steps, results })
    }
}

fn check(from: &str, to: &str, filled: &mut BTreeSet<String>) -> Result<(), String> {
    for folder in [from, to] {
        let is_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        if folder.is_empty() || !folder.chars().all(is_name) {
            return Err(format!("`{folder}`: folders are named by letters, digits and _"));
        }
    }
    if to == SOURCE {
        return Err(format!("`{SOURCE}` holds the files of the package; fill another folder"));
    }
    if !filled.insert(to.to_owned()) {
        return Err(format!("`{to}` is filled by two steps; fill another folder"));
    }
    Ok(())
}

fn in_order(mut waiting: Vec<Step>, filled: &BTreeSet<String>) -> Result<Vec<Step>, String> {
    let mut known = BTreeSet::from([SOURCE.to_owned()]);
    let mut steps: Vec<Step> = Vec::new();
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|step| known.contains(&step.from));
        if ready.is_empty() {
            return Err(why_not(&rest, filled));
        }
        known.extend(ready.iter().map(|step| step.to.clone()));
        steps.extend(ready);
        waiting = rest;
    }
    Ok(steps)
}

/// Why none of these can be done.
fn why_not(steps: &[Step], filled: &BTreeSet<String>) -> String {
    if let Some(step) = steps.iter().find(|step| !filled.contains(&step.from)) {
        return format!("no step fills `{}`, from which `{}` is to be filled", step.from, step.to);
    }
    let circle: Vec<&str> = steps.iter().map(|step| step.to.as_str()).collect();
    format!("these folders wait for each other: {}", circle.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(steps: &[(&str, &str)]) -> Result<Graph, String> {
        let step = |(from, to): &(&str, &str)| WrittenStep {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            words: vec!["include".to_owned(), "*".to_owned()],
        };
        Graph::new(&steps.iter().map(step).collect::<Vec<_>>(), &Variables::default())
    }

    #[test]
    fn steps_are_put_in_order_and_what_nobody_reads_is_the_result() {
        let graph = graph(&[("c", "d"), ("b", "c"), ("a", "b"), ("b", "e")]).unwrap();
        let order: Vec<&str> = graph.steps.iter().map(|step| step.to.as_str()).collect();
        assert_eq!(order, ["b", "c", "e", "d"]);
        assert_eq!(graph.results, ["e", "d"]);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let why = |steps: &[(&str, &str)]| graph(steps).unwrap_err();
        assert!(why(&[]).contains("no steps"));
        assert!(why(&[("a", "b"), ("x", "c")]).contains("no step fills `x`"));
        assert!(why(&[("a", "b"), ("d", "c"), ("c", "d")]).contains("wait for each other: c, d"));
        assert!(why(&[("a", "b"), ("a", "b")]).contains("two steps"));
        assert!(why(&[("b", "a")]).contains("holds the files"));
        assert!(why(&[("a", "../b")]).contains("letters"));
    }
}
