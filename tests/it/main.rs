//! Whole behaviours, in one binary so that they link once. Refuses to skip: whatever a test needs and can't find fails it. Invariant: each
//! test starts what it uses and ends it.
#![cfg(test)]

mod banner;
mod cacheable;
mod change_of_mind;
mod config;
mod demo;
mod corpora;
mod django;
mod fragments;
mod gpc;
mod house;
mod hydration;
mod languages;
mod no_script;
mod proxying;
mod reading;
mod returns;
mod services;
mod stage;
mod stats;
mod store;
mod token;
mod visit;
mod visitors;
