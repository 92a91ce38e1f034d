//! Agreeing on block size, window, timeout and size with a client (RFC 2347, 2348, 2349, 7440).
//!
//! Pure. A client may ask for anything; it gets what it asked for, less where the settings say so, and no word about
//! what is unknown or makes no sense, which by RFC 2347 means no.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::settings::TftpSettings;

/// Without the option (RFC 1350).
const DEFAULT_BLOCK_SIZE: u16 = 512;

/// What RFC 2348 allows.
const BLOCK_SIZES: RangeInclusive<u16> = 8..=65464;

/// By how much an IPv6 header is longer than one of IPv4.
const IPV6_EXTRA: u16 = 20;

/// How one file will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreement {
    /// Octets of file in every block but the last.
    pub(super) block_size: u16,
    /// Blocks sent before an acknowledgement is awaited.
    pub(super) window: u16,
    /// The client's wish for the time between retransmissions.
    pub(super) timeout: Option<Duration>,
    /// For the OACK, names as spelled by the client; empty when there is to be none.
    pub(super) accepted: Vec<(String, u64)>,
}

/// Decides on the options of a read request for a file of `length` octets. Of an option given twice the first counts.
pub(super) fn agree(
    asked: &[(String, String)],
    length: u64,
    client: IpAddr,
    settings: &TftpSettings,
) -> Agreement {
    let mut agreement = Agreement::default();
    for (name, value) in asked {
        let repeated = agreement.accepted.iter().any(|(accepted, _)| accepted.eq_ignore_ascii_case(name));
        let Some(value) = parse_decimal(value).filter(|_| !repeated) else { continue };
        if let Some(granted) = agreement.grant(&name.to_ascii_lowercase(), value, length, client, settings) {
            agreement.accepted.push((name.clone(), granted));
        }
    }
    agreement.fit_window(settings);
    agreement
}

impl Default for Agreement {
    fn default() -> Agreement {
        Agreement { block_size: DEFAULT_BLOCK_SIZE, window: 1, timeout: None, accepted: Vec::new() }
    }
}

impl Agreement {
    /// Takes up one option; gives the value to tell the client, or nothing to leave it out.
    fn grant(
        &mut self,
        name: &str,
        value: u64,
        length: u64,
        client: IpAddr,
        settings: &TftpSettings,
    ) -> Option<u64> {
        match name {
            "blksize" => {
                let asked = u16::try_from(value).ok().filter(|asked| BLOCK_SIZES.contains(asked))?;
                self.block_size = asked.min(largest_block(client, settings));
                Some(self.block_size.into())
            }
            "windowsize" => {
                let asked = u16::try_from(value).ok().filter(|asked| *asked > 0)?;
                self.window = asked.min(settings.max_window).max(1);
                Some(self.window.into())
            }
            "timeout" => {
                let seconds = u8::try_from(value).ok().filter(|seconds| *seconds > 0)?;
                self.timeout = Some(Duration::from_secs(seconds.into()));
                Some(seconds.into())
            }
            "tsize" => Some(length),
            _ => None,
        }
    }

    /// Shrinks the window to the octets allowed in flight, which is known only when all options were read.
    fn fit_window(&mut self, settings: &TftpSettings) {
        let fitting = settings.max_window_bytes / usize::from(self.block_size);
        let fitting = u16::try_from(fitting).unwrap_or(u16::MAX).max(1);
        if self.window <= fitting {
            return;
        }
        self.window = fitting;
        for (name, value) in &mut self.accepted {
            if name.eq_ignore_ascii_case("windowsize") {
                *value = fitting.into();
            }
        }
    }
}

fn largest_block(client: IpAddr, settings: &TftpSettings) -> u16 {
    let largest = match client {
        IpAddr::V4(_) => settings.max_block_size,
        IpAddr::V6(_) => settings.max_block_size.saturating_sub(IPV6_EXTRA),
    };
    largest.clamp(*BLOCK_SIZES.start(), *BLOCK_SIZES.end())
}

/// Decimal digits only: `+1`, ` 1` and hexadecimal are not numbers of RFC 2347.
fn parse_decimal(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agreed(asked: &[(&str, &str)]) -> Agreement {
        agreed_with(asked, "192.0.2.1", &TftpSettings::default())
    }

    fn agreed_with(asked: &[(&str, &str)], client: &str, settings: &TftpSettings) -> Agreement {
        let asked: Vec<_> = asked.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        agree(&asked, 100_000, client.parse().unwrap(), settings)
    }

    fn told(agreement: &Agreement) -> Vec<(&str, u64)> {
        agreement.accepted.iter().map(|(name, value)| (name.as_str(), *value)).collect()
    }

    #[test]
    fn without_options_it_is_rfc_1350() {
        let agreement = agreed(&[]);
        assert_eq!((agreement.block_size, agreement.window, agreement.timeout), (512, 1, None));
        assert_eq!(agreement.accepted, []);
    }

    #[test]
    fn all_options_in_any_case_and_the_order_asked() {
        let agreement = agreed(&[("TSIZE", "0"), ("BlkSize", "1024"), ("timeout", "3"), ("windowsize", "4")]);
        assert_eq!(
            told(&agreement),
            [("TSIZE", 100_000), ("BlkSize", 1024), ("timeout", 3), ("windowsize", 4)]
        );
        assert_eq!((agreement.block_size, agreement.window), (1024, 4));
        assert_eq!(agreement.timeout, Some(Duration::from_secs(3)));
    }

    #[test]
    fn too_much_is_granted_in_part() {
        let agreement = agreed(&[("blksize", "65464"), ("windowsize", "65535")]);
        assert_eq!(told(&agreement), [("blksize", 1468), ("windowsize", 16)]);
    }

    #[test]
    fn an_ipv6_block_leaves_room_for_the_longer_header() {
        let agreement = agreed_with(&[("blksize", "1468")], "2001:db8::1", &TftpSettings::default());
        assert_eq!(told(&agreement), [("blksize", 1448)]);
    }

    #[test]
    fn the_window_fits_the_octets_in_flight_whatever_the_order() {
        let settings =
            TftpSettings { max_block_size: 65464, max_window_bytes: 200_000, ..TftpSettings::default() };
        for asked in
            [[("windowsize", "8"), ("blksize", "65464")], [("blksize", "65464"), ("windowsize", "8")]]
        {
            let agreement = agreed_with(&asked, "192.0.2.1", &settings);
            assert_eq!(agreement.window, 3);
            assert!(told(&agreement).contains(&("windowsize", 3)));
        }
    }

    #[test]
    fn nonsense_and_unknown_options_are_left_out() {
        for asked in [
            ("blksize", "7"),
            ("blksize", "65465"),
            ("blksize", "0x400"),
            ("blksize", "+512"),
            ("blksize", ""),
            ("blksize", "99999999999999999999999"),
            ("timeout", "0"),
            ("timeout", "256"),
            ("windowsize", "0"),
            ("windowsize", "65536"),
            ("tsize", "-1"),
            ("multicast", ""),
            ("", "1"),
        ] {
            assert_eq!(agreed(&[asked]), Agreement::default(), "{asked:?}");
        }
    }

    #[test]
    fn the_first_of_a_repeated_option_counts() {
        let agreement = agreed(&[("blksize", "1024"), ("BLKSIZE", "600")]);
        assert_eq!((agreement.block_size, told(&agreement)), (1024, vec![("blksize", 1024)]));
    }

    proptest! {
        #[test]
        fn limits_hold_for_any_wish(
            asked in prop::collection::vec(
                ("(?i)blksize|windowsize|timeout|tsize|x", "[0-9]{1,6}|[ -~]{0,8}"), 0..8),
        ) {
            let settings = TftpSettings::default();
            let agreement = agree(&asked, 5, "192.0.2.1".parse().unwrap(), &settings);
            prop_assert!((8..=1468).contains(&agreement.block_size));
            prop_assert!((1..=16).contains(&agreement.window));
            let in_flight = usize::from(agreement.block_size) * usize::from(agreement.window);
            prop_assert!(in_flight <= settings.max_window_bytes);
            prop_assert!(agreement.accepted.len() <= asked.len());
        }
    }
}
