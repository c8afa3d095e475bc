# SPDX-License-Identifier: GPL-2.0
# All modules but those that break or mark something: they come and go

# modules_round MODULE: it comes, and goes without a trace
modules_round()
{
	local i=0
	while [ "$i" -lt 100 ]; do
		insmod "$1" 2>/tmp/insmod.err || { echo "round $i: insmod: $(cat /tmp/insmod.err)"; return 1; }
		rmmod "$(basename "$1" .ko)" 2>/tmp/rmmod.err || { echo "round $i: rmmod: $(cat /tmp/rmmod.err)"; return 1; }
		i=$((i + 1))
	done
}

# All modules that can go again, a hundred times each. The suites do not run, as
# the scenario has kunit.enable=0. xen-p2m-pci has a step of its own, and what breaks
# things is not to be here.
step_modules()
{
	local module name taint
	taint=$(cat /proc/sys/kernel/tainted)
	for module in /modules/xen-p2m-audit.ko /modules/xen-p2m-bench.ko /modules/*-test.ko; do
		name=$(basename "$module" .ko)
		if modules_round "$module" >/tmp/modules; then
			check pass "module-$name" "100 rounds"
		else
			check fail "module-$name" "$(head -n 1 /tmp/modules)"
		fi
	done
	if [ "$(cat /proc/sys/kernel/tainted)" = "$taint" ]; then
		check pass modules-taint "$taint"
	else
		check fail modules-taint "was $taint, is $(cat /proc/sys/kernel/tainted)"
	fi
}
