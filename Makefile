# Everything a contributor runs. `make help` lists it. What a target needs beyond Go is pinned here or in tools/ and
# installed under .cache/: never globally, so that two checkouts cannot disturb each other.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GOLANGCI_VERSION := v2.15.0

# A tag, or the changelog's newest entry where there is no tag or no git (a source archive, a checkout owned by another user).
VERSION ?= $(shell git describe --tags --dirty --match 'v[0-9]*' 2>/dev/null || \
	sed -n 's/^\#\# *\[\{0,1\}v\{0,1\}\([0-9][0-9.]*[^] ]*\).*/v\1/p' CHANGELOG.md 2>/dev/null | head -n 1 | grep . || \
	echo dev)

# -buildvcs=false: the version is stamped by us, and Go's own stamp fails where git distrusts the checkout's owner.
GO_BUILD := go build -buildvcs=false -trimpath -ldflags '-X main.version=$(VERSION)'

# The version is in the path, so that raising the pin builds the new one and keeps the old for other branches.
GOLANGCI := .cache/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint
NODE_TOOLS := .cache/tools/node_modules/.package-lock.json
NODE_BIN := .cache/tools/node_modules/.bin

export GOLANGCI_LINT_CACHE := $(CURDIR)/.cache/golangci-lint-results

##@ Run

.PHONY: run
run: build ## Build, then run the demo: private database, demo data, API on 127.0.0.1:8080
	@exec ./bin/homefront demo

.PHONY: build
build: ## Build bin/homefront with its version stamped in
	@mkdir -p bin
	$(GO_BUILD) -o bin/homefront ./cmd/homefront

##@ Test

.PHONY: test
test: ## Run every test (needs Go; the tests bring their own PostgreSQL)
	go test -timeout 20m ./...

.PHONY: race
race: ## Run every test with the race detector (needs a C compiler)
	@cc=$$(go env CC); command -v "$${cc%% *}" >/dev/null || { \
		echo "make race: the race detector needs cgo and so a C compiler, and '$$cc' is not there." >&2; \
		echo "Install gcc or set CC. 'make test' runs the same tests without it." >&2; exit 1; }
	CGO_ENABLED=1 go test -timeout 60m -race ./...

# The race test must be able to see overselling: this build leaves the lock out, and the same race must then oversell.
.PHONY: control
control: ## Run the races without their locks; they must oversell, ask the last first, miss a separation, and lose attendance
	go test -tags oversell -count=1 -run TestRaceForThirtySeats ./services/workshops
	go test -tags unfair -count=1 -run TestTheWaitlistDoesWhatItSays ./services/workshops
	go test -tags unseparated -count=1 -run NotMissed ./services/records
	go test -tags unsummed -count=1 -run "SumsAreNotLost|LaterOfTwo" ./services/programs

.PHONY: simulate
simulate: ## Ten thousand events of a waitlist for each of three seeds, where the tests do a third of that
	HOMEFRONT_SIMULATE=1 go test -count=1 -v -run TestTheWaitlistDoesWhatItSays ./services/workshops

.PHONY: check
check: fmt-check vet lint race control spec-check spec-lint client ## Everything a change must pass before it lands

.PHONY: bench
bench: ## Measure against the limit; writes bench/RESULTS.md
	@mkdir -p bin
	$(GO_BUILD) -o bin/bench ./bench
	@exec ./bin/bench

##@ Code

.PHONY: fmt
fmt: $(GOLANGCI) ## Format all Go code
	$(GOLANGCI) fmt

.PHONY: fmt-check
fmt-check:
	@dirs=$$(go list -f '{{.Dir}}' ./...); out=$$(gofmt -l $$dirs); \
	test -z "$$out" || { echo "Not formatted (make fmt):" >&2; echo "$$out" >&2; exit 1; }

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: $(GOLANGCI) ## Lint the Go code, import rules included
	$(GOLANGCI) run ./...

.PHONY: permissions
permissions: ## Write docs/permissions.md from the routes and the policy
	go test ./api -run TestPermissions -count=1 -update

.PHONY: enrollments
enrollments: ## Write docs/enrollments.md from the table of steps
	go test ./models -run TestEnrollmentTable -count=1 -update

##@ API description

.PHONY: spec
spec: build ## Write openapi.yaml from the code
	@mkdir -p .cache
	./bin/homefront openapi > .cache/openapi.yaml
	@cp .cache/openapi.yaml openapi.yaml

.PHONY: spec-check
spec-check: build
	@mkdir -p .cache
	@./bin/homefront openapi > .cache/openapi.yaml
	@diff -u openapi.yaml .cache/openapi.yaml || { echo "openapi.yaml is not what the code says: run 'make spec' and commit it." >&2; exit 1; }

.PHONY: spec-lint
spec-lint: $(NODE_TOOLS) ## Lint openapi.yaml
	$(NODE_BIN)/spectral lint --ruleset .spectral.yaml --fail-severity=warn openapi.yaml

# The client is made inside .cache/tools so that its imports find node_modules beside it.
.PHONY: client
client: $(NODE_TOOLS) ## Generate a TypeScript client from openapi.yaml and compile it in strict mode
	@dir=$$(mktemp -d .cache/tools/client.XXXXXX); trap 'rm -rf "$$dir"' EXIT; \
	$(NODE_BIN)/openapi-typescript openapi.yaml --output "$$dir/schema.d.ts"; \
	cp tools/client.ts "$$dir/"; \
	$(NODE_BIN)/tsc --strict --noEmit --noUncheckedIndexedAccess --exactOptionalPropertyTypes \
		--target es2022 --lib es2022,dom,dom.iterable --module esnext --moduleResolution bundler "$$dir/client.ts"; \
	echo "The TypeScript client compiles in strict mode."

##@ Other

.PHONY: clean
clean: ## Remove what was built and cached; the demo's data in .data/ stays
	rm -rf bin .cache

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(GOLANGCI):
	@echo "Installing golangci-lint $(GOLANGCI_VERSION) into $(@D) (a minute or two, once)"
	GOBIN=$(CURDIR)/$(@D) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

$(NODE_TOOLS): tools/package.json tools/package-lock.json tools/.npmrc
	@command -v npm >/dev/null || { echo "Checking openapi.yaml needs Node.js 20 or newer with npm, which is not there." >&2; exit 1; }
	@mkdir -p .cache/tools
	@cp tools/package.json tools/package-lock.json tools/.npmrc .cache/tools/
	npm ci --silent --prefix .cache/tools
	@touch $@
