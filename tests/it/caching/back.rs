//! What a browser's own memory shows after a change of mind.
