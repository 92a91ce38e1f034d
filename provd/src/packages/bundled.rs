//! The families inside this program, with their cases: the folder `plugins/`, as it was when this was built.

use include_dir::{Dir, include_dir};

/// One folder for each family.
pub static BUNDLED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../plugins");
