//! Which plugins want to be asked about a request: all their filters in a few automata, so that sixty plugins cost little
//! more than one.

use std::collections::HashMap;

use provd_proto::v1::{RequestFilter, RequestKind as Kind};
use regex::{RegexBuilder, RegexSet, RegexSetBuilder, SetMatches};

use crate::domain::request::{Request, RequestKind};

/// Memory one expression may take when compiled. A filter has to be cheap.
const EXPRESSION_BYTES: usize = 1 << 20;
/// Memory all expressions on one subject may take.
const SET_BYTES: usize = 64 << 20;

/// The filters of all plugins. Made anew when a plugin becomes ready.
#[derive(Debug, Default)]
pub struct Filters {
    plugins: Vec<String>,
    rules: Vec<Rule>,
    http_path: Patterns,
    http_query: Patterns,
    http_user_agent: Patterns,
    tftp_path: Patterns,
    vendor_class: Patterns,
}

/// One filter of one plugin: which patterns must match.
#[derive(Debug)]
struct Rule {
    plugin: usize,
    kind: Kind,
    path: Option<usize>,
    query: Option<usize>,
    user_agent: Option<usize>,
    vendor_class: Option<usize>,
}

/// Distinct expressions on one subject.
#[derive(Debug, Default)]
struct Patterns {
    texts: Vec<String>,
    known: HashMap<String, usize>,
    set: Option<RegexSet>,
}

impl Patterns {
    fn add(&mut self, text: &str) -> Option<usize> {
        if text.is_empty() {
            return None;
        }
        let texts = &mut self.texts;
        Some(*self.known.entry(text.to_owned()).or_insert_with(|| {
            texts.push(text.to_owned());
            texts.len() - 1
        }))
    }

    fn compile(&mut self) -> Result<(), regex::Error> {
        self.set = Some(RegexSetBuilder::new(&self.texts).size_limit(SET_BYTES).build()?);
        Ok(())
    }

    fn matches(&self, subject: &str) -> Option<SetMatches> {
        self.set.as_ref().map(|set| set.matches(subject))
    }
}

fn holds(pattern: Option<usize>, matches: Option<&SetMatches>) -> bool {
    pattern.is_none_or(|index| matches.is_some_and(|matches| matches.matched(index)))
}

/// What matches of a request, by what it is asked about.
#[derive(Debug, Default)]
struct Subjects {
    path: Option<SetMatches>,
    query: Option<SetMatches>,
    user_agent: Option<SetMatches>,
    vendor_class: Option<SetMatches>,
}

impl Subjects {
    fn fit(&self, rule: &Rule) -> bool {
        holds(rule.path, self.path.as_ref())
            && holds(rule.query, self.query.as_ref())
            && holds(rule.user_agent, self.user_agent.as_ref())
            && holds(rule.vendor_class, self.vendor_class.as_ref())
    }
}

/// Checks the filters of one plugin, before they join those of others.
pub(super) fn check(filters: &[RequestFilter]) -> Result<(), String> {
    for filter in filters {
        if filter.kind() == Kind::Unspecified {
            return Err("a request filter without a kind".to_owned());
        }
        for text in [&filter.path, &filter.query, &filter.user_agent, &filter.vendor_class] {
            let compiled = RegexBuilder::new(text).size_limit(EXPRESSION_BYTES).build();
            compiled.map_err(|error| format!("the request filter `{text}` is not usable: {error}"))?;
        }
    }
    Ok(())
}

impl Filters {
    /// Compiles the filters of plugins in order. They have been [checked](check) one by one.
    pub fn new<'a>(
        plugins: impl Iterator<Item = (&'a str, &'a [RequestFilter])>,
    ) -> Result<Filters, regex::Error> {
        let mut all = Filters::default();
        for (plugin, filters) in plugins {
            all.plugins.push(plugin.to_owned());
            for filter in filters {
                all.add(filter);
            }
        }
        let Filters { http_path, http_query, http_user_agent, tftp_path, vendor_class, .. } = &mut all;
        for patterns in [http_path, http_query, http_user_agent, tftp_path, vendor_class] {
            patterns.compile()?;
        }
        Ok(all)
    }

    fn add(&mut self, filter: &RequestFilter) {
        let kind = filter.kind();
        let rule = Rule {
            plugin: self.plugins.len() - 1,
            kind,
            path: match kind {
                Kind::Http => self.http_path.add(&filter.path),
                Kind::Tftp => self.tftp_path.add(&filter.path),
                Kind::Dhcp | Kind::Unspecified => None,
            },
            query: if kind == Kind::Http { self.http_query.add(&filter.query) } else { None },
            user_agent: if kind == Kind::Http { self.http_user_agent.add(&filter.user_agent) } else { None },
            vendor_class: if kind == Kind::Dhcp { self.vendor_class.add(&filter.vendor_class) } else { None },
        };
        self.rules.push(rule);
    }

    /// Plugins with a filter that matches, in their order.
    pub fn interested(&self, request: &Request) -> Vec<String> {
        let mut asked = Subjects::default();
        let kind = match &request.kind {
            RequestKind::Http(http) => {
                asked.path = self.http_path.matches(&http.path);
                asked.query = self.http_query.matches(&http.query);
                asked.user_agent = self.http_user_agent.matches(http.user_agent().unwrap_or_default());
                Kind::Http
            }
            RequestKind::Tftp(tftp) => {
                asked.path = self.tftp_path.matches(&tftp.filename);
                Kind::Tftp
            }
            RequestKind::Dhcp(dhcp) => {
                asked.vendor_class = self.vendor_class.matches(&dhcp.vendor_class().unwrap_or_default());
                Kind::Dhcp
            }
        };
        let mut interested: Vec<usize> = self
            .rules
            .iter()
            .filter(|rule| rule.kind == kind && asked.fit(rule))
            .map(|rule| rule.plugin)
            .collect();
        // Rules stand in the order of plugins, so equal ones are neighbours.
        interested.dedup();
        interested.into_iter().map(|plugin| self.plugins[plugin].clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::{HttpRequest, TftpRequest};

    fn filter(kind: Kind, path: &str, user_agent: &str) -> RequestFilter {
        RequestFilter {
            kind: kind.into(),
            path: path.to_owned(),
            user_agent: user_agent.to_owned(),
            ..RequestFilter::default()
        }
    }

    fn http(path: &str, user_agent: &str) -> Request {
        let headers = [("user-agent", user_agent)].into();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let http = HttpRequest { method: "GET", path: path.to_owned(), query: query.to_owned(), headers };
        Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) }
    }

    #[test]
    fn conditions_are_and_ed_and_plugins_listed_once() {
        let aastra = [
            filter(Kind::Http, "", "^Aastra"),
            filter(Kind::Http, "^/Aastra/", "^Aastra"),
            filter(Kind::Tftp, "^aastra", ""),
        ];
        let digium = [filter(Kind::Http, "^/Digium/", "")];
        let filters = Filters::new([("a", aastra.as_slice()), ("d", digium.as_slice())].into_iter()).unwrap();
        assert_eq!(filters.interested(&http("/Aastra/aastra.cfg", "Aastra6731i")), ["a"]);
        assert_eq!(filters.interested(&http("/Digium/x.cfg", "Aastra6731i")), ["a", "d"]);
        assert_eq!(filters.interested(&http("/Aastra/aastra.cfg", "Mozilla")), Vec::<String>::new());
        let tftp = RequestKind::Tftp(TftpRequest { filename: "aastra.cfg".to_owned() });
        assert_eq!(filters.interested(&Request { ip: [192, 0, 2, 1].into(), kind: tftp }), ["a"]);
    }

    #[test]
    fn a_query_is_no_part_of_the_path() {
        let snom = [RequestFilter { query: "(?:^|&)mac=".to_owned(), ..filter(Kind::Http, "", "") }];
        let filters = Filters::new([("s", snom.as_slice())].into_iter()).unwrap();
        assert_eq!(filters.interested(&http("/snom360.htm?mac=000413000001", "")), ["s"]);
        assert_eq!(filters.interested(&http("/mac=", "")), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_compiled_is_refused() {
        assert!(check(&[filter(Kind::Http, "(", "")]).unwrap_err().contains("`(`"));
        assert!(check(&[filter(Kind::Http, "(?:a{1000}){1000}", "")]).is_err());
        assert!(check(&[filter(Kind::Unspecified, "", "")]).is_err());
    }
}
