//! Compiles proto/ with protox and writes the descriptor set that reflection and the JSON form are made from.

use prost::Message as _;
use std::{env, error::Error, fs, path::PathBuf};

const PROTO_ROOT: &str = "proto";
const PROTO_FILES: [&str; 5] = [
    "parallax/v1/readout.proto",
    "parallax/v1/position.proto",
    "parallax/v1/comparison.proto",
    "parallax/v1/error_reason.proto",
    "parallax/v1/comparison_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO_ROOT}");
    println!("cargo:rerun-if-changed=build.rs");
    let descriptors = protox::compile(PROTO_FILES, [PROTO_ROOT])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("parallax.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(descriptors)?;
    Ok(())
}
