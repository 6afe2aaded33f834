//! Compiles proto/ with protox and writes the descriptor set that reflection and the JSON form are made from.

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
    let mut compiler = protox::Compiler::new([PROTO_ROOT])?;
    compiler.include_imports(true).open_files(PROTO_FILES)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // By the compiler, which writes the options of google.api.http, too: prost's own types drop them.
    fs::write(out.join("parallax.v1.bin"), compiler.encode_file_descriptor_set())?;
    let descriptors = compiler.file_descriptor_set();
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(descriptors)?;
    Ok(())
}
