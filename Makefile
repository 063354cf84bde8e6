# Everything by command on a fresh machine: rustup's cargo, Debian or Ubuntu, root or sudo.
#   make demo    installs what is missing, builds, and starts five demo sites
#   make run ORIGIN=http://127.0.0.1:3000    the gateway in front of a site of your own
#   make test    installs what is missing, checks, builds and tests everything
#   make deps    only installs
#   make deny | audit | fuzz    further checks, each with a tool of its own
#   make bench   every measurement; each alone:
#   make bench-page     what the gateway's scripts cost in a page, measured in Chromium
#   make bench-micro    what single steps of a request cost: decision, seal, cookies, and a page, in bytes a second
#   make bench-banner   how soon the banner is seen and answered, beside two that are scripts in the page
#   make bench-store    choices a second on both stores, beside what the disk syncs, and what that means for many visitors
#   make bench-stats    how long the statistics take over a year of a hundred sites, on both stores
#   make bench-contest  what a request costs, beside nginx, nginx with lua, HAProxy and Pingora

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := test

export DEBIAN_FRONTEND := noninteractive
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E)
NPM := tests/fixtures/npm
DJANGO := tests/fixtures/django
REACT := target/react
NEXT := target/next
NEXT_SITE := $(addprefix tests/fixtures/next/,package.json package-lock.json next.config.mjs $(shell cd tests/fixtures/next && find app -type f))
VENV := target/django-venv
SCHEMATHESIS := tests/fixtures/schemathesis
SCHEMATHESIS_VENV := target/schemathesis-venv
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 60
# Bytes of an input at the most: small ones say as much and are many more.
FUZZ_BYTES ?= 256

# --- What the machine needs ------------------------------------------------------------------------------------------

.PHONY: deps compiler system wasm
deps: compiler system wasm $(REACT)/root.html $(NEXT)/ready $(VENV)/ready $(SCHEMATHESIS_VENV)/ready

# What building alone needs: SQLite and the cryptography are C.
compiler:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust with rustup (https://rustup.rs), then run make again"; exit 1; }
	@if ! command -v cc >/dev/null; then \
	  $(SUDO) apt-get update -q; \
	  $(SUDO) apt-get install -y -q --no-install-recommends build-essential </dev/null; \
	fi

# Each word is command:package; a package whose command is there is not installed. Fonts, Python's venv and PostgreSQL's server have none.
COMMANDS := cmake:cmake python3:python3 node:nodejs npm:npm php:php-cli chromium:chromium chromedriver:chromium-driver fc-list:fontconfig \
  varnishd:varnish nginx:nginx faketime:faketime promtool:prometheus systemd-analyze:systemd

system:
	@missing=(); PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	for pair in $(COMMANDS); do command -v "$${pair%%:*}" >/dev/null || missing+=("$${pair##*:}"); done; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv); \
	{ fc-list 2>/dev/null || true; } | grep -qi 'noto.*cjk' || missing+=(fonts-noto-cjk); \
	compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql); \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  $(SUDO) apt-get update -q; \
	  $(SUDO) apt-get install -y -q --no-install-recommends "$${missing[@]}" </dev/null; \
	fi

# What the contest needs beside these. nginx's module has no command: it is a file beside nginx's other modules.
CONTEST_COMMANDS := haproxy:haproxy wrk:wrk h2load:nghttp2-client taskset:util-linux

.PHONY: contest-tools contest-pingora
contest-tools: system
	@missing=(); PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	for pair in $(CONTEST_COMMANDS); do command -v "$${pair%%:*}" >/dev/null || missing+=("$${pair##*:}"); done; \
	modules=$$(nginx -V 2>&1 | tr ' ' '\n' | sed -n 's/^--modules-path=//p'); \
	[ -e "$$modules/ngx_http_lua_module.so" ] || missing+=(libnginx-mod-http-lua); \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  $(SUDO) apt-get update -q; \
	  $(SUDO) apt-get install -y -q --no-install-recommends "$${missing[@]}" </dev/null; \
	fi

# A package of its own. The contest goes on without it, and says so.
contest-pingora: compiler system
	@timeout 900 cargo build --release --locked --manifest-path tests/bench/pingora/Cargo.toml --target-dir target/pingora || { \
	  echo "Pingora was not built within 15 minutes; the contest will go on without it"; \
	  rm -f target/pingora/release/contest-pingora; \
	}

# The banner's target: rustup's own where it is there or can be had, otherwise Debian's compiler for the web.
wasm:
	@if rustup target list --installed 2>/dev/null | grep -q '^wasm32-unknown-unknown$$'; then exit 0; fi; \
	if dpkg-query -W -f '$${Status}\n' rustc-web rust-web-src lld-19 2>/dev/null | grep -c 'ok installed' | grep -q '^3$$'; then exit 0; fi; \
	if timeout 120 rustup target add wasm32-unknown-unknown </dev/null; then exit 0; fi; \
	echo "rustup can't add wasm32-unknown-unknown: installing Debian's rustc-web, rust-web-src and lld-19"; \
	$(SUDO) apt-get update -q; \
	$(SUDO) apt-get install -y -q --no-install-recommends rustc-web rust-web-src lld-19 </dev/null

# The pages that hydrate, bundled once.
$(REACT)/root.html: $(NPM)/package.json $(NPM)/package-lock.json $(NPM)/build.mjs $(wildcard $(NPM)/src/*) | system
	cd $(NPM) && npm ci --no-audit --no-fund --loglevel=error </dev/null
	cd $(NPM) && node build.mjs "$(CURDIR)/$(REACT)"

# A site of a framework with a build and a server of its own. (npm's `ci` would insist on the compiler's packages for other systems.)
$(NEXT)/ready: $(NEXT_SITE) | system
	rm -rf $(NEXT)
	mkdir -p target
	cp -R tests/fixtures/next $(NEXT)
	cd $(NEXT) && npm install --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null
	cd $(NEXT) && NEXT_TELEMETRY_DISABLED=1 npm run build --silent </dev/null >build.log 2>&1 || { cat build.log; exit 1; }
	touch $@

# An application that nobody here wrote, in an environment of its own.
$(VENV)/ready: $(DJANGO)/requirements.txt | system
	rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --no-input --disable-pip-version-check -r $(DJANGO)/requirements.txt
	touch $@

# What asks the statistics' API whatever its document allows, and more.
$(SCHEMATHESIS_VENV)/ready: $(SCHEMATHESIS)/requirements.txt | system
	rm -rf $(SCHEMATHESIS_VENV)
	python3 -m venv $(SCHEMATHESIS_VENV)
	$(SCHEMATHESIS_VENV)/bin/python -m pip install --quiet --no-input --disable-pip-version-check -r $(SCHEMATHESIS)/requirements.txt
	touch $@

# --- To try it out ---------------------------------------------------------------------------------------------------

.PHONY: demo run
demo: compiler wasm
	cargo build --locked --package consent-gateway
	@exec $${CARGO_TARGET_DIR:-target}/debug/consent-gateway demo $(ARGS)

# The opt-in starter policy, records in ./.data, no file to write.
run: compiler wasm
	@[ -n "$(ORIGIN)" ] || { echo "say which site: make run ORIGIN=http://127.0.0.1:3000"; exit 1; }
	cargo build --locked --package consent-gateway
	@exec $${CARGO_TARGET_DIR:-target}/debug/consent-gateway run --origin "$(ORIGIN)" --data .data $(ARGS)

# --- Checks and tests ------------------------------------------------------------------------------------------------

.PHONY: test fmt clippy alone doc build
test: deps fmt clippy alone doc build
	@# The binary was built with the tests, from the same features: both see the same gateway.
	cargo test --workspace --locked
	@echo "make test: formatting, lints, documentation, the banner's size and all tests are in order"

fmt:
	cargo fmt --all --check

clippy: deps
	cargo clippy --workspace --all-targets --locked -- -D warnings

# The gateway as `make demo` and owners build it: without the tests beside it, which ask libraries for parts that it may lack.
alone: deps
	cargo check --locked --package consent-gateway

doc: deps
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --locked --quiet

build: deps
	cargo build --workspace --all-targets --locked

# --- Further checks --------------------------------------------------------------------------------------------------

.PHONY: deny audit fuzz bench bench-page bench-micro bench-banner bench-store bench-stats bench-contest release
# Bans, licences and sources, by deny.toml. (The bans that matter most are also a house test.)
deny:
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny --all-features check bans licenses sources

# Known weaknesses of dependencies; fetches the advisory database.
audit:
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny --all-features check advisories

# Every fuzz target for FUZZ_SECONDS each, from its seeds. libFuzzer's flags need the compiler's unstable options.
fuzz: compiler wasm
	@command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz
	@cp Cargo.lock tests/fuzz/Cargo.lock
	@cd tests/fuzz; for target in fuzz_targets/*.rs; do \
	  name=$$(basename "$$target" .rs); \
	  seeds="corpus/$$name"; [ "$$name" = html ] && seeds="$$seeds ../fixtures/html"; \
	  mkdir -p "target/found/$$name"; \
	  echo "fuzzing $$name for $(FUZZ_SECONDS) s"; \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . --sanitizer none "$$name" "target/found/$$name" $$seeds -- \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=$(FUZZ_BYTES) -rss_limit_mb=4096; \
	done

# The same packages everywhere, so that all are built from the same features: the gateway's binary is what is measured.
SPEED := --locked --package consent-gateway --package gateway-tests
release: compiler wasm
	cargo build --release $(SPEED) --bins --bench '*'

# Whatever lies in tests/bench, of binaries that are built for speed. A busy machine spoils the figures: run nothing beside it.
bench: deps contest-tools contest-pingora release
	cargo bench $(SPEED) --bench '*'

# Milliseconds in a real browser.
bench-page: deps release
	cargo bench $(SPEED) --bench page

# By criterion; a page beside lol_html and a bare search for `<`.
bench-micro: deps release
	cargo bench $(SPEED) --bench micro

# Beside two consent tools that run as a script in the page.
bench-banner: deps release
	cargo bench $(SPEED) --bench banner

# Choices a second, and what they mean for 10^8 and 10^9 visitors a month.
bench-store: deps release
	cargo bench $(SPEED) --bench store | tee target/bench-store.jsonl
	python3 tests/bench/scale.py target/bench-store.jsonl

# Fails where a view takes longer than 200 ms at the median.
bench-stats: deps release
	cargo bench $(SPEED) --bench stats | tee target/bench-stats.jsonl

# Ratios to plain nginx. CONTEST_ROUNDS, CONTEST_ONLY and more: see the top of tests/bench/contest/main.rs.
bench-contest: contest-tools contest-pingora release
	cargo bench $(SPEED) --bench contest
