//! Whole behaviours, in one binary so that they link once. Refuses to skip: whatever a test needs and can't find fails it. Invariant: each
//! test starts what it uses and ends it.
#![cfg(test)]

mod change_of_mind;
mod fragments;
mod gpc;
mod house;
mod hydration;
mod languages;
mod no_script;
mod proxying;
mod services;
mod stage;
mod token;
mod visit;
mod visitors;
