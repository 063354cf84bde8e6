//! What a webhook says of itself (Standard Webhooks 1.0, symmetric keys): an id that stays the same however often it is sent,
//! the time of sending, and a signature of both with the body.
//!
//! Refuses to know what is told. Invariant: the time is signed, so that an old message can't be sent again as a new one.

use super::SharedKey;

/// The header fields of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookHeaders {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, in seconds.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
}

impl WebhookHeaders {
    /// The fields of a body that is sent at a time (seconds since 1970) under an id without dots.
    #[must_use]
    pub fn sign(key: &SharedKey, id: String, sent: i64, body: &[u8]) -> Self {
        let timestamp = sent.to_string();
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        Self { id, timestamp, signature: format!("v1,{}", key.sign(&signed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the standard's own libraries are tested with.
    #[test]
    fn the_standards_own_example_comes_out_byte_for_byte() {
        let key = SharedKey::of_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned();
        let headers = WebhookHeaders::sign(&key, id, 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(headers.timestamp, "1614265330");
        assert_eq!(headers.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
