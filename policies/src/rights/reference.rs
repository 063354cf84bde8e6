//! The reference of a request: who has it sees where the request stands. It is random, so that it tells nothing of anybody, and what is
//! stored is only its digest, so that a look into the store doesn't open anybody's request.
//!
//! Refuses what is no reference. Invariant: it reads as it was written, however people copy it.

use core::fmt;

use sha2::{Digest, Sha256};

use super::RequestId;
use crate::spelled;

/// Bytes of a reference.
pub const REQUEST_REFERENCE_BYTES: usize = 15;
/// What stands before a reference in its digest.
const LABEL: &[u8] = b"request reference";

/// What a visitor is given for a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestReference(pub [u8; REQUEST_REFERENCE_BYTES]);

impl RequestReference {
    /// Reads what people write: in any case, with blanks and dashes anywhere, `O` for `0`, `I` and `L` for `1`.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        spelled::read(written).map(Self)
    }

    /// The id of the request that it opens.
    #[must_use]
    pub fn request(&self) -> RequestId {
        let digest = Sha256::new().chain_update(LABEL).chain_update(self.0).finalize();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        id
    }
}

impl fmt::Display for RequestReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spelled::write(&self.0, f)
    }
}

/// It opens a request, so that no log is to have it.
impl fmt::Debug for RequestReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestReference(…)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_reference_is_not_read() {
        let good = RequestReference([0xa5; REQUEST_REFERENCE_BYTES]).to_string();
        assert_eq!((good.len(), good.matches('-').count()), (29, 5));
        for wrong in ["", "0000", &good.replacen('M', "U", 1), &format!("{good}0"), &"0".repeat(10_000), "가나다"] {
            assert_eq!(RequestReference::parse(wrong).filter(|read| read.to_string() != good), None, "{wrong}");
        }
        assert!(RequestReference::parse(&format!("{good}0")).is_none());
        assert!(!format!("{:?}", RequestReference([1; 15])).contains('1'));
    }

    proptest! {
        #[test]
        fn every_reference_reads_as_itself(bytes: [u8; REQUEST_REFERENCE_BYTES]) {
            let reference = RequestReference(bytes);
            let written = reference.to_string();
            prop_assert_eq!(RequestReference::parse(&written), Some(reference));
            let copied = written.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(RequestReference::parse(&copied), Some(reference));
            prop_assert_ne!(&reference.request()[..15], &bytes[..]);
        }
    }
}
