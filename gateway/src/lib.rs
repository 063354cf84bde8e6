//! stub
pub mod assets;
