//! Whole behaviours, in one binary so that they link once. Refuses to skip: whatever a test needs and can't find fails it. Invariant: each
//! test starts what it uses and ends it.
#![cfg(test)]

mod abuse;
mod answers;
mod asking;
mod banner;
mod bypass;
mod cacheable;
mod caching;
mod change_of_mind;
mod config;
mod consent_mode;
mod demo;
mod corpora;
mod django;
mod faults;
mod doubts;
mod fragments;
mod gpc;
mod guard;
mod held;
mod house;
mod hydration;
mod languages;
mod no_script;
mod posts;
mod operators;
mod origin_word;
mod page_api;
mod proxying;
mod reading;
mod regions;
mod reload;
mod returns;
mod services;
mod stage;
mod stats;
mod store;
mod tag_gateways;
mod tls;
mod token;
mod trust;
mod unknown_names;
mod visit;
mod visitors;
mod webhooks;
