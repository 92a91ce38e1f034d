//! The use cases that the pipeline and the API share: who is created, changed and configured when.
//!
//! They know the rules of the domain and two seams, a [`store`] and [`plugins`]; never SQL, processes or protocols.

pub mod plugins;
pub mod store;
