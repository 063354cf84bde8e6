//! stub
pub mod html;
pub mod response;
pub mod wire;
