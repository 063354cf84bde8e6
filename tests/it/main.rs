//! Whole behaviours, in one binary so that they link once. Refuses to skip: whatever a test needs and can't find fails it. Invariant: each
//! test starts what it uses and ends it.

#[cfg(test)]
mod house;
#[cfg(test)]
mod proxying;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod visit;
#[cfg(test)]
mod visitors;
