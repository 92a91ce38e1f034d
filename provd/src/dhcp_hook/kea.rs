//! What Kea's `libdhcp_run_script.so` hands over: the name of the hook point as argument, the rest as environment variables.
//!
//! It exports addresses and hardware addresses, but no option of the client except relay information (82): of which make
//! the client is cannot be learned here.

use std::ffi::OsString;

use provd_proto::mac::Mac;

use super::event::{Event, Happening, NoEvent, parse_ip};

/// More leases than a query can have; what counts higher is nonsense.
const MOST_LEASES: usize = 64;

/// Reads the hook points that tell what became of leases; all others say the same earlier, or something else.
///
/// `leases4_committed` is called once for each answered request or release, with the leases that were given and those
/// that were given back, and `lease4_expire` for each lease that ran out.
pub(super) fn read(
    arguments: &[String],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<Event>, NoEvent> {
    let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
    match arguments.first().map(String::as_str) {
        Some("leases4_committed") => {
            let mut events = leases("DELETED_LEASES4", Happening::Release, &text)?;
            events.extend(leases("LEASES4", Happening::Commit, &text)?);
            Ok(events)
        }
        Some("lease4_expire") => Ok(lease("LEASE4", Happening::Expiry, &text)?.into_iter().collect()),
        Some(_) => Ok(Vec::new()),
        None => Err(NoEvent::Missing("the name of the hook point")),
    }
}

fn leases(
    prefix: &'static str,
    happening: Happening,
    text: &impl Fn(&str) -> Option<String>,
) -> Result<Vec<Event>, NoEvent> {
    let count = text(&format!("{prefix}_SIZE")).and_then(|count| count.parse().ok());
    let count: usize = count.ok_or(NoEvent::Missing("the number of leases"))?;
    (0..count.min(MOST_LEASES))
        .filter_map(|index| lease(&format!("{prefix}_AT{index}"), happening, text).transpose())
        .collect()
}

/// One lease. Nothing comes of one without an Ethernet address.
fn lease(
    prefix: &str,
    happening: Happening,
    text: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Event>, NoEvent> {
    let address = text(&format!("{prefix}_ADDRESS")).ok_or(NoEvent::Missing("the address of a lease"))?;
    let hardware = text(&format!("{prefix}_HWADDR")).unwrap_or_default();
    if hardware.is_empty() || text(&format!("{prefix}_HWADDR_TYPE")).is_some_and(|kind| kind != "1") {
        return Ok(None);
    }
    let mac: Mac = hardware.parse()?;
    Ok(Some(Event { happening, ip: parse_ip(&address)?, mac, options: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_variables(point: &str, variables: &[(&str, &str)]) -> Result<Vec<Event>, NoEvent> {
        read(&[point.to_owned()], |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    const COMMITTED: &[(&str, &str)] = &[
        ("LEASES4_SIZE", "1"),
        ("LEASES4_AT0_ADDRESS", "192.0.2.100"),
        ("LEASES4_AT0_HWADDR", "00:1b:54:aa:bb:cc"),
        ("LEASES4_AT0_HWADDR_TYPE", "1"),
        ("DELETED_LEASES4_SIZE", "1"),
        ("DELETED_LEASES4_AT0_ADDRESS", "192.0.2.101"),
        ("DELETED_LEASES4_AT0_HWADDR", "00:1b:54:aa:bb:cc"),
    ];

    #[test]
    fn what_was_given_back_comes_before_what_was_given() {
        let events = read_variables("leases4_committed", COMMITTED).unwrap();
        let told: Vec<_> = events.iter().map(|event| (event.happening, event.ip.to_string())).collect();
        assert_eq!(
            told,
            [(Happening::Release, "192.0.2.101".to_owned()), (Happening::Commit, "192.0.2.100".to_owned())]
        );
    }

    #[test]
    fn a_lease_that_ran_out_is_read() {
        let variables = [("LEASE4_ADDRESS", "192.0.2.100"), ("LEASE4_HWADDR", "00:1b:54:aa:bb:cc")];
        assert_eq!(read_variables("lease4_expire", &variables).unwrap()[0].happening, Happening::Expiry);
    }

    #[test]
    fn other_hook_points_say_nothing_new() {
        for point in
            ["lease4_renew", "lease4_release", "lease4_decline", "leases6_committed", "lease4_recover"]
        {
            assert_eq!(read_variables(point, COMMITTED), Ok(Vec::new()), "{point}");
        }
    }

    #[test]
    fn hardware_that_is_not_ethernet_is_left_out() {
        let variables = [
            ("LEASE4_ADDRESS", "192.0.2.100"),
            ("LEASE4_HWADDR", "00:00:01:02:03:04:05:06"),
            ("LEASE4_HWADDR_TYPE", "32"),
        ];
        assert_eq!(read_variables("lease4_expire", &variables), Ok(Vec::new()));
        assert_eq!(read_variables("lease4_expire", &variables[..1]), Ok(Vec::new()));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (point, variables) in
            [("leases4_committed", &[][..]), ("leases4_committed", &COMMITTED[..1]), ("lease4_expire", &[])]
        {
            assert!(matches!(read_variables(point, variables), Err(NoEvent::Missing(_))), "{point}");
        }
        assert!(read(&[], |_| None).is_err());
    }

    #[test]
    fn a_nonsensical_number_of_leases_takes_no_time() {
        let many =
            [&[("LEASES4_SIZE", "18446744073709551615"), ("DELETED_LEASES4_SIZE", "0")], COMMITTED].concat();
        assert!(matches!(read_variables("leases4_committed", &many), Err(NoEvent::Missing(_))));
    }
}
