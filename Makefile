# silt: every command that a person needs. `make demo` and `make test` set a fresh Debian 12 with Swift up by themselves.
PREFIX ?= /usr/local
BUILD  := .build/release
# Tests run the reader on hundreds of MiB: in a debug build most of their time would be bounds checks.
CONFIG := -c release
SWIFT_TEST := $(CONFIG) -Xswiftc -enable-testing

.PHONY: help demo test build install uninstall bench lint packages clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo      install what is needed, build, run an example under the shim, print its report
demo: packages build
	$(BUILD)/silt run -- $(BUILD)/retained-burst

## make test      install what is needed, build, and run every test
test: packages lint
	swift build --build-tests $(SWIFT_TEST)
	swift test --skip-build $(SWIFT_TEST)

## make build     build the program and libsilt.so
build:
	swift build $(CONFIG)

## make install   copy program and library below PREFIX (/usr/local); the program is static and can be copied alone
install: packages
	swift build $(CONFIG) --product silt -Xswiftc -static-executable --scratch-path .build/static
	install -D -m 755 .build/static/release/silt $(DESTDIR)$(PREFIX)/bin/silt
	install -D -m 644 .build/static/release/silt_silt.resources/libsilt.so $(DESTDIR)$(PREFIX)/lib/silt/libsilt.so

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/silt $(DESTDIR)$(PREFIX)/lib/silt/libsilt.so
	-rmdir $(DESTDIR)$(PREFIX)/lib/silt

## make bench     measure what the shim costs, beside its peers
bench: build
	/usr/bin/python3 Benchmarks/bench.py --library $(BUILD)/silt_silt.resources/libsilt.so --silt $(BUILD)/silt

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

# Debian packages by name, only those that are missing.
PACKAGES := libunwind-dev libc6-dev python3 util-linux
packages:
	@missing=$$(for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "installing $$missing"; \
		if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
		$$run apt-get update -qq && $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

clean:
	rm -rf .build
