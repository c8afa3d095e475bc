# SPDX-License-Identifier: GPL-2.0
# The verbs. Each calls a script of its name in scripts/, which can be called
# by hand as well; all products lie under build/.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# LINUX: the kernel series; KERNEL: patched, stock or both; S: a scenario
LINUX ?= 6.12
KERNEL ?= patched
S ?=
# For the packager: a kernel to build modules for, its configuration, a lab's hosts
KDIR ?=
CONFIG ?=
INVENTORY ?= scripts/lab.d/inventory.toml
WITHOUT ?=
export LINUX CONFIG WITHOUT

.PHONY: help boot test refresh kernel scenario scenarios same-p2m kunit bench sanitizers coverage mutate check tree docs tools tools-test fuzz install clean configs packages modules dist deb deb-tool deb-kernel deb-linux drift lab host sweep bench-plot parts crash

help:
	@echo 'xen-p2m: the memory map of Linux under Xen'
	@echo
	@echo '  make boot             fetch, patch, build, boot as dom0 on Xen, pass a device'
	@echo '                        through, print the report'
	@echo '  make test             every test there is; ends with "N passed, N failed"'
	@echo
	@echo '  make kunit            the KUnit suites under UML'
	@echo '  make sanitizers       the same under KASAN and UBSAN'
	@echo '  make coverage         the lines of the core that they reach, by file'
	@echo '  make mutate           do the suites notice each change of the core? (hours)'
	@echo '  make scenario S=name  one boot scenario (KERNEL=stock, KERNEL=both)'
	@echo '  make scenarios        list them'
	@echo "  make crash            does Debian's crash understand a dump of a domU? (KERNEL=both)"
	@echo '  make same-p2m         is the P2M of the patched kernel that of stock, PFN by PFN?'
	@echo '  make bench            instructions that the P2M costs, stock beside patched'
	@echo '  make sweep            the same against limit, pages, holes (hours: 36 boots)'
	@echo '  make bench-plot       build/bench-plot.svg of what it found'
	@echo '  make configs          does it link, and boot, in other configurations? (hours)'
	@echo '  make host             a Debian host with Xen and our packages, booted by its GRUB'
	@echo '  make parts LINUX=7.3  does a kernel with the first parts of the series boot on Xen?'
	@echo '  make check            sparse, W=1, checkpatch, series prefixes, shellcheck, docs'
	@echo '  make tree             build/tree/linux-$(LINUX): unpacked, overlay in, series pushed'
	@echo "                        (7.3: a git repository with a commit a patch)"
	@echo '  make refresh          patches and overlay anew, from the commits of that tree'
	@echo '  make kernel           build/out/linux-$(LINUX): kernel, modules, initrd'
	@echo '                        (KERNEL=stock: without the series)'
	@echo '  make tools            build/tools/xen-p2m, the command-line tool'
	@echo '  make tools-test       its tests; make fuzz SECONDS=n: libFuzzer'
	@echo '  make install          the tool, to DESTDIR= and PREFIX=/usr/local'
	@echo
	@echo '  make modules KDIR=dir audit, bench and live suite for a kernel as it is'
	@echo '  make dist             build/dist: one plain series, a mailbox for git am, and the'
	@echo '                        release; WITHOUT=suites: without these'
	@echo '  make deb              build/deb: all packages of the next two, and lintian'
	@echo '  make deb-tool         the tool and the modules (DKMS), and their source package'
	@echo '  make deb-kernel CONFIG=file  a kernel in this configuration'
	@echo "  make deb-linux        Debian's source package of the kernel, with the series"
	@echo '  make drift            does the series apply to each kernel source that apt offers?'
	@echo '  make lab INVENTORY=file  build/lab: LAVA jobs for the hosts in it'
	@echo
	@echo '  make docs             build/docs: Documentation/ as HTML'
	@echo '  make clean            remove build/'
	@echo
	@echo '  LINUX=6.12            the kernel series to work with'
	@echo '  XEN=4.20 QEMU=11.1    a scenario on other ones than those of this Debian'
	@echo '  DOMU=6.1-stock        a scenario whose domUs have another kernel than dom0'

# What a verb needs of Debian's packages, and no more
packages-%:
	@scripts/packages $*

# For "make test", which needs all of them
packages: packages-test

boot:
	@scripts/boot

test:
	@scripts/test

tree: packages-tree
	@scripts/tree

refresh:
	@scripts/series refresh

kernel: packages-kernel
	@scripts/build-dom0 $(KERNEL)
	@scripts/build-initrd $(KERNEL)

scenarios: packages-scenarios
	@scripts/scenario --list

scenario: packages-scenario
	@scripts/run-scenarios $(KERNEL) $(S)

crash: packages-crash
	@scripts/crash $(KERNEL)

same-p2m: packages-same-p2m
	@scripts/same-p2m

kunit: packages-kunit
	@scripts/kunit

sanitizers: packages-sanitizers
	@scripts/kunit sanitizers

coverage: packages-coverage
	@scripts/kunit coverage

# Two kernels side by side unless the command line names one.
bench: KERNEL = both
bench: packages-bench
	@scripts/bench --build --kernel $(KERNEL)

sweep: KERNEL = both
sweep: packages-sweep
	@scripts/bench-sweep --build --kernel $(KERNEL)

bench-plot: packages-bench-plot
	@scripts/bench-plot

mutate: packages-mutate
	@scripts/mutate

parts: packages-parts
	@scripts/parts

configs: packages-configs
	@scripts/configs

check: packages-check
	@scripts/check

tools: packages-tools
	@scripts/tools

tools-test: packages-tools-test
	@scripts/tools test

fuzz: packages-fuzz
	@SECONDS_TO_FUZZ="$(or $(SECONDS),60)" scripts/tools fuzz

# What was not built before is built.
install: packages-tools
	@DESTDIR="$(DESTDIR)" PREFIX="$(or $(PREFIX),/usr/local)" scripts/tools install

docs: packages-docs
	@scripts/docs

modules: packages-modules
	@scripts/modules $(KDIR)

dist: packages-dist
	@scripts/tree stock
	@scripts/dist
	@scripts/dist --release

deb: packages-deb
	@scripts/deb

deb-tool:
	@scripts/deb tool

deb-kernel:
	@scripts/deb kernel $(CONFIG)

deb-linux:
	@scripts/deb linux

drift: packages-drift
	@scripts/drift

host: packages-host
	@scripts/host

lab: packages-lab
	@scripts/lab $(INVENTORY)

clean:
	rm -rf build
