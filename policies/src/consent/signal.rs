//! What the browser says without being asked.

/// The signals of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Signals {
    /// Global Privacy Control: the header `Sec-GPC` with the exact value `1`.
    pub gpc: bool,
}
