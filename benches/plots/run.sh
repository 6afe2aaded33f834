#!/usr/bin/env bash
# Measures, draws the plots of docs/performance.md and fills its tables. Needs cargo and Python 3.11 or later with venv, on
# Linux, and a machine that does nothing else; matplotlib goes to .tools/plots inside the repository.
#     benches/plots/run.sh            all of it, about 10 minutes once it is compiled
#     benches/plots/run.sh draw       from the measurements of the last time, which are in target/benches
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! cmp -s benches/plots/requirements.txt .tools/plots/requirements.txt; then
  rm -rf .tools/plots
  python3 -m venv .tools/plots
  .tools/plots/bin/pip install --quiet --disable-pip-version-check --requirement benches/plots/requirements.txt
  cp benches/plots/requirements.txt .tools/plots/requirements.txt
fi
if [ "${1:-}" != draw ]; then
  cargo bench --locked --bench load -- compare --rounds 7 --seconds 2 --json target/benches/load.json
  cargo bench --locked --bench load -- startup --rounds 9 --json target/benches/startup.json
  .tools/plots/bin/python benches/stages/growth.py
fi
exec .tools/plots/bin/python benches/plots/plots.py
