//! Random bytes as people write them down and read them aloud: letters in groups, none that is taken for another (Crockford's base 32).
//!
//! It refuses what has another number of letters, or a letter that stands for nothing. Invariant: what is written reads as the same bytes.

use core::fmt;

/// Letters between two dashes.
const GROUP: usize = 4;
/// The letters, in the order of their values.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters so many bytes take: five bits each.
const fn letters(bytes: usize) -> usize {
    bytes * 8 / 5
}

/// Reads what people write: in any case, with blanks and dashes anywhere, `O` for `0`, `I` and `L` for `1`. At most 15 bytes, a
/// multiple of five.
pub(crate) fn read<const BYTES: usize>(written: &str) -> Option<[u8; BYTES]> {
    let mut bits: u128 = 0;
    let mut count = 0;
    for letter in written.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
        let letter = match letter.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        count += 1;
        if count > letters(BYTES) {
            return None;
        }
        bits = bits << 5 | ALPHABET.iter().position(|known| *known == letter)? as u128;
    }
    (count == letters(BYTES)).then_some(())?;
    bits.to_be_bytes().last_chunk().copied()
}

/// Writes bytes as [`read`] reads them, a dash between groups.
pub(crate) fn write<const BYTES: usize>(bytes: &[u8; BYTES], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = bytes.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    for place in 0..letters(BYTES) {
        if place > 0 && place % GROUP == 0 {
            f.write_str("-")?;
        }
        let value = (bits >> (5 * (letters(BYTES) - 1 - place)) & 31) as usize;
        write!(f, "{}", char::from(ALPHABET.get(value).copied().unwrap_or_default()))?;
    }
    Ok(())
}
