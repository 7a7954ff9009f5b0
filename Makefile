# make demo      the main job, end to end, in network namespaces of its own (KEEP=1 leaves it running)
# make test      every test
# make bench     figures beside Debian's Kea and the floor, into docs/benchmarks.md (about a quarter of an hour)
# make docs      docs/reference anew
# make install   the tree that Kea's users know, under PREFIX (default /usr/local), staged in DESTDIR; make uninstall

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= $(shell command -v cargo || echo $(HOME)/.cargo/bin/cargo)
PYTHON = /usr/bin/python3
BIN = target/release
DAEMONS = kea-dhcp4 kea-dhcp6 kea-dhcp-ddns kea-netconf
TOOLS = keactrl kea-admin kea-lfc kea-shell kea-yang perfdhcp
MULTIARCH = $(shell dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo $$(uname -m)-linux-gnu)
BUILD_NEEDS = gcc g++ make cmake pkg-config libpcre2-dev
LAB_NEEDS = python3 iproute2 procps bind9 bind9-dnsutils isc-dhcp-client python3-ncclient openssh-client
TEST_NEEDS = $(LAB_NEEDS) isc-dhcp-relay udhcpc dhcpcd-base kea-common openssl curl postgresql kea-admin $(MYSQL)
# Tests of MySQL skip where none is installed and TAKAHE_MYSQL names no folder of one: `make test MYSQL=mariadb-server` installs it.
MYSQL =
BENCH_NEEDS = $(TEST_NEEDS) kea-dhcp4-server kea-dhcp6-server
D = $(DESTDIR)$(PREFIX)
DOC = $(D)/share/doc/takahe
export TAKAHE_BIN = $(abspath $(BIN))

.PHONY: build demo test bench docs install uninstall clean

build:
	@scripts/need $(BUILD_NEEDS)
	$(CARGO) build --release --locked --bins

demo: build
	@scripts/need $(LAB_NEEDS)
	@$(PYTHON) tests/system/demo.py $(if $(KEEP),--keep)

test: build
	@scripts/need $(TEST_NEEDS)
	$(CARGO) build --locked --bins
	$(CARGO) test --locked --workspace
	$(PYTHON) tests/system/run.py

bench: build
	@scripts/need $(BENCH_NEEDS)
	$(CARGO) build --release --locked -p netconf-agent --example latency
	$(PYTHON) tests/bench/bench.py --write docs/benchmarks.md

# Configuration is made only where none is; the state folders belong to whoever runs the daemons. BIN=FOLDER installs
# programs that were built elsewhere.
install: $(if $(filter target/release,$(BIN)),build)
	install -d $(D)/sbin $(D)/bin $(D)/etc/kea $(D)/lib/kea/hooks $(D)/lib/$(MULTIARCH)/kea/hooks $(D)/lib/systemd/system \
	    $(D)/share/kea/api $(D)/share/kea/scripts/mysql $(D)/share/kea/scripts/pgsql $(D)/share/kea/yang/modules $(D)/share/man/man8 $(DOC)/examples $(D)/share/bash-completion/completions
	install -d -m 0750 $(D)/var/lib/kea $(D)/var/run/kea $(D)/var/log/kea
	install -m 0755 $(addprefix $(BIN)/,$(DAEMONS) $(TOOLS)) $(D)/sbin
	ln -sf ../sbin/kea-shell $(D)/bin/kea-shell
	install -m 0644 yang/*.yang $(D)/share/kea/yang/modules
	install -m 0644 dhcpd/sql/scripts/mysql/*.mysql $(D)/share/kea/scripts/mysql
	install -m 0755 dhcpd/sql/scripts/mysql/*.sh $(D)/share/kea/scripts/mysql
	install -m 0644 dhcpd/sql/scripts/pgsql/*.pgsql $(D)/share/kea/scripts/pgsql
	install -m 0755 dhcpd/sql/scripts/pgsql/*.sh $(D)/share/kea/scripts/pgsql
	awk '{ f = "$(D)/share/kea/api/" $$1 ".json"; printf "{ \"name\": \"%s\", \"access\": \"%s\", \"hook\": \"%s\" }\n", $$1, $$2, $$3 >f; close(f) }' packaging/api/commands.txt
	install -m 0644 docs/man/*.8 tools/keactrl/keactrl.8 $(D)/share/man/man8
	install -m 0644 README.md ARCHITECTURE.md CHANGELOG.md LICENSE $(DOC)
	install -m 0644 packaging/etc/*.conf $(DOC)/examples
	install -m 0644 docs/*.md docs/reference/*.md $(DOC)
	install -m 0644 tools/keactrl/keactrl.bash $(D)/share/bash-completion/completions/keactrl
	for f in packaging/etc/*.conf; do [ -e $(D)/etc/kea/$${f##*/} ] || install -m 0640 $$f $(D)/etc/kea || exit 1; done
	[ -e $(D)/etc/kea/keactrl.conf ] || sed 's,@PREFIX@,$(PREFIX),g' tools/keactrl/keactrl.conf >$(D)/etc/kea/keactrl.conf
	for f in packaging/systemd/*.service; do sed 's,@PREFIX@,$(PREFIX),g' $$f >$(D)/lib/systemd/system/$${f##*/} || exit 1; done

# Leaves configuration and state.
uninstall:
	rm -f $(addprefix $(D)/sbin/,$(DAEMONS) $(TOOLS)) $(D)/bin/kea-shell $(D)/share/bash-completion/completions/keactrl
	rm -f $(addprefix $(D)/share/man/man8/,$(notdir $(wildcard docs/man/*.8)) keactrl.8)
	rm -f $(addprefix $(D)/share/kea/scripts/mysql/,$(notdir $(wildcard dhcpd/sql/scripts/mysql/*)))
	rm -f $(addprefix $(D)/share/kea/scripts/pgsql/,$(notdir $(wildcard dhcpd/sql/scripts/pgsql/*)))
	rm -f $(addprefix $(D)/share/kea/yang/modules/,$(notdir $(wildcard yang/*.yang)))
	rm -f $(addprefix $(D)/lib/systemd/system/,$(notdir $(wildcard packaging/systemd/*.service)))
	awk '{ print "$(D)/share/kea/api/" $$1 ".json" }' packaging/api/commands.txt | xargs rm -f
	rm -rf $(DOC)

# The pages of docs/reference, from the declarations; a test tells when they are stale.
docs:
	UPDATE_DOCS=1 $(CARGO) test --locked --quiet -p docs

clean:
	$(CARGO) clean
