# make demo      the main job, end to end, in network namespaces of its own (KEEP=1 leaves it running)
# make test      every test
# make bench     figures beside Debian's Kea and the floor
# make install   the tree that Kea's users know, under PREFIX (default /usr/local), staged in DESTDIR

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= $(shell command -v cargo || echo $(HOME)/.cargo/bin/cargo)
PYTHON = /usr/bin/python3
BIN = target/release
DAEMONS = kea-dhcp4 kea-dhcp6 kea-dhcp-ddns kea-netconf
BUILD_NEEDS = gcc g++ make cmake pkg-config libpcre2-dev
LAB_NEEDS = python3 iproute2 procps bind9 bind9-dnsutils isc-dhcp-client python3-ncclient openssh-client
TEST_NEEDS = $(LAB_NEEDS) isc-dhcp-relay udhcpc dhcpcd-base
BENCH_NEEDS = $(TEST_NEEDS) kea-dhcp4-server kea-dhcp6-server kea-common kea-admin
export TAKAHE_BIN = $(CURDIR)/$(BIN)

.PHONY: build demo test bench install clean

build:
	@scripts/need $(BUILD_NEEDS)
	$(CARGO) build --release --locked --bins

demo: build
	@scripts/need $(LAB_NEEDS)
	@$(PYTHON) tests/system/demo.py $(if $(KEEP),--keep)

test: build
	@scripts/need $(TEST_NEEDS)
	$(CARGO) test --locked --workspace
	$(PYTHON) tests/system/run.py

bench: build
	@scripts/need $(BENCH_NEEDS)
	$(PYTHON) tests/bench/bench.py

clean:
	$(CARGO) clean
