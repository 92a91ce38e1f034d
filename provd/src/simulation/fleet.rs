//! The phones: who each of them is follows from its number, so a hundred thousand of them take no room.

use provd_proto::mac::Mac;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

use super::boot::{Family, Kind, Values};
use super::sources::Sources;
use super::turns::Turns;

/// All phones.
#[derive(Debug)]
pub(super) struct Fleet {
    families: Vec<Family>,
    turns: Turns,
    count: u64,
    seed: u64,
    first_mac: Option<Mac>,
    run: Run,
    sources: Sources,
}

/// What all accounts of one run have in common, so that one can be told in any file.
#[derive(Debug)]
struct Run {
    marker: String,
    // SECRET: what the secrets of accounts are made of.
    key: [u8; 16],
}

/// One phone.
#[derive(Debug)]
pub(super) struct Phone<'a> {
    pub(super) number: u64,
    pub(super) family: &'a Family,
    pub(super) kind: &'a Kind,
    /// Where its family and its kind are in the fleet.
    pub(super) place: (usize, usize),
    pub(super) mac: Mac,
    pub(super) serial: String,
    pub(super) username: String,
    // SECRET
    pub(super) secret: String,
    /// Its own address, if phones have their own.
    pub(super) address: Option<std::net::IpAddr>,
}

impl Fleet {
    /// Of these families, whose kinds have these turns.
    pub(super) fn new(
        families: Vec<Family>,
        turns: Turns,
        count: u64,
        seed: u64,
        first_mac: Option<Mac>,
        sources: Sources,
    ) -> Fleet {
        Fleet { turns, families, count, seed, first_mac, run: Run::new(), sources }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn families(&self) -> &[Family] {
        &self.families
    }

    /// The phone of a number; nothing beyond the last, or where there is no MAC address left.
    pub(super) fn phone(&self, number: u64) -> Option<Phone<'_>> {
        if number >= self.count {
            return None;
        }
        let place = self.turns.place(number)?;
        let family = self.families.get(place.0)?;
        let kind = family.kinds.get(place.1)?;
        let username = format!("{}{number}", self.run.marker);
        let secret = format!("{username}x{}", self.run.digest(number));
        let (mac, serial) = (self.mac(kind, number)?, format!("SIM{:08}", self.low(number)));
        let address = self.sources.address(number);
        Some(Phone { number, family, kind, place, mac, serial, username, secret, address })
    }

    /// The first phone, other than this one, whose account is in a file.
    pub(super) fn foreign_account(&self, own: u64, content: &[u8]) -> Option<u64> {
        let marker = self.run.marker.as_bytes();
        let starts = content.windows(marker.len()).enumerate().filter(|(_, window)| *window == marker);
        let numbers = starts.filter_map(|(start, _)| {
            let rest = &content[start + marker.len()..];
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            std::str::from_utf8(&rest[..digits]).ok()?.parse::<u64>().ok()
        });
        numbers.into_iter().find(|number| *number != own)
    }

    fn mac(&self, kind: &Kind, number: u64) -> Option<Mac> {
        if let Some(first) = self.first_mac {
            let first = first.octets().into_iter().fold(0, |all, octet| all << 8 | u64::from(octet));
            let [high, low, octets @ ..] = (first + number).to_be_bytes();
            return ((high, low) == (0, 0)).then(|| Mac::from_octets(octets))?;
        }
        let [_, one, two, three] = self.low(number).to_be_bytes();
        let [a, b, c] = kind.prefix;
        Mac::from_octets([a, b, c, one, two, three])
    }

    /// What is the phone's own in its MAC address: 24 bits, no two alike. Seeds begin far from each other.
    fn low(&self, number: u64) -> u32 {
        let begin = self.seed.wrapping_add(1).wrapping_mul(0x009e_3779_b97f_4a7c_u64 | 1);
        let [.., a, b, c] = begin.wrapping_add(number).to_be_bytes();
        u32::from_be_bytes([0, a, b, c])
    }
}

impl Phone<'_> {
    pub(super) fn values(&self) -> Values<'_> {
        Values {
            mac: self.mac,
            model: &self.kind.model,
            spelling: &self.kind.spelling,
            version: &self.kind.version,
            serial: &self.serial,
            number: self.number,
            username: &self.username,
            secret: &self.secret,
        }
    }
}

impl Run {
    fn new() -> Run {
        let mut key = [0; 16];
        rand::rng().fill_bytes(&mut key);
        // Digits follow; no other run has the same.
        Run { marker: format!("sim{}n", hex::encode(&key[..4])), key }
    }

    fn digest(&self, number: u64) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(number.to_be_bytes()).finalize();
        hex::encode(&digest[..8])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::simulation::families;

    pub(in super::super) fn fleet(family: &str, count: u64) -> Fleet {
        let families = families::find(&[family.to_owned()]).unwrap();
        let turns = Turns::new(&families, None).unwrap();
        Fleet::new(families, turns, count, 0, None, Sources::Loopback)
    }

    #[test]
    fn targets_have_their_turn_before_models_and_all_have_one() {
        let fleet = fleet("all", 1000);
        let targets: BTreeSet<&str> =
            fleet.families.iter().flat_map(|family| &family.kinds).map(|kind| kind.target.as_str()).collect();
        let first: BTreeSet<&str> = (0..targets.len() as u64)
            .map(|number| fleet.phone(number).unwrap().kind.target.as_str())
            .collect();
        assert_eq!(first, targets);
        let kinds: BTreeSet<(usize, usize)> =
            (0..1000).map(|number| fleet.phone(number).unwrap().place).collect();
        assert_eq!(kinds.len(), fleet.families.iter().map(|family| family.kinds.len()).sum::<usize>());
    }

    #[test]
    fn no_two_phones_are_alike_and_all_are_the_same_again() {
        let (one, again) = (fleet("all", 3000), fleet("all", 3000));
        let macs: BTreeSet<String> =
            (0..3000).map(|number| one.phone(number).unwrap().mac.to_string()).collect();
        assert_eq!(macs.len(), 3000);
        let mac = |fleet: &Fleet| fleet.phone(7).unwrap().mac;
        assert_eq!(mac(&one), mac(&again));
        let other = Fleet { seed: 1, ..again };
        assert!(!macs.contains(&mac(&other).to_string()));
        assert!(one.phone(3000).is_none());
    }

    #[test]
    fn the_first_address_may_be_chosen() {
        let fleet = Fleet { first_mac: Some("00:08:5d:ff:ff:ff".parse().unwrap()), ..fleet("aastra", 3) };
        assert_eq!(fleet.phone(1).unwrap().mac.to_string(), "00:08:5e:00:00:00");
        let fleet = Fleet { first_mac: Some("ff:ff:ff:ff:ff:fe".parse().unwrap()), ..fleet };
        assert!(fleet.phone(0).is_some() && fleet.phone(1).is_none() && fleet.phone(2).is_none());
    }

    #[test]
    fn the_account_of_another_phone_is_told_in_any_file() {
        let fleet = fleet("aastra", 20);
        let (one, twelve) = (fleet.phone(1).unwrap(), fleet.phone(12).unwrap());
        let file = |phone: &Phone<'_>| format!("user: {}\npassword: {}", phone.username, phone.secret);
        assert_eq!(fleet.foreign_account(1, file(&one).as_bytes()), None);
        assert_eq!(fleet.foreign_account(1, file(&twelve).as_bytes()), Some(12));
        assert_eq!(fleet.foreign_account(1, format!("{}{}", file(&one), file(&twelve)).as_bytes()), Some(12));
        assert_eq!(fleet.foreign_account(1, b""), None);
    }
}
