//! What the origins remember between two requests of a visitor, under a random key that the session cookie
//! carries. Bounded: the oldest goes when there are too many. Nothing is written to disk.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::service::Service;

/// How many sessions all sites together keep.
const MOST_SESSIONS: usize = 512;

/// The sessions of all demo sites.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<VecDeque<Session>>);

#[derive(Debug)]
struct Session {
    service: Service,
    key: String,
    content: String,
}

impl Sessions {
    /// Begins a session and gives its key.
    pub(crate) fn begin(&self, service: Service, content: impl Into<String>) -> String {
        let key = random_key();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MOST_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(Session { service, key: key.clone(), content: content.into() });
        key
    }

    /// What a session holds.
    pub(crate) fn find(&self, service: Service, key: &str) -> Option<String> {
        if key.is_empty() {
            return None;
        }
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions
            .iter()
            .find(|session| session.service == service && session.key == key)
            .map(|session| session.content.clone())
    }

    /// Ends a session.
    pub(crate) fn end(&self, service: Service, key: &str) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.service != service || session.key != key);
    }
}

/// Sixteen hex digits that nobody can guess. Where the system gives no randomness the key is empty, which
/// finds no session: the visitor is then not logged in.
pub(crate) fn random_key() -> String {
    let mut bytes = [0; 8];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_belongs_to_its_site_and_ends() {
        let sessions = Sessions::default();
        let key = sessions.begin(Service::EzCare, "care01");
        assert_eq!(sessions.find(Service::EzCare, &key), Some("care01".to_owned()));
        assert_eq!(sessions.find(Service::QSolution, &key), None);
        sessions.end(Service::EzCare, &key);
        assert_eq!(sessions.find(Service::EzCare, &key), None);
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let sessions = Sessions::default();
        let first = sessions.begin(Service::EzCare, "first");
        for _ in 0..MOST_SESSIONS {
            sessions.begin(Service::EzCare, "more");
        }
        assert_eq!(sessions.find(Service::EzCare, &first), None);
    }
}
