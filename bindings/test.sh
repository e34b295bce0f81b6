#!/usr/bin/env bash
# Builds the native library, generates the Kotlin package from it, and tests that with JUnit.
set -euo pipefail
cd "$(dirname "$0")/.."

target_dir=${CARGO_TARGET_DIR:-$PWD/target}
work=$target_dir/kotlin
native=$target_dir/debug

cargo build --quiet --locked -p clawrk-bindings
cargo build --quiet --locked -p clawrk-bindgen --features cli

# From the library as built: its names are what the Kotlin sources are made of.
rm -rf "$work/generated" "$work/classes" "$work/test-classes"
case $(uname -s) in
  Darwin) library=$native/libclawrk_uniffi.dylib ;;
  *) library=$native/libclawrk_uniffi.so ;;
esac
"$native/uniffi-bindgen" generate --language kotlin --no-format \
  --out-dir "$work/generated" "$library"

mvn --batch-mode --quiet -Dstyle.color=never --file bindings/kotlin/pom.xml test \
  -Dbuild.dir="$work" -Dnative.dir="$native"
grep -h --only-matching 'Tests run: [0-9]*, Failures: [0-9]*, Errors: [0-9]*' \
  "$work"/surefire-reports/*.txt
