//! The gateway as a proxy: what it has no business with leaves as it came. Refuses to look at consent beyond what these need.

mod bodies;
mod bytes;
mod exact;
mod hops;
mod kinds;
mod pages;
mod reserved;
mod versions;
