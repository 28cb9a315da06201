# What a developer does, one word each: `make help`.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
CACHE   := $(CURDIR)/.cache
BIN     := $(CURDIR)/bin/ecluster

LINT_VERSION := v2.15.0
LINT := $(CACHE)/bin/golangci-lint-$(LINT_VERSION)

# The reasons for which a test may be skipped, by tier. Anything else fails:
# a tier skips nothing that this machine could run.
TEST_SKIPS := ^runs in make e2e|^not possible here:|^does not apply:
E2E_SKIPS  := ^not possible here:|^does not apply:

# These tests compare everything that the engine has before and after, so no
# other package's nodes may come and go meanwhile.
ALONE := internal/e2e

# Real nodes are part of both tiers: without an engine their tests fail.
export ECLUSTER_REQUIRE_ENGINE ?= 1

# As the released binary is built: with two settings the SDKs of three clouds,
# minutes of work, would be compiled twice.
export CGO_ENABLED := 0

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: engine build ## Start a cluster on this machine and run a job on it
	$(BIN) start local
	$(BIN) ssh local -- srun -N2 hostname
	@printf '\nGo on with:\n  bin/ecluster list-nodes local\n  bin/ecluster ssh local\n  bin/ecluster stop local\n'

.PHONY: test
test: node-image qemu shells lint ## Lint, and all tests that belong to every change
	{ status=0; \
	  go test -json -count=1 -cover -timeout 40m $$(go list ./... | grep -v '/$(ALONE)$$') || status=1; \
	  go test -json -count=1 -timeout 40m ./$(ALONE)/ || status=1; \
	  exit $$status; \
	} | go run ./internal/tools/testreport -allow '$(TEST_SKIPS)'

# What each test printed, while it runs and after: .cache/e2e.json.
.PHONY: e2e
ifdef RUN
e2e: engine qemu shells
	go run ./internal/tools/nodeimage debian-12
	ECLUSTER_E2E=1 go test -count=1 -v -p 1 -timeout 3h -run '$(RUN)' ./internal/e2e/...
else
e2e: engine qemu shells ## Everything real and slow as well; log in docs/e2e/last.log. RUN=REGEXP for some tests
	go run ./internal/tools/nodeimage debian-12
	mkdir -p docs/e2e $(CACHE)
	{ echo "ecluster $(VERSION), $$(date -u +%FT%TZ), $$(uname -srm), $$(nproc) CPUs"; \
	  ECLUSTER_E2E=1 go test -json -count=1 -p 1 -timeout 3h ./... | tee $(CACHE)/e2e.json | go run ./internal/tools/testreport -roles -allow '$(E2E_SKIPS)'; \
	} 2>&1 | tee docs/e2e/last.log
endif

.PHONY: race
race: ## Tests of this machine alone, under the race detector (needs a C compiler)
	ECLUSTER_REQUIRE_ENGINE=0 CGO_ENABLED=1 go test -race -short -timeout 40m ./...

.PHONY: bench
bench: ## Benchmarks; docs/performance.md says what they mean
	go test -run '^$$' -bench . -benchmem -timeout 60m ./...

.PHONY: lint
lint: $(LINT) ## Check Go and shell code
	$(LINT) run ./...
	scripts/lint-shell.sh

# Compiling it takes minutes, so a binary of that version that is already
# installed serves as well.
$(LINT):
	@mkdir -p $(@D)
	@have="$$(go env GOPATH)/bin/golangci-lint"; \
	if [ -x "$$have" ] && "$$have" version 2>/dev/null | grep -q "version $(LINT_VERSION:v%=%) "; then \
		ln -sf "$$have" $@; \
	else \
		echo "lint: compiling golangci-lint $(LINT_VERSION), once; this takes minutes" >&2; \
		GOBIN=$(@D) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); \
		mv $(@D)/golangci-lint $@; \
	fi

.PHONY: docs
docs: ## Write docs/reference and the parameters of roles from the code
	go run ./internal/tools/roledoc
	go test -count=1 -run '^TestReference$$' ./cmd/ecluster -update

.PHONY: docs-test
docs-test: node-image ## Try every example of the documentation, on real nodes too
	go test -count=1 -v -run '^Test(Manual|Reference|Links|Messages|ExitStatus|PagesAreUpToDate)' \
		./cmd/ecluster ./internal/manual ./internal/tools/roledoc | grep -v '^=== '
	ECLUSTER_E2E=1 go test -count=1 -v -timeout 60m -run '^TestManualReal$$' ./internal/e2e | grep -v '^=== '

.PHONY: build
build: ## Compile bin/ecluster, a static binary
	scripts/build.sh $(VERSION) $(BIN)

.PHONY: image
image: build ## Put the binary into a container image, and make the one of local nodes
	scripts/image.sh $(BIN) $(VERSION) ecluster:$(VERSION) ecluster:latest
	[ "$${ECLUSTER_ENGINE:-docker}" != docker ] || $(MAKE) node-image

.PHONY: image-full
image-full: image ## An image with Terraform, az and aws as well
	docker build --file Dockerfile.full --build-arg ECLUSTER=ecluster:$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) \
		--tag ecluster:$(VERSION)-full --tag ecluster:latest-full .

.PHONY: release
release: ## Binaries for Linux and macOS with checksums, into dist/
	scripts/release.sh $(VERSION)

.PHONY: engine
engine: ## Make sure that a Docker engine runs here (Debian, as root)
	scripts/engine.sh

.PHONY: node-image
node-image: engine ## Make sure that the engine has the image of local nodes
	go run ./internal/tools/nodeimage

.PHONY: qemu
qemu: ## Make sure that QEMU is here for virtual machines (Debian, as root)
	scripts/qemu.sh

.PHONY: shells
shells: ## Make sure that the shells of the wrapper's tests are here (Debian, as root)
	scripts/shells.sh

.PHONY: clean
clean: ## Remove what was built; clusters stay
	rm -rf bin dist .cache
