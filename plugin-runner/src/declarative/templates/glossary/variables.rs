//! The variables of templates. Below `config`, `options` and `vars` everything is as it was stated.

use crate::declarative::reference::Variable;

const fn variable(path: &'static str, what: &'static str) -> Variable {
    Variable { path, what }
}

/// Variables, in the order of the reference.
pub(crate) const VARIABLES: &[Variable] = &[
    variable("device", "The device, with every key of its record; not for common files."),
    variable("device.id", "Its id."),
    variable("device.mac", "Its MAC address, `00:08:5d:23:74:29`; see the filter `mac`."),
    variable("device.sn", "Its serial number."),
    variable("device.uuid", "Its UUID."),
    variable("device.vendor", "Its vendor."),
    variable("device.model", "Its model."),
    variable("device.version", "The firmware it has now, as the phone said last."),
    variable("device.ip", "Its address."),
    variable("device.options", "What an administrator set for this device alone."),
    variable("device.remote_state_sip_username", "The SIP user by which its registration is known."),
    variable("config", "The merged raw config, keys and types kept: `config.ntp_ip`, `config.X_anything`."),
    variable(
        "base_url",
        "The same as `config.http_base_url`: where phones find provd, without a slash at its end.",
    ),
    variable(
        "lines",
        "SIP lines in numeric order, with all their keys. What a line leaves out is filled in as follows.",
    ),
    variable("lines[].line", "The number of the line."),
    variable("lines[].auth_username", "Unless stated: `username`."),
    variable("lines[].proxy_ip", "Unless stated: `config.sip_proxy_ip`."),
    variable("lines[].proxy_port", "`config.sip_proxy_port`, if the host is the common one too."),
    variable("lines[].registrar_ip", "Unless stated: `config.sip_registrar_ip`, else the proxy of the line."),
    variable("lines[].registrar_port", "The port that belongs to that host."),
    variable("lines[].backup_proxy_ip", "Unless stated: `config.sip_backup_proxy_ip`."),
    variable("lines[].backup_proxy_port", "The port that belongs to that host."),
    variable("lines[].backup_registrar_ip", "Unless stated: `config.sip_backup_registrar_ip`."),
    variable("lines[].backup_registrar_port", "The port that belongs to that host."),
    variable("lines[].outbound_proxy_ip", "Unless stated: `config.sip_outbound_proxy_ip`."),
    variable("lines[].outbound_proxy_port", "The port that belongs to that host."),
    variable("lines[].dtmf_mode", "Unless stated: `config.sip_dtmf_mode`."),
    variable("lines[].srtp_mode", "Unless stated: `config.sip_srtp_mode`."),
    variable("lines[].voicemail", "Unless stated: `config.exten_voicemail`."),
    variable("funckeys", "Function keys in numeric order, with all their keys."),
    variable("funckeys[].position", "The number of the key."),
    variable("call_managers", "SCCP call managers in order of priority, with all their keys."),
    variable("call_managers[].priority", "Their number: 1 is asked first."),
    variable(
        "timezone",
        "The time zone of `config.timezone`; missing if none is stated or there is none of this name.",
    ),
    variable("timezone.name", "Its name, `Europe/Paris`."),
    variable("timezone.offset", "Seconds east of UTC outside summer time."),
    variable("timezone.dst", "Summer time; missing where there is none."),
    variable("timezone.dst.save", "Seconds that clocks are ahead then, more than 0."),
    variable("timezone.dst.start", "When it starts, every year."),
    variable("timezone.dst.start.month", "1 to 12."),
    variable(
        "timezone.dst.start.week",
        "1 to 5: the first to the fourth such weekday of the month, or the last.",
    ),
    variable("timezone.dst.start.weekday", "0 to 6, Sunday being 0."),
    variable(
        "timezone.dst.start.day_of_year",
        "1 to 365, never counting 29 February, in place of month, week and weekday where the rule is such.",
    ),
    variable(
        "timezone.dst.start.time",
        "Seconds of wall clock after midnight; may be negative or above 86400.",
    ),
    variable("timezone.dst.end", "When it ends, in the same way."),
    variable("model", "The model of the device, or that of a file with `each_model`."),
    variable("model.name", "Its name; all there is of a model that the target does not have."),
    variable("model.lines", "As in `[[model]]`; missing if not stated there, like the following."),
    variable("model.function_keys", "As in `[[model]]`."),
    variable("model.expansion_modules", "As in `[[model]]`."),
    variable("model.high_availability", "As in `[[model]]`."),
    variable("model.switchboard", "As in `[[model]]`."),
    variable("model.multicell", "As in `[[model]]`."),
    variable("model.protocol", "As in `[[model]]`."),
    variable("model.type", "As in `[[model]]`."),
    variable("model.vars", "As in `[[model]]`."),
    variable("target", "The plugin."),
    variable("target.id", "Its id."),
    variable("target.firmware", "As in `[[target]]`; missing if not stated there."),
    variable("target.vars", "As in `[[target]]`."),
];
