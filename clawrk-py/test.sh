#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh environment and tests it there, as a user would.
# PYTHON names the interpreter (python3); the wheel itself is for 3.10 and later.
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(cd .. && pwd)/target}
export PIP_DISABLE_PIP_VERSION_CHECK=1
work=$CARGO_TARGET_DIR/python
tools=$work/tools

# The tools are kept from run to run, the environment of the tests is not.
"${PYTHON:-python3}" -m venv "$tools"
"$tools/bin/pip" install --quiet maturin==1.16.0

rm -rf "$work/wheels" "$work/venv"
# A debug build, so that it shares what the rest of the workspace has built.
VIRTUAL_ENV=$tools PATH=$tools/bin:$PATH \
  "$tools/bin/maturin" build --quiet --locked --compatibility linux --out "$work/wheels"

"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "$work"/wheels/*.whl pytest==9.2.0 mypy==2.4.1
"$work/venv/bin/python" -m pytest -q -p no:cacheprovider tests
# The stubs agree with themselves, with their users and with the module.
"$work/venv/bin/mypy" --cache-dir "$work/mypy" tests
"$work/venv/bin/python" -m mypy.stubtest clawrk._clawrk --mypy-config-file pyproject.toml
