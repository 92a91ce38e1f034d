//! Parameters that hold one of a few words.

use serde_json::{Value, json};

use super::kind::Scalar;
use super::problem::shown;

/// Declares a type of values of which there are only a few, each with its spelling.
macro_rules! one_of {
    ($(#[$about:meta])* $choice:ident { $($(#[$meaning:meta])* $variant:ident = $spelling:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq)]
        pub enum $choice { $($(#[$meaning])* $variant,)* }

        impl Scalar for $choice {
            fn describe() -> String {
                ["one of ", &[$($spelling),*].join(", ")].concat()
            }

            fn schema() -> Value {
                json!({"type": ["string", "null"], "enum": [$($spelling,)* null]})
            }

            fn parse(value: &Value) -> Result<$choice, String> {
                match value.as_str() {
                    $(Some($spelling) => Ok($choice::$variant),)*
                    _ => Err(format!("{} is not {}", shown(value), Self::describe())),
                }
            }
        }
    };
}

one_of! {
    /// Signalling protocol.
    Protocol {
        /// RFC 3261.
        Sip = "SIP",
        /// Skinny.
        Sccp = "SCCP",
    }
}

one_of! {
    /// How DTMF digits travel.
    DtmfMode {
        /// As sound.
        RtpInBand = "RTP-in-band",
        /// As telephone events, RFC 4733.
        RtpOutOfBand = "RTP-out-of-band",
        /// In SIP INFO messages.
        SipInfo = "SIP-INFO",
    }
}

one_of! {
    /// Whether media is encrypted, RFC 3711.
    SrtpMode {
        /// Never.
        Disabled = "disabled",
        /// If the other side can.
        Preferred = "preferred",
        /// Or there is no call.
        Required = "required",
    }
}

one_of! {
    /// Transport of SIP messages.
    SipTransport {
        /// UDP.
        Udp = "udp",
        /// TCP.
        Tcp = "tcp",
        /// TLS over TCP.
        Tls = "tls",
    }
}

one_of! {
    /// Least severity a phone logs.
    SyslogLevel {
        /// Only what stops the phone.
        Critical = "critical",
        /// What failed.
        Error = "error",
        /// What may fail.
        Warning = "warning",
        /// What happens.
        Info = "info",
        /// Everything.
        Debug = "debug",
    }
}

one_of! {
    /// What a function key does.
    FunctionKeyType {
        /// Dials.
        Speeddial = "speeddial",
        /// Shows whether somebody is on the phone, and calls them.
        Blf = "blf",
        /// Parks a call.
        Park = "park",
    }
}
