//! The gateway as a proxy: what it has no business with leaves as it came. Refuses to look at consent beyond what these need.

mod bodies;
mod bytes;
mod hops;
mod pages;
mod versions;
