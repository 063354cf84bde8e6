//! Names that the page form and the banner share.
