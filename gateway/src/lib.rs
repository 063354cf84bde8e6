//! The consent gateway: a reverse proxy that makes a visitor's cookie choice true at the HTTP level.
//!
//! The rooms stand in the order of the walk; arrows between them point down only (see ARCHITECTURE.md).

pub mod admin;
pub mod assets;
pub mod body;
pub mod books;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod html;
pub mod inventory;
pub mod origin;
pub mod portal;
pub mod proxy;
pub mod request;
pub mod response;
pub mod runtime;
pub mod seal;
pub mod server;
pub mod site;
mod stack;
pub mod stats;
pub mod store;
pub mod telemetry;
pub mod view;
pub mod visitor;
pub mod wire;
