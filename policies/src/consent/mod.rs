//! What visitors said, and what follows from it. [`decide`] is the heart: pure, made once per request.

mod choice;
mod decision;
mod exceptions;
mod guardian;
mod record;
mod signal;
mod token;

pub use choice::{Act, Answers, Choice, ChoiceError, Mode};
pub use decision::{Basis, Decision, Terms, Verdict, decide};
pub use exceptions::{Exceptions, Item, ItemKey, MAX_EXCEPTIONS, TooMany};
pub use guardian::{Agreement, AgreementError, Guardian, REFERENCE_BYTES, Reference, Speaker};
pub use record::{Circumstances, Record, Surface};
pub use signal::Signals;
pub use token::{GrantIds, MAX_TOKEN_BYTES, Token, TokenError, Unrecorded};

#[cfg(all(test, feature = "author"))]
pub(crate) mod tests;

#[cfg(all(test, feature = "author"))]
mod guardian_tests;

#[cfg(all(test, feature = "author"))]
mod token_tests;
