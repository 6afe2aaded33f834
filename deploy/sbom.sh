#!/usr/bin/env bash
# Writes what the program is made of, as CycloneDX 1.5: every crate with its version, licence and checksum, and the files of
# weights and words with their SHA-256. Needs cargo, Python 3 and cargo-cyclonedx
# (cargo install cargo-cyclonedx --version 0.5.9 --locked).
#     deploy/sbom.sh           → target/sbom/parallax.cdx.json
#     deploy/sbom.sh BINARY    asks BINARY, and not target/release/parallax, for its files
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${1:-target/release/parallax}
# Written beside Cargo.toml, whatever one asks for.
trap 'rm -f parallax.sbom.json' EXIT
# Checks that nothing was resolved anew: the tool itself cannot be told to keep the lock file.
cargo metadata --locked --format-version 1 >/dev/null
cargo cyclonedx --format json --spec-version 1.5 --override-filename parallax.sbom --quiet
mkdir -p target/sbom
models=$("$binary" models --format json)
MODELS=$models python3 - parallax.sbom.json target/sbom/parallax.cdx.json <<'PYTHON'
import json, os, sys

with open(sys.argv[1], encoding="utf-8") as file:
    # Where the sources lie on this machine is nobody's business.
    bill = json.loads(file.read().replace(f"path+file://{os.getcwd()}", "parallax").replace(f"file://{os.getcwd()}", "."))
for model in json.loads(os.environ["MODELS"])["models"]:
    bill["components"].append({
        "type": "data",
        "bom-ref": f"parallax-data:{model['name']}",
        "name": model["name"],
        "description": model["description"],
        "hashes": [{"alg": "SHA-256", "content": model["sha256"]}],
    })
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(bill, file, indent=2, ensure_ascii=False)
print(f"{len(bill['components'])} components: {sys.argv[2]}")
PYTHON
