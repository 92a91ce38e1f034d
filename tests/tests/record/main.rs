//! The record stays true: whatever phones ask at once, in whatever order, from whichever address, and however the server
//! ends, there is one device of each phone, with its own files, and they are those its configs say.
//!
//! One module per way in which a record could become untrue.

mod correction;
mod junk;
mod kill;
mod life_cycle;
mod policy;
mod provisional;
mod remote_state;
mod storm;
