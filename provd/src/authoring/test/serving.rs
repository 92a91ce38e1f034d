//! Cases about serving: which file answers a request.

use provd_proto::v1::ServeFileRequest;
use provd_proto::v1::serve_file_response::Answer;
use toml::Spanned;

use super::format::ServeCase;
use super::{Run, Target, Verdict};
use crate::plugin_host::workbench::{Code, request_message};

impl Run<'_> {
    /// Serves with every target the case is for.
    pub(super) async fn serving(&mut self, case: &Spanned<ServeCase>) {
        let name = case.get_ref().name.as_deref().unwrap_or("serve");
        if !self.is_wanted(name) {
            return;
        }
        for target in self.chosen(case, name, case.get_ref().target.as_ref()) {
            let verdict = serve(target, case.get_ref()).await;
            self.add(case, name, &target.id, verdict);
        }
    }
}

async fn serve(target: &Target, case: &ServeCase) -> Verdict {
    let expected = match (&case.generated, &case.served, case.not_found) {
        (Some(path), None, false) => format!("generated = {path:?}"),
        (None, Some(path), false) => format!("served = {path:?}"),
        (None, None, true) => "not_found = true".to_owned(),
        _ => return Err("the case states not one of `generated`, `served` and `not_found`".to_owned()),
    };
    let request = Some(request_message(&case.request()?));
    let asked = ServeFileRequest { device: Some(case.device()), request };
    let found = match target.trial.caller().serve_file(asked).await {
        Err(refusal) if refusal.code == Code::NotFound => "not_found = true".to_owned(),
        Err(refusal) => return Err(format!("serving failed: {refusal}")),
        Ok(answer) => match answer.answer {
            Some(Answer::Generated(file)) => format!("generated = {:?}", file.path),
            Some(Answer::Served(file)) => format!("served = {:?}", file.path),
            Some(Answer::Inline(_)) => "the bytes themselves".to_owned(),
            None => "an answer without a file".to_owned(),
        },
    };
    if found == expected { Ok(()) } else { Err(format!("expected {expected}\nfound    {found}")) }
}
