//! The options of a DHCP message (RFC 2132), wherever in the message they are.
//!
//! A message may continue its options in the fields for a boot file and a server name (option 52), and one option in
//! several pieces (RFC 3396). What runs over the end of its field makes the message worthless.

use std::collections::BTreeMap;

/// Between options.
const PAD: u8 = 0;
/// After the last option of a field.
const END: u8 = 255;
/// Says which other fields hold options: 1 the boot file, 2 the server name, 3 both.
const OVERLOAD: u8 = 52;

/// Options by code, pieces of one put together. Nothing if they are not sound.
pub fn read(options: &[u8], file: &[u8], server_name: &[u8]) -> Option<BTreeMap<u8, Vec<u8>>> {
    let mut read = BTreeMap::new();
    read_field(options, &mut read)?;
    let overload = read.get(&OVERLOAD).and_then(|value| value.first()).copied().unwrap_or(0);
    // The order in which pieces follow each other (RFC 3396 §5).
    for (bit, field) in [(1, file), (2, server_name)] {
        if overload & bit != 0 {
            read_field(field, &mut read)?;
        }
    }
    Some(read)
}

/// Some clients leave out the end mark: the end of the field is as good.
fn read_field(mut field: &[u8], read: &mut BTreeMap<u8, Vec<u8>>) -> Option<()> {
    while let Some((code, rest)) = field.split_first() {
        match *code {
            PAD => field = rest,
            END => break,
            code => {
                let (length, rest) = rest.split_first()?;
                let (value, rest) = rest.split_at_checked(usize::from(*length))?;
                read.entry(code).or_default().extend_from_slice(value);
                field = rest;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn options_go_on_in_other_fields() {
        let read = read(&[52, 1, 3, 60, 2, b'a', b'b'], &[0, 60, 1, b'c', 255, 9], &[60, 1, b'd']).unwrap();
        assert_eq!(read, BTreeMap::from([(52, vec![3]), (60, b"abcd".to_vec())]));
    }

    #[test]
    fn other_fields_are_what_they_are_called_unless_said_otherwise() {
        assert_eq!(
            read(&[60, 1, b'a', 255], &[60, 9], b"pxelinux.0"),
            Some(BTreeMap::from([(60, b"a".to_vec())]))
        );
        assert_eq!(read(&[52, 1, 2], b"pxelinux.0", &[255]).unwrap().len(), 1);
    }

    #[test]
    fn what_runs_over_the_end_is_refused() {
        for field in [&[60][..], &[60, 2, b'a'], &[0, 0, 60, 255, 1]] {
            assert_eq!(read(field, &[], &[]), None, "{field:?}");
        }
    }

    proptest! {
        #[test]
        fn long_options_are_put_together(
            options in prop::collection::btree_map(
                (1_u8..255).prop_filter("overload says more", |code| *code != OVERLOAD),
                prop::collection::vec(any::<u8>(), 0..700), 0..5,
            ),
        ) {
            let mut field = Vec::new();
            for (code, value) in &options {
                let mut pieces: Vec<&[u8]> = value.chunks(255).collect();
                if pieces.is_empty() {
                    pieces.push(&[]);
                }
                for piece in pieces {
                    field.extend([*code, u8::try_from(piece.len()).unwrap()]);
                    field.extend(piece);
                }
            }
            prop_assert_eq!(read(&field, &[], &[]), Some(options));
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            fields in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 3),
        ) {
            let _ = read(&fields[0], &fields[1], &fields[2]);
        }
    }
}
