//! Telling phones to fetch their files again, with phones, an Asterisk and web servers that speak what real ones speak.
//!
//! The phones are `sipp` playing a scenario that says what must be in each message: it fails the test when that is not so.

mod asterisk;
mod network;
mod notify;
mod phone;
mod scenario;
mod web;
