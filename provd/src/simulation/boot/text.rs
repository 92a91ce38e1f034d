//! Texts with placeholders for what a phone is: `/Aastra/{MAC}.cfg`.

use std::borrow::Cow;
use std::fmt;

use provd_proto::mac::Mac;
use serde::Deserialize;

/// A text of which every placeholder is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct Text {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Field(Field),
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Mac { is_upper: bool, separator: &'static str },
    Model,
    Name,
    Version,
    Serial,
    Number,
    Username,
    Secret,
}

/// What a phone fills in.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Values<'a> {
    pub(in super::super) mac: Mac,
    pub(in super::super) model: &'a str,
    pub(in super::super) spelling: &'a str,
    pub(in super::super) version: &'a str,
    pub(in super::super) serial: &'a str,
    pub(in super::super) number: u64,
    pub(in super::super) username: &'a str,
    pub(in super::super) secret: &'a str,
}

/// Placeholders, as they are written.
const FIELDS: [(&str, Field); 13] = [
    ("mac", Field::Mac { is_upper: false, separator: "" }),
    ("MAC", Field::Mac { is_upper: true, separator: "" }),
    ("mac:", Field::Mac { is_upper: false, separator: ":" }),
    ("MAC:", Field::Mac { is_upper: true, separator: ":" }),
    ("mac-", Field::Mac { is_upper: false, separator: "-" }),
    ("MAC-", Field::Mac { is_upper: true, separator: "-" }),
    ("model", Field::Model),
    ("name", Field::Name),
    ("version", Field::Version),
    ("sn", Field::Serial),
    ("number", Field::Number),
    ("username", Field::Username),
    ("secret", Field::Secret),
];

impl Text {
    /// Whether it speaks of the phone's account.
    pub(in super::super) fn is_about_account(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Field(Field::Username | Field::Secret | Field::Number)))
    }

    /// With what this phone is.
    pub(in super::super) fn fill(&self, values: &Values<'_>) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Cow::Borrowed(text.as_str()),
                Piece::Field(field) => field.of(values),
            })
            .collect()
    }
}

/// As it is written: without anybody's secrets.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(source: String) -> Result<Text, String> {
        let (mut pieces, mut rest) = (Vec::new(), source.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| format!("`{source}`: a brace is left open"))?;
            let field = FIELDS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let known: Vec<String> = FIELDS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                format!("`{{{name}}}` stands for nothing; there are {}", known.join(", "))
            })?;
            pieces.extend([Piece::Literal(before.to_owned()), Piece::Field(field.1)]);
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        Ok(Text { source, pieces })
    }
}

impl Field {
    fn of<'a>(self, values: &Values<'a>) -> Cow<'a, str> {
        match self {
            Field::Mac { is_upper, separator } => {
                let mac = values.mac.to_string().replace(':', separator);
                Cow::Owned(if is_upper { mac.to_uppercase() } else { mac })
            }
            Field::Model => values.model.into(),
            Field::Name => values.spelling.into(),
            Field::Version => values.version.into(),
            Field::Serial => values.serial.into(),
            Field::Number => values.number.to_string().into(),
            Field::Username => values.username.into(),
            Field::Secret => values.secret.into(),
        }
    }
}
