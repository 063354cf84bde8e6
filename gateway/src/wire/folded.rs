//! Names with their numbers folded, so that `cart_81f2a9` and `cart_07bc11` are one.
//!
//! It refuses bytes that a terminal or a page would act on. Invariant: what comes out is printable ASCII.

/// From this length on a run of digits, or of hexadecimal digits with a number among them, is folded.
const RUN: usize = 4;

/// From this length on a run of hexadecimal letters alone is no word.
const NO_WORD: usize = 12;

/// Hands the pieces of a folded name to `push`, until that says that there is no room for one.
pub fn fold(name: &[u8], mut push: impl FnMut(&str) -> bool) {
    let mut rest = name;
    while let Some((byte, after)) = rest.split_first() {
        let run = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (hex, after_run) = rest.split_at(run);
        let has_number = hex.iter().any(u8::is_ascii_digit);
        let fits = if run >= NO_WORD || (run >= RUN && has_number) {
            rest = after_run;
            push("#")
        } else if run > 0 {
            rest = after_run;
            hex.iter().all(|byte| push(char::from(*byte).encode_utf8(&mut [0; 4])))
        } else {
            rest = after;
            match byte {
                b'!'..=b'~' => push(char::from(*byte).encode_utf8(&mut [0; 4])),
                _ => push(&format!("\\x{byte:02x}")),
            }
        };
        if !fits {
            break;
        }
    }
}
