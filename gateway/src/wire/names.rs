//! NameList in order, in one piece of memory: most requests bring some, and few are ever looked at again.
//!
//! Refuses to say what they mean. Invariant: a name comes out as it went in.

/// A list of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameList {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

/// Bytes and names that most lists have.
const USUAL: (usize, usize) = (128, 16);

impl NameList {
    /// Adds a name.
    pub fn push(&mut self, name: &[u8]) {
        if self.ends.is_empty() {
            self.bytes.reserve(USUAL.0.max(name.len()));
            self.ends.reserve(USUAL.1);
        }
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }
}

impl<N: AsRef<[u8]>> FromIterator<N> for NameList {
    fn from_iter<I: IntoIterator<Item = N>>(all: I) -> Self {
        let mut names = Self::default();
        all.into_iter().for_each(|name| names.push(name.as_ref()));
        names
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_come_out_as_they_went_in(all in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..40)) {
            let names: NameList = all.iter().collect();
            prop_assert_eq!(names.len(), all.len());
            prop_assert_eq!(names.is_empty(), all.is_empty());
            prop_assert!(names.iter().eq(all.iter().map(Vec::as_slice)));
        }
    }
}
