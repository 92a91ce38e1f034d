//! From the hints of all plugins to classes of clients: who is in each, what it gets, and which goes before which.
//!
//! A vendor class says more than a MAC address, a longer beginning more than a shorter one. Of the matchers that fit a
//! client the longest counts; it has taken over what the shorter ones hand out beyond its own. Matchers with the same
//! effect make one class, whoever stated them.

use std::collections::{BTreeMap, BTreeSet};

use super::value::Value;

/// Bytes that a client shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Matcher {
    /// Of its vendor class identifier or its MAC address.
    pub(super) bytes: Vec<u8>,
    /// Whether they are all of it.
    pub(super) is_exact: bool,
}

/// Whether a server can tell a vendor class from the beginning of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distinction {
    /// It can.
    Exact,
    /// To it all matchers are beginnings.
    Beginning,
}

/// Clients that get the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    /// `provd-aastra.2`; no plugin can make two classes of one name: dots are ours.
    pub(super) name: String,
    /// Whose hints these are.
    pub(super) plugins: BTreeSet<String>,
    /// One of them fits; sorted.
    pub(super) matchers: Vec<Matcher>,
    /// What its clients get, by code.
    pub(super) options: BTreeMap<u8, Value>,
    /// How many matchers of other classes may fit the same client and say less.
    level: usize,
}

/// What plugins state of one kind of matcher.
#[derive(Debug, Default)]
pub(super) struct Statements {
    by_matcher: BTreeMap<Matcher, Stated>,
    /// Code, who is believed, who is not; and whom it is about.
    contradictions: BTreeMap<(u8, String, String), Vec<Matcher>>,
}

#[derive(Debug, Default)]
struct Stated {
    plugins: BTreeSet<String>,
    options: BTreeMap<u8, (Value, String)>,
}

impl Matcher {
    /// Whether every client that `narrower` fits is fitted by this one too.
    fn covers(&self, narrower: &Matcher, distinction: Distinction) -> bool {
        let is_beginning = !self.is_exact || distinction == Distinction::Beginning;
        is_beginning && self != narrower && narrower.bytes.starts_with(&self.bytes)
    }

    /// Sorts what says less before what says more.
    fn weight(&self) -> (usize, bool, &[u8]) {
        (self.bytes.len(), self.is_exact, &self.bytes)
    }
}

impl Class {
    /// Whether a client of `other` may seem to be in this class too.
    pub(super) fn yields_to(&self, other: &Class, distinction: Distinction) -> bool {
        let covers = |own: &Matcher| other.matchers.iter().any(|matcher| own.covers(matcher, distinction));
        other.level > self.level && self.matchers.iter().any(covers)
    }
}

impl Statements {
    /// Adds what a plugin states. To be called for plugins in the order of their ids: where two contradict each other, the
    /// last is believed, as it is where several plugins support a phone equally well.
    pub(super) fn add(&mut self, matcher: &Matcher, plugin: &str, options: &BTreeMap<u8, Value>) {
        let stated = self.by_matcher.entry(matcher.clone()).or_default();
        stated.plugins.insert(plugin.to_owned());
        for (code, value) in options {
            let before = stated.options.insert(*code, (value.clone(), plugin.to_owned()));
            if let Some((_, loser)) = before.filter(|(other, _)| other != value) {
                let contradiction = (*code, plugin.to_owned(), loser);
                self.contradictions.entry(contradiction).or_default().push(matcher.clone());
            }
        }
    }

    /// What plugins contradict each other in, and who is believed.
    pub(super) fn remarks(&self, show: impl Fn(&[u8]) -> String) -> Vec<String> {
        let remark = |((code, winner, loser), matchers): (&(u8, String, String), &Vec<Matcher>)| {
            let mut whom = matchers.first().map_or_else(String::new, |matcher| show(&matcher.bytes));
            if matchers.len() > 1 {
                whom = format!("{whom} and {} more", matchers.len() - 1);
            }
            if winner == loser {
                return format!(
                    "Plugin {winner} contradicts itself in option {code} for {whom}: its later hint is used."
                );
            }
            format!(
                "Plugins {loser} and {winner} contradict each other in option {code} for {whom}: {winner} is believed."
            )
        };
        self.contradictions.iter().map(remark).collect()
    }

    /// The classes, those that say more first. `suffix` ends their names.
    pub(super) fn classes(&self, distinction: Distinction, suffix: &str) -> Vec<Class> {
        let mut matchers: Vec<&Matcher> = self.by_matcher.keys().collect();
        matchers.sort_by_key(|matcher| matcher.weight());
        let mut classes: Vec<Class> = Vec::new();
        // Of each matcher, the class it is in.
        let mut places: Vec<(&Matcher, usize)> = Vec::new();
        for matcher in matchers {
            let (options, plugins) = self.effect(matcher);
            let next = places.iter().rev().find(|(wider, _)| wider.covers(matcher, distinction));
            let level = match next {
                Some((_, place)) if classes[*place].options == options => {
                    // The wider one does it.
                    classes[*place].plugins.extend(plugins);
                    continue;
                }
                Some((_, place)) => classes[*place].level + 1,
                None => 0,
            };
            let same = |class: &Class| class.level == level && class.options == options;
            let place = classes.iter().position(same).unwrap_or(classes.len());
            if place == classes.len() {
                let (name, plugins, matchers) = (String::new(), BTreeSet::new(), Vec::new());
                classes.push(Class { name, plugins, matchers, options, level });
            }
            classes[place].plugins.extend(plugins);
            classes[place].matchers.push(matcher.clone());
            places.push((matcher, place));
        }
        classes.retain(|class| !class.options.is_empty());
        for class in &mut classes {
            class.matchers.sort();
        }
        classes.sort_by(|one, other| (other.level, &one.plugins).cmp(&(one.level, &other.plugins)));
        name(&mut classes, suffix);
        classes
    }

    /// What a client gets that this matcher fits, and nothing longer does; and who says so.
    fn effect(&self, matcher: &Matcher) -> (BTreeMap<u8, Value>, BTreeSet<String>) {
        let fits = |stated: &Matcher| stated == matcher || stated.covers(matcher, Distinction::Exact);
        let mut fitting: Vec<_> = self.by_matcher.iter().filter(|(stated, _)| fits(stated)).collect();
        fitting.sort_by_key(|(stated, _)| stated.weight());
        let (mut options, mut plugins) = (BTreeMap::new(), BTreeSet::new());
        for (_, stated) in fitting {
            options.extend(stated.options.iter().map(|(code, (value, _))| (*code, value.clone())));
            plugins.extend(stated.plugins.iter().cloned());
        }
        (options, plugins)
    }
}

/// Names classes by the family of their first plugin; numbers where there are several.
fn name(classes: &mut [Class], suffix: &str) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for class in classes {
        let family = class.plugins.first().map_or("phones", |plugin| family(plugin));
        let plain: String = family
            .chars()
            .map(|char| if char.is_ascii_alphanumeric() { char } else { '-' })
            .take(40)
            .collect();
        let base = format!("provd-{plain}{suffix}");
        let count = counts.entry(base.clone()).or_default();
        *count += 1;
        class.name = if *count == 1 { base } else { format!("{base}.{count}") };
    }
}

/// A plugin's id without the firmware version at its end.
fn family(plugin: &str) -> &str {
    match plugin.rsplit_once('-') {
        Some((family, version)) if version.starts_with(|char: char| char.is_ascii_digit()) => family,
        _ => plugin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(text: &str, is_exact: bool) -> Matcher {
        Matcher { bytes: text.into(), is_exact }
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn options(stated: &[(u8, &str)]) -> BTreeMap<u8, Value> {
        stated.iter().map(|(code, text)| (*code, Value::Text((*text).to_owned()))).collect()
    }

    fn shown(classes: &[Class]) -> Vec<String> {
        let show = |class: &Class| {
            let whom: Vec<_> = class.matchers.iter().map(|matcher| text(&matcher.bytes)).collect();
            let what: Vec<_> = class
                .options
                .iter()
                .map(|(code, value)| format!("{code}={}", text(&value.bytes())))
                .collect();
            format!("{}: {} gets {}", class.name, whom.join("|"), what.join(" "))
        };
        classes.iter().map(show).collect()
    }

    #[test]
    fn a_longer_matcher_takes_over_what_it_does_not_say_itself() {
        let mut stated = Statements::default();
        for id in ["aastra-2.6", "aastra-3.2"] {
            stated.add(&matcher("AastraIPPhone", false), id, &options(&[(66, "a")]));
            for model in ["AastraIPPhone6731i", "AastraIPPhone57i"] {
                stated.add(&matcher(model, true), id, &options(&[(43, "b")]));
            }
        }
        stated.add(&matcher("AastraIPPhone6739i", true), "aastra-3.2", &options(&[(66, "a")]));
        let expected = [
            "provd-aastra: AastraIPPhone57i|AastraIPPhone6731i gets 43=b 66=a",
            "provd-aastra.2: AastraIPPhone gets 66=a",
        ];
        let classes = stated.classes(Distinction::Exact, "");
        assert_eq!(shown(&classes), expected);
        assert_eq!(classes[0].plugins.len(), 2);
        assert!(classes[1].yields_to(&classes[0], Distinction::Exact));
        assert!(!classes[0].yields_to(&classes[1], Distinction::Exact));
        assert!(stated.remarks(text).is_empty());
    }

    #[test]
    fn only_beginnings_make_an_exact_class_cover_longer_ones() {
        let mut stated = Statements::default();
        stated.add(&matcher("Cisco", true), "sccp", &options(&[(66, "t")]));
        stated.add(&matcher("Cisco 7940", true), "sccp", &options(&[(66, "t")]));
        stated.add(&matcher("Cisco SPA", false), "spa", &options(&[(66, "h")]));
        assert_eq!(
            shown(&stated.classes(Distinction::Exact, "")),
            ["provd-sccp: Cisco|Cisco 7940 gets 66=t", "provd-spa: Cisco SPA gets 66=h"]
        );
        let classes = stated.classes(Distinction::Beginning, "");
        assert_eq!(shown(&classes), ["provd-spa: Cisco SPA gets 66=h", "provd-sccp: Cisco gets 66=t"]);
        assert!(classes[1].yields_to(&classes[0], Distinction::Beginning));
    }

    #[test]
    fn of_two_that_contradict_each_other_the_last_is_believed_and_named() {
        let mut stated = Statements::default();
        for (plugin, url) in [("a-1", "x"), ("b-1", "y"), ("b-1", "z")] {
            stated.add(&matcher("A", true), plugin, &options(&[(66, url)]));
            stated.add(&matcher("B", true), plugin, &options(&[(66, url)]));
        }
        assert_eq!(shown(&stated.classes(Distinction::Exact, ".mac")), ["provd-a.mac: A|B gets 66=z"]);
        assert_eq!(
            stated.remarks(text),
            [
                "Plugins a-1 and b-1 contradict each other in option 66 for A and 1 more: b-1 is believed.",
                "Plugin b-1 contradicts itself in option 66 for A and 1 more: its later hint is used."
            ]
        );
    }
}
