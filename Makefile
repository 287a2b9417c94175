# Every step that CI runs is a target here; `make help` says what each is for.
SHELL := /bin/bash
GO ?= go
ADDR ?= 127.0.0.1:8080
DATA ?= data

.DEFAULT_GOAL := help
.PHONY: help run build test test-go test-race test-web test-browser test-llm test-cluster test-faults test-long lint fmt web web-fresh setup bench evaluate pictures peers ablations quality-peers

help: ## say what each target is for
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start everything with the sample shop and print the addresses
	$(GO) run ./cmd/frontdesk serve --demo --addr $(ADDR) --data $(DATA)

build: ## one binary, ./frontdesk
	CGO_ENABLED=0 $(GO) build -tags nomsgpack -trimpath -ldflags "-s -w" -o frontdesk ./cmd/frontdesk

test: setup lint test-go test-race web-fresh test-web test-browser test-cluster ## set up what tests need and run them all

setup: ## install what the tests need: Chromium, servers, the front end's packages
	bash scripts/setup.sh

lint: ## gofumpt, vet and the short list of analyzers in tools/lint
	bash scripts/lint.sh

fmt: ## format all Go files
	cd tools/lint && $(GO) tool gofumpt -l -w ../..

test-go: ## all Go tests
	$(GO) test -timeout 20m ./...

test-race: ## the packages with goroutines, under the race detector
	$(GO) test -race -short ./bot/... ./handoff/... ./api/... ./internal/live/... ./internal/sqlite/... ./internal/postgres/... ./internal/openai/... ./internal/telemetry/... ./internal/redis/... ./internal/pubsub/... ./internal/jobs/...

test-web: ## type checks and unit tests of widget and console
	cd web && npm run check && npm test

web: ## build widget and console into web/dist, which is committed
	cd web && npm ci --no-audit --no-fund && npm run build

web-fresh: ## fail when web/dist is not what the sources build
	bash scripts/web-fresh.sh

test-browser: ## the whole path in a real browser, on one node and on two of which one is killed
	bash scripts/test-browser.sh

pictures: build ## take the screenshots of docs/images anew
	cd test/browser && FRONTDESK_TEST_BINARY=$(CURDIR)/frontdesk node shots.mjs

test-llm: ## the streaming path against llama.cpp's server (opt in: downloads a small model)
	bash scripts/test-llm.sh

test-cluster: build ## the quick faults: kills, cuts and floods under load, with the histories checked
	FRONTDESK_TEST_FAULTS=quick FRONTDESK_TEST_BINARY=$(CURDIR)/frontdesk $(GO) test ./test/cluster -run "TestFaults|TestProgramSize" -count=1 -v -timeout 15m

test-faults: build ## all faults in full length (over an hour, wants the machine for itself); the table: .cache/faults/faults.md
	FRONTDESK_TEST_FAULTS=all FRONTDESK_TEST_BINARY=$(CURDIR)/frontdesk FRONTDESK_TEST_REPORT=$(CURDIR)/.cache/faults $(GO) test ./test/cluster -run TestFaults -count=1 -v -timeout 3h

test-long: ## a million operations at random on desks of both engines, and the desk against queueing theory at full length (ten minutes)
	FRONTDESK_TEST_STORM=1000000 $(GO) test ./internal/sqlite ./internal/postgres -run TestDeskStorm -count=1 -v -timeout 60m
	$(GO) run ./cmd/frontdesk simulate erlang

bench: build ## the figures of docs/quality.md that are about speed
	@for b in encoder turns sends sockets; do ./frontdesk bench $$b || exit 1; done

peers: ## frontdesk beside others under the same load, as a table (first builds them; then eight minutes)
	bash scripts/peers.sh

ablations: ## what each part adds and costs, as a table (needs the task folders; an hour)
	bash scripts/ablations.sh

quality-peers: ## other chatbot and search libraries on the same questions, as a table (needs the task folders, Python and Node; an hour)
	bash scripts/quality-peers.sh

evaluate: build ## the figures of docs/quality.md that are about quality: make evaluate TASKS="DIR..."
	./frontdesk evaluate $(TASKS)
