//! The committed bindings are what the `.proto` files say: those of Rust as code, those of Python as a descriptor set, which
//! no version of protobuf for Python is too old or too new for.
//!
//! `PROVD_BLESS=1 cargo test -p provd-proto --test bindings` writes them anew after a change of the contract.

use std::path::Path;

use prost::Message as _;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const PLUGIN: &str = "provd/plugin/v1/plugin.proto";
const HEALTH: &str = "grpc/health/v1/health.proto";

fn rust() -> Outcome<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let descriptors = protox::compile([PLUGIN], [Path::new(env!("CARGO_MANIFEST_DIR"))])?;
    tonic_prost_build::configure().out_dir(folder.path()).btree_map(".").compile_fds(descriptors)?;
    Ok(std::fs::read(folder.path().join("provd.plugin.v1.rs"))?)
}

fn python() -> Outcome<Vec<u8>> {
    let mut descriptors = protox::compile([HEALTH, PLUGIN], [Path::new(env!("CARGO_MANIFEST_DIR"))])?;
    // Comments are most of it, and nothing reads them.
    descriptors.file.iter_mut().for_each(|file| file.source_code_info = None);
    Ok(descriptors.encode_to_vec())
}

fn is_current(generated: &[u8], committed: &str) -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(committed);
    if std::env::var_os("PROVD_BLESS").is_some() {
        std::fs::write(&path, generated)?;
    }
    assert!(
        generated == std::fs::read(&path).unwrap_or_default(),
        "{committed} differs from the .proto files; run PROVD_BLESS=1 cargo test -p provd-proto --test bindings"
    );
    Ok(())
}

#[test]
fn committed_bindings_of_rust_are_current() -> Outcome<()> {
    Ok(is_current(&rust()?, "src/gen/provd.plugin.v1.rs")?)
}

#[test]
fn committed_bindings_of_python_are_current() -> Outcome<()> {
    Ok(is_current(&python()?, "../plugin-runner/python/src/provd_plugin/contract.binpb")?)
}
