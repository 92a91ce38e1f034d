//! What a phone expects and says, as a scenario of sipp.

use std::fmt::Write as _;

/// Headers that every NOTIFY must have, and what must be in them.
const EXPECTED: [(&str, &str); 7] = [
    ("Via:", "rport;branch=z9hG4bK"),
    ("Max-Forwards:", "70"),
    ("From:", "tag="),
    ("Contact:", "sip:provd@"),
    ("Event:", "check-sync"),
    ("Subscription-State:", "terminated"),
    ("Content-Length:", "0"),
];

/// A scenario, step by step.
#[derive(Default)]
pub(crate) struct Scenario {
    steps: String,
    variables: Vec<String>,
}

impl Scenario {
    /// Expects a NOTIFY.
    pub(crate) fn expects_notify(self) -> Scenario {
        self.expects("NOTIFY", &EXPECTED)
    }

    /// Expects a NOTIFY with something in a header.
    pub(crate) fn expects_header(self, name: &str, expression: &str) -> Scenario {
        self.expects("NOTIFY", &[(name, expression)])
    }

    fn expects(mut self, method: &str, headers: &[(&str, &str)]) -> Scenario {
        let _ = write!(self.steps, "<recv request=\"{method}\"><action>");
        for (name, expression) in headers {
            let variable = format!("v{}", self.variables.len());
            let _ = write!(
                self.steps,
                "<ereg regexp=\"{expression}\" search_in=\"hdr\" header=\"{name}\" check_it=\"true\" assign_to=\"{variable}\"/>"
            );
            self.variables.push(variable);
        }
        self.steps.push_str("</action></recv>\n");
        self
    }

    /// Expects a NOTIFY whose digest is right for this user and password; answers 200 to it, else 403.
    pub(crate) fn expects_digest(mut self, username: &str, password: &str) -> Scenario {
        let _ = write!(
            self.steps,
            "<recv request=\"NOTIFY\"><action><verifyauth assign_to=\"right\" username=\"{username}\" \
             password=\"{password}\"/></action></recv>\n<nop hide=\"true\" test=\"right\" next=\"1\"/>\n"
        );
        self.variables.push("right".to_owned());
        let mut refused = self.answers("403 Forbidden", &[]);
        refused.steps.push_str("<nop hide=\"true\" next=\"2\"/>\n<label id=\"1\"/>\n");
        let mut welcome = refused.answers("200 OK", &[]);
        welcome.steps.push_str("<label id=\"2\"/>\n");
        welcome
    }

    /// Answers.
    pub(crate) fn answers(mut self, status: &str, headers: &[&str]) -> Scenario {
        let further: String = headers.iter().flat_map(|header| [header, "\n"]).collect();
        let _ = write!(
            self.steps,
            "<send><![CDATA[\nSIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n\
             [last_Call-ID:]\n[last_CSeq:]\n{further}Content-Length: 0\n\n]]></send>\n"
        );
        self
    }

    /// Lets time pass.
    pub(crate) fn pauses(mut self, milliseconds: u32) -> Scenario {
        let _ = writeln!(self.steps, "<pause milliseconds=\"{milliseconds}\"/>");
        self
    }

    /// The whole document.
    pub(crate) fn document(&self) -> String {
        let Scenario { steps, variables } = self;
        let reference = format!("<Reference variables=\"{}\"/>\n", variables.join(","));
        let reference = if variables.is_empty() { String::new() } else { reference };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"phone\">\n{steps}{reference}</scenario>\n"
        )
    }
}
