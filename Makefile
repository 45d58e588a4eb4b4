# silt: every command that a person needs. `make demo` and `make test` set a fresh Debian 12 with Swift up by themselves.
PREFIX ?= /usr/local
BUILD  := .build/release
SILT    := $(BUILD)/silt
LIBRARY := $(BUILD)/silt_silt.resources/libsilt.so
# Tests run the reader on hundreds of MiB: in a debug build most of their time would be bounds checks.
CONFIG := -c release
SWIFT_TEST := $(CONFIG) -Xswiftc -enable-testing

.PHONY: help demo test gate ci-example growth torture sanitize compat leaks build install uninstall bench lint packages test-packages clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo      install what is needed, build, run an example under the shim, print its report
demo: packages build
	$(SILT) run -- $(BUILD)/retained-burst

## make test      install what is needed, build, and run every test, the torture's short version included
test: test-packages lint
	swift build --build-tests $(SWIFT_TEST)
	mkdir -p .build/attachments
	/usr/bin/python3 Tests/Swift/run.py --skip-build $(SWIFT_TEST) --attachments-path .build/attachments
	/usr/bin/python3 Tests/InstructionCounts/run.py --library $(LIBRARY)
	/usr/bin/python3 Tests/Torture/run.py --library $(LIBRARY) --silt $(SILT) --minutes 2
	/usr/bin/python3 Tests/Growth/run.py --library $(LIBRARY) --silt $(SILT) --program $(BUILD)/growth --seconds 25 --jobs 19
	/usr/bin/python3 Tests/CI/run.py --silt $(SILT)
	/usr/bin/python3 Tests/Gate/run.py --silt $(SILT) --short
	/usr/bin/python3 Tests/Sanitizers/run.py

## make gate      how small a change silt check sees, and how quiet it is without one: 100 checks and 20 of each change
gate: test-packages build
	/usr/bin/python3 Tests/Gate/run.py --silt $(SILT)

## make ci-example the gate of Examples/ci on programs with seeded regressions: a table of what passes and what is stopped
ci-example: packages build
	/usr/bin/python3 Examples/ci/run.py --silt $(SILT) --python /usr/bin/python3

## make sanitize  the core and the reader under the sanitizers for addresses, undefined behaviour and threads
# XCTest leaks by itself at its end.
SANITIZED := --sanitize=address --scratch-path .build/sanitized
READERS   := SegmentTests|ProcFSTests|HeapWalkTests|SystemTests
sanitize: test-packages
	/usr/bin/python3 Tests/Sanitizers/run.py --seeds 5
	swift build --build-tests $(SANITIZED)
	ASAN_OPTIONS=detect_leaks=0 swift test --skip-build $(SANITIZED) --filter '$(READERS)'

## make torture   the same, as long as you like: TORTURE_MINUTES=60, SEED=1
TORTURE_MINUTES ?= 10
SEED ?= 1
torture: test-packages build
	/usr/bin/python3 Tests/Torture/run.py --library $(LIBRARY) --silt $(SILT) --minutes $(TORTURE_MINUTES) --seed $(SEED)

## make growth    programs that grow and programs that do not, 60 s each: whom silt leaks names; SEEDS=3
SEEDS ?= 1
growth: test-packages build
	/usr/bin/python3 Tests/Growth/run.py --library $(LIBRARY) --silt $(SILT) --program $(BUILD)/growth --seeds $(SEEDS) --jobs 10

## make compat    real programs with and without the library: installs them, and prints a table
compat: test-packages build
	/usr/bin/python3 Tests/Compat/run.py --install
	/usr/bin/python3 Tests/Compat/run.py --library $(LIBRARY) --markdown

## make leaks     releases from PyPI with a known leak, and those that fixed it: needs a network, and skips without
leaks: test-packages build
	/usr/bin/python3 Tests/Leaks/run.py --library $(LIBRARY) --silt $(SILT)

## make build     build the program and libsilt.so
build:
	swift build $(CONFIG)

## make install   copy program, library and silt.h below PREFIX (/usr/local); the program is static and can be copied alone
install: packages
	swift build $(CONFIG) --product silt -Xswiftc -static-executable --scratch-path .build/static
	install -D -s -m 755 .build/static/release/silt $(DESTDIR)$(PREFIX)/bin/silt
	install -D -m 644 .build/static/release/silt_silt.resources/libsilt.so $(DESTDIR)$(PREFIX)/lib/silt/libsilt.so
	install -D -m 644 shim/include/silt.h $(DESTDIR)$(PREFIX)/include/silt.h

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/silt $(DESTDIR)$(PREFIX)/lib/silt/libsilt.so $(DESTDIR)$(PREFIX)/include/silt.h
	-rmdir $(DESTDIR)$(PREFIX)/lib/silt

## make bench     measure what the shim costs, beside its peers
bench: build
	/usr/bin/python3 Benchmarks/bench.py --library $(LIBRARY) --silt $(SILT)

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

# Debian packages by name, installed only where one is missing.
PACKAGES      := libunwind-dev libc6-dev libdw-dev libiberty-dev zlib1g-dev libyajl-dev
TEST_PACKAGES := $(PACKAGES) gcc g++ binutils dwz xz-utils python3 util-linux valgrind ruby postgresql \
                 golang-go chromium fonts-dejavu-core libpython3.11 python3-venv python3-pytest python3-pytest-xdist \
                 python3-yaml
define install-packages
	@missing=$$(for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo installing $$missing; \
		if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
		$$run apt-get update -qq && \
		$$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi
endef
packages:
	$(call install-packages,$(PACKAGES))
test-packages:
	$(call install-packages,$(TEST_PACKAGES))

clean:
	rm -rf .build
