//! TFTP packets (RFC 1350, RFC 2347): what a client may send, taken apart, and what this server sends, put together.
//!
//! Pure. Any bytes are accepted as input; what makes no sense is an error that says whether the sender deserves to be
//! told.

use std::borrow::Cow;

use thiserror::Error;

/// A longer request is malformed. RFC 2347 allows 512 octets; some clients pad beyond that.
const LONGEST_REQUEST: usize = 1024;

const OPCODE_READ: u16 = 1;
const OPCODE_WRITE: u16 = 2;
const OPCODE_DATA: u16 = 3;
const OPCODE_ACK: u16 = 4;
const OPCODE_ERROR: u16 = 5;
const OPCODE_OPTIONS: u16 = 6;

/// What a client sends and this server understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientPacket {
    /// RRQ or WRQ, the beginning of a transfer.
    Request(TransferRequest),
    /// A block arrived, or for 0 the options did.
    Ack(u16),
    /// The client ends the transfer.
    Error(ClientError),
}

/// RRQ or WRQ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRequest {
    /// Which way the file goes.
    pub direction: Direction,
    /// As sent; UTF-8 or else Latin-1.
    pub filename: String,
    /// As sent; compared in any case.
    pub mode: String,
    /// Name and value in the order sent, both as spelled by the client.
    pub options: Vec<(String, String)>,
}

/// Which way the file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the client.
    Read,
    /// From the client.
    Write,
}

/// ERROR, as a client says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// RFC 1350 appendix, or 8 when the options are refused (RFC 2347).
    pub code: u16,
    /// The client's words.
    pub message: String,
}

/// Why bytes are not a [`ClientPacket`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PacketError {
    /// No client sends this. It is never answered: the answer might go to somebody who did not ask.
    #[error("not a packet that a TFTP client sends")]
    NotFromClient,
    /// A read or write request whose rest cannot be understood.
    #[error("malformed request: {0}")]
    MalformedRequest(&'static str),
}

/// Codes of ERROR packets (RFC 1350 appendix).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// 0: see the message.
    Undefined,
    /// 1.
    FileNotFound,
    /// 2.
    AccessViolation,
    /// 4.
    IllegalOperation,
    /// 5.
    UnknownTransferId,
}

impl ErrorCode {
    fn number(self) -> u16 {
        match self {
            ErrorCode::Undefined => 0,
            ErrorCode::FileNotFound => 1,
            ErrorCode::AccessViolation => 2,
            ErrorCode::IllegalOperation => 4,
            ErrorCode::UnknownTransferId => 5,
        }
    }
}

impl ClientPacket {
    /// Takes a datagram apart.
    pub fn parse(datagram: &[u8]) -> Result<ClientPacket, PacketError> {
        let (opcode, rest) = split_number(datagram).ok_or(PacketError::NotFromClient)?;
        match opcode {
            OPCODE_READ => TransferRequest::parse(Direction::Read, rest).map(ClientPacket::Request),
            OPCODE_WRITE => TransferRequest::parse(Direction::Write, rest).map(ClientPacket::Request),
            OPCODE_ACK => split_number(rest)
                .map(|(block, _)| ClientPacket::Ack(block))
                .ok_or(PacketError::NotFromClient),
            OPCODE_ERROR => {
                ClientError::parse(rest).map(ClientPacket::Error).ok_or(PacketError::NotFromClient)
            }
            _ => Err(PacketError::NotFromClient),
        }
    }
}

impl TransferRequest {
    /// A file name and a mode, each ended by a zero, then pairs of option and value. An incomplete or empty pair ends
    /// the options instead of spoiling the request: some clients send a buffer of fixed size filled with zeros.
    fn parse(direction: Direction, bytes: &[u8]) -> Result<TransferRequest, PacketError> {
        if bytes.len() > LONGEST_REQUEST {
            return Err(PacketError::MalformedRequest("longer than 1024 octets"));
        }
        let (filename, rest) =
            split_string(bytes).ok_or(PacketError::MalformedRequest("file name without its ending zero"))?;
        if filename.is_empty() {
            return Err(PacketError::MalformedRequest("no file name"));
        }
        let (mode, mut rest) = split_string(rest)
            .ok_or(PacketError::MalformedRequest("mode missing or without its ending zero"))?;
        let mut options = Vec::new();
        while let Some((name, value, after)) = split_option(rest) {
            options.push((name.into_owned(), value.into_owned()));
            rest = after;
        }
        Ok(TransferRequest { direction, filename: filename.into_owned(), mode: mode.into_owned(), options })
    }
}

impl ClientError {
    fn parse(bytes: &[u8]) -> Option<ClientError> {
        let (code, rest) = split_number(bytes)?;
        let message = split_string(rest).map_or_else(|| decode(rest), |(message, _)| message);
        Some(ClientError { code, message: message.into_owned() })
    }
}

/// DATA: one block, written behind what the buffer holds.
pub fn add_data(buffer: &mut Vec<u8>, block: u16, payload: &[u8]) {
    buffer.extend_from_slice(&OPCODE_DATA.to_be_bytes());
    buffer.extend_from_slice(&block.to_be_bytes());
    buffer.extend_from_slice(payload);
}

/// OACK: the options that were accepted (RFC 2347).
pub fn options(accepted: &[(String, u64)]) -> Vec<u8> {
    let mut packet = OPCODE_OPTIONS.to_be_bytes().to_vec();
    for (name, value) in accepted {
        push_string(&mut packet, name);
        push_string(&mut packet, &value.to_string());
    }
    packet
}

/// ERROR, which ends a transfer. The message is for people.
pub fn error(code: ErrorCode, message: &str) -> Vec<u8> {
    let mut packet = OPCODE_ERROR.to_be_bytes().to_vec();
    packet.extend_from_slice(&code.number().to_be_bytes());
    push_string(&mut packet, message);
    packet
}

fn push_string(packet: &mut Vec<u8>, text: &str) {
    packet.extend(text.bytes().filter(|byte| *byte != 0));
    packet.push(0);
}

fn split_number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}

fn split_string(bytes: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((decode(&bytes[..end]), &bytes[end + 1..]))
}

fn split_option(bytes: &[u8]) -> Option<(Cow<'_, str>, Cow<'_, str>, &[u8])> {
    let (name, rest) = split_string(bytes)?;
    let (value, rest) = split_string(rest)?;
    (!name.is_empty()).then_some((name, value, rest))
}

/// UTF-8, or else Latin-1, in which every byte is a character.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(bytes: &[u8]) -> TransferRequest {
        match ClientPacket::parse(bytes) {
            Ok(ClientPacket::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_read_request_with_options() {
        let parsed = request(b"\0\x01SEP001122334455.cnf.xml\0octet\0blksize\x001468\0TSIZE\x000\0");
        assert_eq!(parsed.direction, Direction::Read);
        assert_eq!(parsed.filename, "SEP001122334455.cnf.xml");
        assert_eq!(parsed.mode, "octet");
        let options = [("blksize".to_owned(), "1468".to_owned()), ("TSIZE".to_owned(), "0".to_owned())];
        assert_eq!(parsed.options, options);
    }

    #[test]
    fn padding_and_half_an_option_are_overlooked() {
        assert_eq!(request(b"\0\x01a\0octet\0\0\0\0\0\0\0").options, []);
        assert_eq!(request(b"\0\x01a\0octet\0blksize\0").options, []);
        assert_eq!(request(b"\0\x01a\0octet\0blksize\x00512").options, []);
    }

    #[test]
    fn a_file_name_that_is_not_utf8_is_latin1() {
        assert_eq!(request(b"\0\x01t\xe9l\0octet\0").filename, "tél");
        assert_eq!(request("\0\u{1}tél\0octet\0".as_bytes()).filename, "tél");
    }

    #[test]
    fn a_request_that_cannot_be_understood_says_why() {
        for (bytes, why) in [
            (&b"\0\x01"[..], "file name"),
            (b"\0\x01\0octet\0", "no file name"),
            (b"\0\x01a", "file name"),
            (b"\0\x02a\0", "mode"),
            (b"\0\x01a\0octet", "mode"),
            (&[b"\0\x01".as_slice(), &[b'a'; 2000]].concat(), "longer"),
        ] {
            let error = ClientPacket::parse(bytes).unwrap_err();
            assert!(matches!(error, PacketError::MalformedRequest(_)), "{bytes:?}");
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn what_no_client_sends_is_told_apart() {
        for bytes in
            [&b""[..], b"\0", b"\0\x03\0\x01data", b"\0\x06", b"\0\x00", b"\xff\xff", b"\0\x04\0", b"\0\x05"]
        {
            assert_eq!(ClientPacket::parse(bytes), Err(PacketError::NotFromClient), "{bytes:?}");
        }
    }

    #[test]
    fn acknowledgements_and_errors() {
        assert_eq!(ClientPacket::parse(b"\0\x04\xff\xfe"), Ok(ClientPacket::Ack(65534)));
        for bytes in [&b"\0\x05\0\x08bad option\0"[..], b"\0\x05\0\x08bad option"] {
            let error = ClientError { code: 8, message: "bad option".into() };
            assert_eq!(ClientPacket::parse(bytes), Ok(ClientPacket::Error(error)));
        }
    }

    #[test]
    fn packets_of_this_server() {
        let mut buffer = b"old".to_vec();
        add_data(&mut buffer, 513, b"xy");
        assert_eq!(buffer, b"old\0\x03\x02\x01xy");
        assert_eq!(
            options(&[("TSIZE".into(), 7), ("blksize".into(), 8)]),
            b"\0\x06TSIZE\x007\0blksize\x008\0"
        );
        assert_eq!(error(ErrorCode::FileNotFound, "no\0pe"), b"\0\x05\0\x01nope\0");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = ClientPacket::parse(&bytes);
        }

        #[test]
        fn any_request_is_survived(opcode in 1u8..=2, rest in prop::collection::vec(any::<u8>(), 0..600)) {
            let bytes = [&[0, opcode], rest.as_slice()].concat();
            match ClientPacket::parse(&bytes) {
                Ok(ClientPacket::Request(request)) => prop_assert!(!request.filename.is_empty()),
                Err(PacketError::MalformedRequest(_)) => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn a_well_formed_request_is_understood(
            filename in "[^\0]{1,40}",
            mode in "[^\0]{1,10}",
            options in prop::collection::vec(("[^\0]{1,10}", "[^\0]{0,10}"), 0..6),
        ) {
            let mut bytes = vec![0, 1];
            let pairs = options.iter().flat_map(|(name, value)| [name, value]);
            for text in [&filename, &mode].into_iter().chain(pairs) {
                push_string(&mut bytes, text);
            }
            let expected = TransferRequest { direction: Direction::Read, filename, mode, options };
            prop_assert_eq!(ClientPacket::parse(&bytes), Ok(ClientPacket::Request(expected)));
        }
    }
}
