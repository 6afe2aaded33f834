//! Makes the client from proto/. A backend elsewhere copies that folder.

const PROTO_ROOT: &str = "../../proto";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={PROTO_ROOT}");
    let descriptors = protox::compile(["parallax/v1/comparison_service.proto"], [PROTO_ROOT])?;
    tonic_prost_build::configure()
        .build_server(false)
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        // Sides are read from JSON; what it leaves out is unset.
        .type_attribute("parallax.v1.Side", "#[derive(serde::Deserialize)] #[serde(default)]")
        .compile_fds(descriptors)?;
    Ok(())
}
