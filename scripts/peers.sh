#!/usr/bin/env bash
# Puts frontdesk and servers of others under the same load and prints a Markdown table: docs/quality.md, "Beside others".
# Builds Centrifugo from the Go proxy the first time (some minutes); the run itself takes about eight. Flags go to internal/peers.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v6.9.1
dir=$PWD/.cache/peers
binary=$dir/centrifugo-$version
mkdir -p "$dir"
if [ ! -x "$binary" ]; then
  # As their releases are linked: without symbols, and the program knows its version.
  GOBIN=$dir CGO_ENABLED=0 go install -trimpath -ldflags "-s -w -X github.com/centrifugal/centrifugo/v6/internal/build.Version=${version#v}" \
    "github.com/centrifugal/centrifugo/v6@$version"
  mv "$dir/centrifugo" "$binary"
fi
CGO_ENABLED=0 go build -tags nomsgpack -trimpath -ldflags "-s -w" -o "$dir/peers" ./internal/peers
"$dir/peers" -centrifugo "$binary" -centrifugo-version "$version" "$@"
# Libredesk would be the nearest relative. Whether it can be had is asked each time, so that the day it can is noticed.
echo
if answer=$(go list -m github.com/abhinavxd/libredesk@latest 2>&1); then
  echo "Not measured, though the registry has it by now: $answer"
else
  echo "Not measured, because it cannot be had from the Go proxy: Libredesk"
  echo "$answer" | sed 's/^/    /'
fi
