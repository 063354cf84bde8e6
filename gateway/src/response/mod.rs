//! stub
pub mod coding;
