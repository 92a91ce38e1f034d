//! What clients of the interface rely on, through the whole router.

mod configs;
mod devices;
mod plugins;
mod rules;
mod serving;
