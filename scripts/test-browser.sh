#!/usr/bin/env bash
# The whole path in a real browser against the program as it is built: on one node, beside a mail server,
# and on two nodes behind nginx.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .cache
go build -o .cache/frontdesk ./cmd/frontdesk
export FRONTDESK_TEST_BINARY="$PWD/.cache/frontdesk"
(cd test/browser && npm test)
FRONTDESK_TEST_BROWSER=1 go test ./test/cluster -run TestBrowser -count=1 -v -timeout 10m
