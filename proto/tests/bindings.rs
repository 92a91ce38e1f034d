//! The committed bindings are what the `.proto` files say.
//!
//! `PROVD_BLESS=1 cargo test -p provd-proto --test bindings` writes them anew after a change of the contract.

use std::path::{Path, PathBuf};

fn generate(into: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile(["provd/plugin/v1/plugin.proto"], [root])?;
    tonic_prost_build::configure().out_dir(into).btree_map(".").compile_fds(descriptors)?;
    Ok(into.join("provd.plugin.v1.rs"))
}

#[test]
fn committed_bindings_are_current() {
    let folder = tempfile::tempdir().unwrap();
    let generated = std::fs::read_to_string(generate(folder.path()).unwrap()).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gen/provd.plugin.v1.rs");
    if std::env::var_os("PROVD_BLESS").is_some() {
        std::fs::create_dir_all(committed.parent().unwrap()).unwrap();
        std::fs::write(&committed, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(
        generated == committed,
        "the bindings differ from the .proto files; run PROVD_BLESS=1 cargo test -p provd-proto --test bindings"
    );
}
