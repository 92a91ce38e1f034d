//! The table of parameters: every name once, with the type of its values.
//!
//! The check, the message for plugins, the schema and the reference page are all made from it. What parameters are when nobody
//! states them is `defaults`' business.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::choices::{DtmfMode, FunctionKeyType, Protocol, SipTransport, SrtpMode, SyslogLevel};
use super::kind::{Entry, Group, MAX_NUMBER, Parameter, Scalar, field};
use super::problem::{Path, Report};
use super::scalars::{BaseUrl, Certificate, Host, Locale, Number, Port, PrivateKey, Timezone};

/// Declares a group: a struct of what an object states, and its table. A name that Rust reserves is given beside the
/// field's.
macro_rules! group {
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $spelling:literal) => { $spelling };
    ($(#[$about:meta])* $group:ident {
        $($(#[doc = $meaning:literal])* $name:ident $(as $spelling:literal)?: $kind:ty,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $group { $($(#[doc = $meaning])* pub $name: Option<$kind>,)* }

        impl Group for $group {
            const TABLE: &'static [Parameter] =
                &[$(Parameter::of::<$kind>(group!(@name $name $($spelling)?), concat!($($meaning),*)),)*];

            fn read(object: &Map<String, Value>, at: Option<&Path<'_>>, report: &mut Report) -> $group {
                $group { $($name: field(object, group!(@name $name $($spelling)?), at, report),)* }
            }
        }
    };
}

/// A VLAN of IEEE 802.1Q; 0 stands for none, with a priority all the same.
pub type VlanId = Number<0, 4094>;

/// A priority code point of IEEE 802.1Q.
pub type VlanPriority = Number<0, 7>;

/// A line by its number.
pub type LineNumber = Number<1, { MAX_NUMBER as u64 }>;

group! {
    /// What a raw config states.
    Parameters {
        /// Where phones find provd.
        http_base_url: BaseUrl,
        /// Host of the provisioning server.
        ip: Host,
        /// HTTP port of the provisioning server.
        http_port: Port,
        /// TFTP port of the provisioning server.
        tftp_port: Port,
        /// Whether the phone is told a name server.
        dns_enabled: bool,
        /// Name server.
        dns_ip: IpAddr,
        /// Whether the phone is told a time server.
        ntp_enabled: bool,
        /// Time server.
        ntp_ip: Host,
        /// Whether the phone's traffic is tagged.
        vlan_enabled: bool,
        /// VLAN of the phone's own traffic.
        vlan_id: VlanId,
        /// Priority of the phone's own traffic.
        vlan_priority: VlanPriority,
        /// VLAN of what is plugged into the phone.
        vlan_pc_port_id: VlanId,
        /// Whether the phone logs to a server.
        syslog_enabled: bool,
        /// Log server.
        syslog_ip: Host,
        /// UDP port of the log server.
        syslog_port: Port,
        /// Least severity the phone logs.
        syslog_level: SyslogLevel,
        /// Administrator's name on the phone.
        admin_username: String,
        /// Administrator's password on the phone. Secret.
        admin_password: String,
        /// User's name on the phone.
        user_username: String,
        /// User's password on the phone. Secret.
        user_password: String,
        /// Time zone.
        timezone: Timezone,
        /// Language and country.
        locale: Locale,
        /// Signalling protocol.
        protocol: Protocol,
        /// Where calls go.
        sip_proxy_ip: Host,
        /// Port of it.
        sip_proxy_port: Port,
        /// Where lines register.
        sip_registrar_ip: Host,
        /// Port of it.
        sip_registrar_port: Port,
        /// Where calls go if the proxy is down.
        sip_backup_proxy_ip: Host,
        /// Port of it.
        sip_backup_proxy_port: Port,
        /// Where lines register if the registrar is down.
        sip_backup_registrar_ip: Host,
        /// Port of it.
        sip_backup_registrar_port: Port,
        /// What all SIP messages pass through.
        sip_outbound_proxy_ip: Host,
        /// Port of it.
        sip_outbound_proxy_port: Port,
        /// How DTMF digits travel.
        sip_dtmf_mode: DtmfMode,
        /// Whether media is encrypted.
        sip_srtp_mode: SrtpMode,
        /// Transport of SIP messages.
        sip_transport: SipTransport,
        /// Certificates that the phone trusts, root first.
        sip_servers_root_and_intermediate_certificates: Vec<Certificate>,
        /// Certificates above the phone's own, root first.
        sip_local_root_and_intermediate_certificates: Vec<Certificate>,
        /// The phone's own certificate.
        sip_local_certificate: Certificate,
        /// The phone's own key. Secret.
        sip_local_key: PrivateKey,
        /// Whether the phone subscribes to message waiting indications, RFC 3842.
        sip_subscribe_mwi: bool,
        /// SIP accounts by line number.
        sip_lines: BTreeMap<u32, SipLine>,
        /// SCCP servers by priority.
        sccp_call_managers: BTreeMap<u32, CallManager>,
        /// Programmable keys by position.
        funckeys: BTreeMap<u32, FunctionKey>,
        /// Dialled for "do not disturb".
        exten_dnd: String,
        /// Dialled to forward every call.
        exten_fwd_unconditional: String,
        /// Dialled to forward calls that nobody answers.
        exten_fwd_no_answer: String,
        /// Dialled to forward calls while on the phone.
        exten_fwd_busy: String,
        /// Dialled to forward no calls any more.
        exten_fwd_disable_all: String,
        /// Dialled to park a call.
        exten_park: String,
        /// Dialled to answer a call to one's group.
        exten_pickup_group: String,
        /// Dialled, with an extension behind it, to answer a call to that extension.
        exten_pickup_call: String,
        /// Dialled to reach the voice mailbox.
        exten_voicemail: String,
        /// Whether the phone's files are encrypted, where a plugin can do that.
        config_encryption_enabled: bool,
        /// Not used.
        config_version: Number<0, { u64::MAX }>,
    }
}

impl Parameters {
    /// Reads what is sound of a document.
    pub(super) fn stated_in(document: &Map<String, Value>) -> Parameters {
        Parameters::read(document, None, &mut Report::default())
    }
}

group! {
    /// One SIP account. Servers and modes that it does not state are the common ones.
    SipLine {
        /// Where calls go.
        proxy_ip: Host,
        /// Port of it.
        proxy_port: Port,
        /// Where the line registers.
        registrar_ip: Host,
        /// Port of it.
        registrar_port: Port,
        /// Where calls go if the proxy is down.
        backup_proxy_ip: Host,
        /// Port of it.
        backup_proxy_port: Port,
        /// Where the line registers if the registrar is down.
        backup_registrar_ip: Host,
        /// Port of it.
        backup_registrar_port: Port,
        /// What all SIP messages pass through.
        outbound_proxy_ip: Host,
        /// Port of it.
        outbound_proxy_port: Port,
        /// SIP user name.
        username: String,
        /// User name of digest authentication.
        auth_username: String,
        /// Secret.
        password: String,
        /// Name that others see.
        display_name: String,
        /// Number that the phone shows for itself.
        number: String,
        /// How DTMF digits travel.
        dtmf_mode: DtmfMode,
        /// Whether media is encrypted.
        srtp_mode: SrtpMode,
        /// Dialled to reach the voice mailbox.
        voicemail: String,
    }
}

impl Entry for SipLine {
    const NUMBER: &'static str = "line";

    /// Nothing: a config may state a line in part, and its parents the rest.
    fn complete(&self, _: &Map<String, Value>, _: &Path<'_>, _: &mut Report) {}
}

group! {
    /// One SCCP server.
    CallManager {
        /// Host.
        ip: Host,
        /// TCP port; phones use 2000 unless stated.
        port: Port,
    }
}

impl Entry for CallManager {
    const NUMBER: &'static str = "priority";

    fn complete(&self, manager: &Map<String, Value>, path: &Path<'_>, report: &mut Report) {
        if manager.get("ip").is_none_or(Host::states_nothing) {
            report.problems.add(path.then("ip"), "needed: the host of the call manager");
        }
    }
}

group! {
    /// One programmable key.
    FunctionKey {
        /// What it does.
        kind as "type": FunctionKeyType,
        /// What it dials or watches, or where it parks.
        value: String,
        /// What is written beside it.
        label: String,
        /// The line it uses.
        line: LineNumber,
    }
}

impl Entry for FunctionKey {
    const NUMBER: &'static str = "key";

    fn complete(&self, key: &Map<String, Value>, path: &Path<'_>, report: &mut Report) {
        if key.get("type").is_none_or(Value::is_null) {
            report.problems.add(path.then("type"), format!("needed: {}", FunctionKeyType::describe()));
        }
        let dials = matches!(self.kind, Some(FunctionKeyType::Speeddial | FunctionKeyType::Blf));
        if dials && key.get("value").is_none_or(|value| value.is_null() || value == "") {
            report.problems.add(path.then("value"), "needed: what the key dials");
        }
    }
}
