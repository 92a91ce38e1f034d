#!/bin/sh
# Builds the program and puts it into the folder that provd installs: plugin/.
set -e
cd "$(dirname "$0")"
cargo build --release "$@"
cp "${CARGO_TARGET_DIR:-target}/release/NAME" plugin/NAME
