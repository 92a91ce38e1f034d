//! Packets of TFTP as a client sends and reads them. Pure.

const READ: u16 = 1;
const DATA: u16 = 3;
const ACKNOWLEDGEMENT: u16 = 4;
const ERROR: u16 = 5;
const OPTIONS: u16 = 6;

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Packet {
    Data { number: u16, bytes: Vec<u8> },
    Error { code: u16, message: String },
    Options(Vec<(String, String)>),
}

impl Packet {
    /// Nothing if no server sends such a packet.
    pub(super) fn read(packet: &[u8]) -> Option<Packet> {
        let (operation, rest) = word(packet)?;
        match operation {
            DATA => {
                let (number, bytes) = word(rest)?;
                Some(Packet::Data { number, bytes: bytes.to_owned() })
            }
            ERROR => {
                let (code, message) = word(rest)?;
                let message = message.split(|byte| *byte == 0).next().unwrap_or_default();
                Some(Packet::Error { code, message: String::from_utf8_lossy(message).into_owned() })
            }
            OPTIONS => options(rest).map(Packet::Options),
            _ => None,
        }
    }
}

/// Words that end with a NUL, names and values in turn.
fn options(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let Some(bytes) = bytes.strip_suffix(&[0]) else { return bytes.is_empty().then(Vec::new) };
    let words: Vec<String> =
        bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let pairs = words.chunks(2).map(|pair| match pair {
        [name, value] => Some((name.clone(), value.clone())),
        _ => None,
    });
    pairs.collect()
}

fn word(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u16::from_be_bytes(*word), rest))
}

/// Asks for a file, byte by byte as it is.
pub(super) fn read_request(file: &str, options: &[(String, String)]) -> Vec<u8> {
    let mut packet = READ.to_be_bytes().to_vec();
    let options = options.iter().flat_map(|(name, value)| [name.as_str(), value]);
    for word in [file, "octet"].into_iter().chain(options) {
        packet.extend_from_slice(word.as_bytes());
        packet.push(0);
    }
    packet
}

pub(super) fn acknowledgement(number: u16) -> Vec<u8> {
    [ACKNOWLEDGEMENT.to_be_bytes(), number.to_be_bytes()].concat()
}

pub(super) fn error(code: u16, message: &str) -> Vec<u8> {
    let mut packet = [ERROR.to_be_bytes(), code.to_be_bytes()].concat();
    packet.extend_from_slice(message.as_bytes());
    packet.push(0);
    packet
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packets_are_as_the_rfc_has_them() {
        let options = [("tsize".to_owned(), "0".to_owned())];
        assert_eq!(read_request("a", &options), b"\0\x01a\0octet\0tsize\x000\0");
        assert_eq!(acknowledgement(258), [0, 4, 1, 2]);
        assert_eq!(
            Packet::read(b"\0\x03\x01\x02ab"),
            Some(Packet::Data { number: 258, bytes: b"ab".to_vec() })
        );
        assert_eq!(Packet::read(&error(1, "no")), Some(Packet::Error { code: 1, message: "no".to_owned() }));
        let agreed = vec![("tsize".to_owned(), "5".to_owned())];
        assert_eq!(Packet::read(b"\0\x06tsize\x005\0"), Some(Packet::Options(agreed)));
        assert_eq!(Packet::read(b"\0\x06tsize\0"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_none(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Packet::read(&bytes);
        }
    }
}
