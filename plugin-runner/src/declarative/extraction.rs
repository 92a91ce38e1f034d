//! Who is asking: the rules of `plugin.toml`, those of [`crate::extraction`] with facts that are templates.

use minijinja::Value;
use provd_proto::v1::{DeviceInfo, ExtractMemory, ExtractionRules, RequestFilter, RequestKind, request};

use super::error::LoadError;
use super::manifest::{ExtractEntry, Kind, Manifest};
use super::source::Source;
use super::spanned::Spanned;
use super::templates::{RenderError, Templates, Text};
use crate::extraction::{Condition, Fact, Rule, Rules, Subject};

/// The rules of a family.
#[derive(Debug)]
pub(crate) struct Extraction {
    rules: Rules,
    /// The facts of each rule that are templates.
    templates: Vec<Vec<(Fact, Text)>>,
}

impl Extraction {
    /// Compiles the rules.
    pub(crate) fn compile(
        manifest: &Manifest,
        source: &Source,
        templates: &mut Templates,
    ) -> Result<Extraction, LoadError> {
        let (mut rules, mut by_template) = (Vec::new(), Vec::new());
        for entry in &manifest.extract {
            let (rule, facts) = rule(entry, source, templates)?;
            rules.push(rule);
            by_template.push(facts);
        }
        Ok(Extraction { rules: Rules::new(rules, manifest.aliases.model.clone()), templates: by_template })
    }

    /// The facts a request reveals: the first rule to state one wins, later ones add what is still unknown.
    pub(crate) fn extract(
        &self,
        request: &request::Kind,
        templates: &Templates,
    ) -> Result<Option<DeviceInfo>, RenderError> {
        let info = self.rules.extract_with(request, |rule, found| {
            let context = Value::from_pairs(found.groups.iter().cloned());
            for (fact, text) in &self.templates[rule] {
                found.state(*fact, templates.render(text, &context)?);
            }
            Ok::<(), RenderError>(())
        })?;
        Ok((info != DeviceInfo::default()).then_some(info))
    }

    /// For which requests the answer to this one holds as well.
    pub(crate) fn memory(&self, request: &request::Kind) -> ExtractMemory {
        self.rules.memory(request)
    }

    /// When to ask.
    pub(crate) fn filters(&self) -> Vec<RequestFilter> {
        self.rules.filters()
    }

    /// What need not be asked.
    pub(crate) fn message(&self) -> ExtractionRules {
        self.rules.message()
    }
}

/// A rule, and those of its facts that are templates.
fn rule(
    entry: &Spanned<ExtractEntry>,
    source: &Source,
    templates: &mut Templates,
) -> Result<(Rule, Vec<(Fact, Text)>), LoadError> {
    let conditions = conditions(entry.get_ref(), source)?;
    if conditions.is_empty() {
        return Err(source.invalid(entry, "extract", "expected at least one condition"));
    }
    let kind = match entry.get_ref().kind {
        Kind::Http => RequestKind::Http,
        Kind::Tftp => RequestKind::Tftp,
        Kind::Dhcp => RequestKind::Dhcp,
    };
    let (mut constants, mut by_template) = (Vec::new(), Vec::new());
    for (fact, text) in &entry.get_ref().facts {
        if text.get_ref().contains('{') {
            by_template.push((*fact, templates.text(source, text, fact.name())?));
        } else {
            constants.push((*fact, text.get_ref().clone()));
        }
    }
    let asks = !by_template.is_empty();
    Ok((Rule::new(kind, conditions, constants, asks), by_template))
}

fn conditions(entry: &ExtractEntry, source: &Source) -> Result<Vec<Condition>, LoadError> {
    let mut conditions = Vec::new();
    let plain = [
        ("path", Kind::Http, Subject::Path, &entry.path),
        ("query", Kind::Http, Subject::Query, &entry.query),
        ("user_agent", Kind::Http, Subject::UserAgent, &entry.user_agent),
        ("filename", Kind::Tftp, Subject::Path, &entry.filename),
        ("vendor_class", Kind::Dhcp, Subject::VendorClass, &entry.vendor_class),
    ];
    for (key, kind, subject, pattern) in plain {
        if let Some(pattern) = pattern {
            conditions.push(condition(entry, source, (key, kind), subject, pattern)?);
        }
    }
    for (name, pattern) in &entry.headers {
        let subject = Subject::Header(name.to_ascii_lowercase());
        conditions.push(condition(entry, source, ("headers", Kind::Http), subject, pattern)?);
    }
    for (code, pattern) in &entry.options {
        let code = code.parse().ok().filter(|code| (1..255).contains(code));
        let code =
            code.ok_or_else(|| source.invalid(pattern, "options", "expected option codes from 1 to 254"))?;
        let subject = Subject::Option(code);
        conditions.push(condition(entry, source, ("options", Kind::Dhcp), subject, pattern)?);
    }
    Ok(conditions)
}

fn condition(
    entry: &ExtractEntry,
    source: &Source,
    (key, kind): (&str, Kind),
    subject: Subject,
    pattern: &Spanned<String>,
) -> Result<Condition, LoadError> {
    if entry.kind != kind {
        let expected =
            format!("only rules with kind = \"{}\" can test this", format!("{kind:?}").to_lowercase());
        return Err(source.invalid(pattern, key, expected));
    }
    Ok(Condition::new(subject, source.regex(pattern, key)?))
}

#[cfg(test)]
mod tests;
