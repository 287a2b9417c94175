#!/usr/bin/env bash
# The whole path in a real browser against the program as it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache
go build -o .cache/frontdesk ./cmd/frontdesk
cd test/browser
FRONTDESK_TEST_BINARY="$PWD/../../.cache/frontdesk" npm test
