//! Cases about facts: which ones a request reveals, and how well targets support a phone of which some are known.

use provd_proto::v1::{AssociateRequest, ExtractRequest, Support};
use toml::Spanned;

use super::facts::{facts_of, info_of, quoted, written};
use super::format::{AssociationCase, RequestCase, SupportLevel};
use super::{Mode, Run, Target, Verdict};
use crate::plugin_host::workbench::{Described, judge_info, request_message};

impl Run<'_> {
    /// Extraction is the family's: one target answers for all.
    pub(super) async fn extraction(&mut self, case: &Spanned<RequestCase>) {
        let name = case.get_ref().name.as_deref().unwrap_or("request");
        if let Some(target) = self.targets.first().filter(|_| self.is_wanted(name)) {
            let verdict = self.extract(target, case.get_ref()).await;
            self.add(case, name, &target.id, verdict);
        }
    }

    /// The facts must be exactly those stated, and the filters must let the request through.
    async fn extract(&mut self, target: &Target, case: &RequestCase) -> Verdict {
        let request = case.request()?;
        let caller = target.trial.caller();
        let asked = ExtractRequest { request: Some(request_message(&request)) };
        let answer =
            caller.extract(asked).await.map_err(|refusal| format!("extracting failed: {refusal}"))?;
        let info = answer.info.unwrap_or_default();
        judge_info(info.clone()).map_err(|why| format!("provd does not accept the facts: {why}"))?;
        let (found, expected) = (facts_of(info), case.facts.get_ref());
        if found != *expected && self.mode == Mode::Accept {
            self.edits.replace(case.facts.span(), written(&found));
        } else if found != *expected {
            return Err(format!("expected {}\nfound    {}", written(expected), written(&found)));
        }
        let description = caller.describe().await.map_err(|refusal| format!("Describe: {refusal}"))?;
        if !found.is_empty() && !Described::of(&description)?.concerns(&request) {
            return Err("no filter lets the request through, so the plugin would never be asked".to_owned());
        }
        Ok(())
    }

    /// Every target named must give the level stated.
    pub(super) async fn association(&mut self, case: &Spanned<AssociationCase>) {
        let name = case.get_ref().name.as_deref().unwrap_or("association");
        if !self.is_wanted(name) {
            return;
        }
        for (target, level) in &case.get_ref().support {
            let targets = self.targets;
            if self.chosen(case, name, Some(target)).is_empty() {
                continue;
            }
            for target in targets.iter().filter(|candidate| candidate.id == *target) {
                let verdict = self.associate(target, case.get_ref(), level).await;
                self.add(case, name, &target.id, verdict);
            }
        }
    }

    async fn associate(
        &mut self,
        target: &Target,
        case: &AssociationCase,
        level: &Spanned<SupportLevel>,
    ) -> Verdict {
        let asked = AssociateRequest { info: Some(info_of(&case.facts)) };
        let answer = target.trial.caller().associate(asked).await;
        let found = answer.map_err(|refusal| format!("associating failed: {refusal}"))?.support();
        let expected = Support::from(*level.get_ref());
        if found == expected {
            return Ok(());
        }
        if self.mode == Mode::Accept && found != Support::Unspecified {
            self.edits.replace(level.span(), quoted(word(found)));
            return Ok(());
        }
        Err(format!("{}\nexpected {}\nfound    {}", written(&case.facts), word(expected), word(found)))
    }
}

/// The word for a level in cases.
fn word(support: Support) -> &'static str {
    match support {
        Support::Unspecified => "unspecified",
        Support::None => "none",
        Support::Improbable => "improbable",
        Support::Unknown => "unknown",
        Support::Probable => "probable",
        Support::Incomplete => "incomplete",
        Support::Complete => "complete",
        Support::Exact => "exact",
    }
}
