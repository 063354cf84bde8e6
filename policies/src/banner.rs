//! The names that the rendered form and the banner's code agree on: element ids, field names, values.
//!
//! Refuses nothing and does nothing; it exists so that the gateway, which writes the form, reads its post and serves
//! its pages, and the banner, which takes the form over, can't drift apart. Invariant: every name stands here once.

/// Id and tag name of the banner's root, a custom element that stays undefined: frameworks that hydrate leave it alone.
pub const ROOT: &str = "consent-banner";
/// Id of the form inside the banner.
pub const FORM: &str = "consent-form";
/// Id of the banner's heading, by which the region is named.
pub const TITLE: &str = "consent-title";
/// Id of the button that grants every purpose.
pub const ACCEPT: &str = "consent-accept";
/// Id of the button that refuses every purpose but the necessary.
pub const REFUSE: &str = "consent-refuse";
/// Id of the button that saves the ticked purposes.
pub const SAVE: &str = "consent-save";
/// Id of the `details` element that holds the purposes.
pub const CHOOSE: &str = "consent-choose";
/// Id of the alert that holds the sentence of a failed post.
pub const ERROR: &str = "consent-error";
/// Where the banner ends: what the keyboard reaches from here is the page's own.
pub const END: &str = "consent-end";
/// Id and tag name of what stands in the page once a choice was made: a link to the settings.
pub const SETTINGS: &str = "consent-settings";
/// Id of the link inside it.
pub const SETTINGS_LINK: &str = "consent-settings-link";

/// Attribute of the root: the sentence shown when a choice could not be sent.
pub const FAILED_TEXT: &str = "data-failed";
/// Attribute of the settings element: the link's words where the browser stores no cookies at all.
pub const BLOCKED_TEXT: &str = "data-blocked";

/// Field: the version of the policy that the form was made from, 16 hexadecimal digits.
pub const FIELD_POLICY: &str = "policy";
/// Field: the language of the form, `ko` or `en`.
pub const FIELD_LANG: &str = "lang";
/// Field: path and query to return to after a post without script.
pub const FIELD_BACK: &str = "back";
/// Field: what makes the post known as the form's own where the browser doesn't say where it comes from.
pub const FIELD_SEAL: &str = "seal";
/// Field, repeated: the id of a purpose that is granted.
pub const FIELD_PURPOSE: &str = "purpose";
/// Field: what the visitor did; the pressed button's value, an `Act`'s name.
pub const FIELD_ACT: &str = "act";
/// Name of the `Server-Timing` entry that says how many cookies wait for the visitor's answer.
pub const WAITING_MARK: &str = "consent-held";
/// Name of the `Server-Timing` entry that says how many cookies should wait and found no room.
pub const LOST_MARK: &str = "consent-lost";

/// Field, repeated: a cookie that waits, in its envelope.
pub const FIELD_HELD: &str = "held";
/// Field, repeated: the answer about one service or cookie, its key with `:yes` or `:no`; empty where it follows its
/// purpose.
pub const FIELD_ITEM: &str = "item";
/// Field: how allowed cookies are kept; [`VALUE_SESSION`] until the browser closes.
pub const FIELD_MODE: &str = "mode";
/// Field: [`VALUE_YES`] where others use the computer too, so that the choice itself ends with the browser.
pub const FIELD_SHARED: &str = "shared";
/// Field: whether the visitor is old enough to agree alone, where the site asks.
pub const FIELD_AGE: &str = "age";
/// Field: the name of a cookie to delete.
pub const FIELD_NAME: &str = "name";
/// Field: what a request asks for, a `RequestKind`'s name.
pub const FIELD_KIND: &str = "kind";
/// Field: what a request is about.
pub const FIELD_ABOUT: &str = "about";
/// Field: the address for a request's answer.
pub const FIELD_REPLY: &str = "reply";
/// Field: the reference of a request.
pub const FIELD_REFERENCE: &str = "reference";
/// Field: where the form stands, a `Surface`'s name; the banner's form, which is weighed, has none.
pub const FIELD_SURFACE: &str = "surface";
/// Field: [`VALUE_YES`] where a receipt is to be shown; a receipt itself where one is to be checked.
pub const FIELD_RECEIPT: &str = "receipt";
/// Form field: seconds from the banner to the press, as the last mark that was passed of those that are counted by.
pub const FIELD_WAITED: &str = "waited";
/// Value of [`FIELD_MODE`].
pub const VALUE_SESSION: &str = "session";
/// Value of fields that are answered with yes or no.
pub const VALUE_YES: &str = "yes";
/// Value of fields that are answered with yes or no.
pub const VALUE_NO: &str = "no";

/// Last part of the path that takes a choice.
pub const PATH_CHOICE: &str = "choice";
/// Last part of the path that tells the state of a visitor.
pub const PATH_STATE: &str = "state";
/// Path below the prefix: a banner was shown. Carries nothing.
pub const PATH_RENDERED: &str = "rendered";
/// Last part of the path of the settings page.
pub const PATH_SETTINGS: &str = "settings";
/// Last part of the path of the policy page.
pub const PATH_POLICY: &str = "policy";
/// What tells programs of new versions of the policy (Atom, RFC 4287).
pub const PATH_FEED: &str = "policy.atom";
/// Last part of the path that tells which cookies wait for an answer.
pub const PATH_HELD: &str = "held";
/// Last part of the path of what stands in a held frame's place.
pub const PATH_PLACEHOLDER: &str = "placeholder";
/// Last part of the path to which a page reports names that nobody speaks of.
pub const PATH_SEEN: &str = "seen";
/// Last part of the path of the page on a guardian's consent, to which a site's server posts that one was given.
pub const PATH_GUARDIAN: &str = "guardian";
/// Last part of the path that gives a visitor a code for a guardian, and looks whether one has agreed.
pub const PATH_REFERENCE: &str = "reference";
/// Last part of the path of the receipt of a visitor's choice.
pub const PATH_RECEIPT: &str = "receipt";
/// Last part of the path of the page that checks a receipt.
pub const PATH_CHECK: &str = "check";
/// Last part of the path of the keys that receipts are signed with (RFC 7517).
pub const PATH_KEYS: &str = "keys.json";
/// Id and tag name of the notice of a change of the policy.
pub const NOTICE: &str = "consent-notice";
/// Last part of the path that dismisses the notice of a change.
pub const PATH_NOTICE: &str = "notice";
/// Last part of the path that deletes one cookie without changing the choice.
pub const PATH_FORGET: &str = "forget";
/// Last part of the path of the page on what is kept of a visitor, and their requests.
pub const PATH_ME: &str = "me";
/// Last part of the path of the same as a file.
pub const PATH_ME_FILE: &str = "me.json";
/// Last part of the path that erases a visitor's records.
pub const PATH_ERASE: &str = "erase";
/// Last part of the path that suspends all processing.
pub const PATH_SUSPEND: &str = "suspend";
/// Last part of the path that ends a suspension.
pub const PATH_RESUME: &str = "resume";
/// Last part of the path that takes a request.
pub const PATH_REQUESTS: &str = "requests";
/// Last part of the path that tells where a request stands.
pub const PATH_REQUEST: &str = "request";
