# syntax=docker/dockerfile:1
# The server in an image without a shell or package manager, as a user who is not root:
#     docker build --tag parallax .
#     docker run --rm --read-only --cap-drop ALL --publish 127.0.0.1:50051:50051 parallax
# The C library is that of Debian 12, as on the machines where everything here is tested and measured. See
# docs/operations.md on why it is not musl.

FROM rust:1.95.0-slim-bookworm AS build
# ring and zstd have parts in C and assembly; busybox has the wget of the health check.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev busybox-static \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# What was downloaded and compiled before is kept between builds on one machine, outside of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --locked --release --bin parallax \
 && install -D --mode=0755 target/release/parallax /out/usr/bin/parallax \
 && install -D --mode=0755 /bin/busybox /out/usr/bin/wget

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Parallax" \
      org.opencontainers.image.description="Compares official statements: who holds which position, where the sides overlap, where they diverge and why" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /out /
# The number of nonroot, so that Kubernetes sees that it is not root.
USER 65532:65532
# Every other setting of `parallax config --defaults` can be set in the same way.
ENV PARALLAX_LISTEN_ADDRESS=0.0.0.0:50051 \
    PARALLAX_ADMIN_ADDRESS=0.0.0.0:9090 \
    PARALLAX_LOG_FORMAT=json
# Calls; then metrics and probes, which ask for no key and should not be published.
EXPOSE 50051 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s --retries=3 \
    CMD ["/usr/bin/wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/readyz"]
ENTRYPOINT ["/usr/bin/parallax"]
CMD ["serve"]
