# SPDX-License-Identifier: GPL-2.0-or-later
# Everything a person types. `make help` lists it.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
O ?= build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
ARCH ?= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
V ?= 0

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
endif

# ------------------------------------------------------------------------------------- settings

WARN := -Wall -Wextra -Wformat=2 -Wconversion -Wtype-limits -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DVIOMMU_VERSION='"$(VERSION)"' $(WARN) $(CFLAGS) \
	-Iinclude -Iuser -I. -Itools -isystem $(O)/bpf $(EXTRA_CFLAGS)
# -MD and not -MMD: the skeletons are found as system headers, for they do not compile without warnings.
DEPS = -MD -MP
LIBS := -lbpf -lelf -lz -ljansson -lexpat -lyaml -lmnl -lkmod -lcap -lcurl
DAEMON_LIBS := -lsqlite3 -lmicrohttpd -lgnutls -lcrypt -lseccomp -lm
BPF_CFLAGS = -target bpf -D__TARGET_ARCH_$(ARCH) -mcpu=v3 -std=gnu11 -O2 -g -Wall -Wextra -Werror \
	-Wno-unused-parameter -Iinclude -I$(O) -idirafter /usr/include/$(shell uname -m)-linux-gnu

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
core := $(wildcard user/core/*.c)
host := $(wildcard user/host/*.c)
guard := $(wildcard user/guard/*.c)
fleet := $(wildcard user/fleet/*.c)
trace := $(wildcard user/trace/*.c)
store := $(wildcard user/store/*.c)
export := $(wildcard user/export/*.c)
daemon := $(wildcard user/daemon/*.c)
programs := viommu-trace viommuctl viommud
print := $(wildcard user/print/*.c)
cli := $(filter-out $(programs:%=user/cli/%.c),$(wildcard user/cli/*.c))
# Of the module what is pure; the matcher is ours too, so that there is but one.
kmod := kmod/match.c kmod/btf.c
library := $(call obj,$(core) $(host) $(guard) $(fleet) $(trace) $(print) $(cli) kmod/match.c)
# Of viommud; those of its half without privileges need no BPF.
served := $(call obj,$(store) $(export) $(daemon))
archive := $(O)/libviommu.a
unprivileged := $(store) $(export) $(filter-out $(wildcard user/daemon/collector*.c),$(daemon))
# What unit tests link: all but the commands that need BPF.
pure := $(call obj,$(core) $(host) $(guard) $(fleet) $(print) $(unprivileged) $(kmod) \
	$(filter-out $(patsubst %,user/cli/cmd-%.c,doctor recommend vms),$(cli)))
load := $(wildcard tools/vfio-load*.c)
drive := tools/viommu-drive.c $(wildcard tools/drive/*.c)
tools := $(O)/tools/vfio-load $(O)/tools/viommu-drive
records := $(O)/tools/records
bpf_sources := $(wildcard bpf/*.bpf.c)
skeletons := $(patsubst bpf/%.bpf.c,$(O)/bpf/%.skel.h,$(bpf_sources))
unit_tests := $(patsubst tests/unit/%.c,$(O)/tests/%,$(wildcard tests/unit/test_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all help setup tools tests unit unit-asan clang arm64 arm64-objects lint sync check check-full check-vm demo bench fuzz \
	bench-records units fleet deb install clean kmod kmod-lab kmod-sparse kmod-install

# ---------------------------------------------------------------------------------------- build

all: $(programs:%=$(O)/%) ## build the programs (the default)

tools: $(tools) ## build the load generators of the tests

# An archive, so that a program has no more than it needs: libcurl alone brings twenty libraries, whose
# relocations each process of viommud would have for itself.
$(archive): $(library) $(served)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(O)/%: $(O)/obj/user/cli/%.o $(archive)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -Wl,--as-needed $(LIBS) $(DAEMON_LIBS) -o $@

$(O)/tools/vfio-load: $(call obj,$(load))
$(O)/tools/viommu-drive: $(call obj,$(drive))
$(tools):
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -lcap -ljansson -lpthread -o $@

$(call obj,tests/bench/records.c): | $(O)/bpf/records.skel.h
$(records): $(call obj,tests/bench/records.c) $(archive)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -Wl,--as-needed $(LIBS) $(DAEMON_LIBS) -o $@

$(O)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(DEPS) -c $< -o $@

# The skeletons are made before the first compiler run; after that the dependency files know who
# includes them.
$(call obj,$(trace)): | $(skeletons)

$(O)/vmlinux.h: vmlinux.h.gen $(VMLINUX_BTF)
	$(call say,GEN,$@)
	$(Q)./vmlinux.h.gen $@ $(ARCH)

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(O)/vmlinux.h Makefile
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp

$(O)/bpf/records.bpf.o: tests/bench/records.bpf.c $(O)/vmlinux.h Makefile
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Ibpf -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp

$(O)/bpf/%.skel.h: $(O)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# Not all of $(O): the packages' folders have others of that name, such as tmpfiles.d.
-include $(shell find $(O)/obj $(O)/bpf -name '*.d' 2>/dev/null)

# ---------------------------------------------------------------------------------------- tests

tests: $(unit_tests)

$(O)/tests/test_%: $(O)/obj/tests/unit/test_%.o $(pure)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -ljansson -lexpat -lyaml -lmnl -lkmod -lcap -lcurl \
		$(DAEMON_LIBS) -lcmocka -o $@

unit: $(unit_tests) ## unit tests
	$(Q)tests/run-unit.sh $(unit_tests)

asan := EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all" CFLAGS="-O1 -g" O=$(O)/asan
unit-asan: ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) --no-print-directory $(asan) unit

clang: ## build everything with clang too
	$(Q)$(MAKE) --no-print-directory CC=$(CLANG) O=$(O)/clang all tools tests

arm64: ## compile BPF and user code for arm64
	$(Q)$(MAKE) --no-print-directory ARCH=arm64 O=$(O)/arm64 CC=aarch64-linux-gnu-gcc \
		EXTRA_CFLAGS="-idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu" \
		arm64-objects
arm64-objects: $(library) $(served) $(call obj,$(programs:%=user/cli/%.c))

lint: ## style of every file; CHECKPATCH=/path/to/checkpatch.pl adds the kernel's checker
	$(Q)tests/lint.sh

sync: all ## hold help, manual, completion, schema and tables together
	$(Q)tests/sync/run.sh $(O)

check: ## install what is needed and run every test (about 35 minutes on two cores)
	$(Q)tests/check.sh

check-full: ## the same, and what takes longer: a minute of fuzzing a parser, Linux guests, the module under load
	$(Q)FULL=1 FUZZ_SECONDS=60 tests/check.sh

check-vm: all tools kmod-lab ## only the tests in the VM; KERNELS="6.1 6.12 7" CASES="pattern" FULL=1
	$(Q)tests/vm/run.sh

bench: ## instructions per mapping with and without tracing; speed of explain
	$(Q)tools/setup.sh build lab bench
	$(Q)$(MAKE) --no-print-directory all tools kmod-lab
	$(Q)tests/bench/run.sh
	$(Q)tests/bench/requests.sh
	$(Q)tests/bench/guard.sh
	$(Q)tests/bench/explain.sh
	$(Q)tests/bench/store.sh
	$(Q)$(MAKE) --no-print-directory bench-records

bench-records: all $(records) ## 6 million records of 500 VMs through viommud, on this kernel, as root
	$(Q)tests/bench/records.sh $(records)

units: ## the units of systemd are valid, and closed
	$(Q)tests/units.sh

fleet: all ## the fleet's answer with a real Prometheus; rules, alerts, dashboard
	$(Q)tests/prometheus/run.sh
	$(Q)tests/fleet/run.sh $(O)

demo: ## install, build, and see a real VM's failures explained (as root on Debian 12)
	$(Q)tools/setup.sh build lab
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)tools/demo.sh

fuzz: ## fuzz each parser for FUZZ_SECONDS (10)
	$(Q)tests/fuzz/run.sh

setup: ## install the packages that building and testing need (as root on Debian 12)
	$(Q)tools/setup.sh build lab check bench

# --------------------------------------------------------------------------------------- module

KDIR ?= /lib/modules/$(shell uname -r)/build
dkms := $(DESTDIR)/usr/src/viommu-guard-$(VERSION)

kmod: ## build the kernel module; KDIR=/path/to/kernel/headers
	$(Q)tools/kmod.sh $(O)/kmod/this $(KDIR)

kmod-lab: ## build it for the kernels of the tests
	$(Q)tools/kmod.sh $(O)/kmod/6.1 6.1
	$(Q)tools/kmod.sh $(O)/kmod/6.12 6.12

kmod-sparse: ## the same under sparse
	$(Q)tools/kmod.sh $(O)/kmod/sparse-6.1 6.1 C=2 W=1 CF=-Wsparse-error
	$(Q)tools/kmod.sh $(O)/kmod/sparse-6.12 6.12 C=2 W=1 CF=-Wsparse-error

kmod-install: ## give its sources to DKMS, which builds it for each kernel
	install -D -m 644 -t $(dkms) kmod/Kbuild kmod/dkms.conf $(wildcard kmod/*.[ch])
	install -D -m 644 -t $(dkms)/include/viommu include/viommu/guard.h
	$(if $(DESTDIR),,dkms install viommu-guard/$(VERSION))

# -------------------------------------------------------------------------------------- install

install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(programs:%=$(O)/%)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(programs:%=dist/man/%.8)
	set -e; for program in $(programs); do install -D -m 644 dist/completions/$$program.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program; done
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/viommu $(wildcard dist/schema/*.json)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $(wildcard dist/man/*.5)
	set -e; for unit in $(notdir $(wildcard dist/systemd/*)); do \
		install -d $(DESTDIR)$(UNITDIR); \
		sed 's,^\(Exec[A-Za-z]*=[-+]*\)\(viommu\),\1$(PREFIX)/bin/\2,' dist/systemd/$$unit \
			>$(DESTDIR)$(UNITDIR)/$$unit; done
	install -D -m 644 -t $(DESTDIR)$(SYSUSERSDIR) dist/sysusers.d/viommu.conf
	install -D -m 644 -t $(DESTDIR)$(TMPFILESDIR) dist/tmpfiles.d/viommu.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/viommu/prometheus $(wildcard dist/prometheus/*.yml)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/viommu/grafana $(wildcard dist/grafana/*.json)

deb: ## build the Debian packages into build/deb (as root on Debian 12)
	$(Q)tools/setup.sh build deb
	$(Q)tools/deb.sh $(O)/deb $(VERSION)

clean: ## remove what was built; the fetched kernels and package lists stay
	$(Q)find $(O) -mindepth 1 -maxdepth 1 ! -name kernels ! -name apt -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  variables: V=1 shows commands, CC=, CLANG=, O=build, PREFIX=/usr/local, DESTDIR=,'
	@echo '             VMLINUX_BTF=/path/to/vmlinux when the running kernel has no BTF'
