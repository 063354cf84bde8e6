//! The consent gateway: a reverse proxy that makes a visitor's cookie choice true at the HTTP level.
//!
//! The rooms stand in the order of the walk; arrows between them point down only (see ARCHITECTURE.md).

pub mod cli;
pub mod demo;
pub mod preview;
pub mod trial;
pub mod server;
mod stack;
pub mod proxy;
pub mod error;
pub mod request;
pub mod response;
pub mod html;
pub mod origin;
pub mod portal;
pub mod admin;
pub mod class;
pub mod enforcement;
pub mod expiry;
pub mod visitor;
pub mod books;
pub mod view;
pub mod assets;
pub mod guardian;
pub mod shown;
pub mod held;
pub mod rights;
pub mod inventory;
pub mod stats;
pub mod webhooks;
pub mod store;
pub mod ledger;
pub mod retention;
pub mod runtime;
pub mod site;
pub mod seal;
pub mod signing;
pub mod client;
pub mod config;
pub mod bypass;
pub mod wire;
pub mod body;
pub mod telemetry;
pub mod consent_tools;
mod key_file;
pub mod vault;
pub mod own_folder;
