# SPDX-License-Identifier: GPL-2.0
# Memory hot-add that fails, at one allocation after the other

# fail_allocations FIRST LAST: as a task is told to, but not below the functions
# from FIRST to LAST, in the order of their addresses
fail_allocations()
{
	local debug=/sys/kernel/debug fail start end

	start=$(sed -n "s/ [tT] $1$//p" /proc/kallsyms)
	end=$(sed -n "s/ [tT] $2$//p" /proc/kallsyms)
	end=$(cut -d' ' -f1 /proc/kallsyms | sort -u | grep -A 1 "^$end" | sed -n 2p)
	for fail in "$debug/fail_page_alloc" "$debug/failslab"; do
		[ -d "$fail" ] || return
		echo N >"$fail/ignore-gfp-wait"
		echo 0 >"$fail/verbose"
		echo 32 >"$fail/stacktrace-depth"
		echo "0x$start" >"$fail/reject-start"
		echo "0x$end" >"$fail/reject-end"
	done
	echo 0 >"$debug/fail_page_alloc/min-order"
	echo N >"$debug/fail_page_alloc/ignore-gfp-highmem"
}

# x86 neither does without page tables for added memory, nor does it give them
# back such that Xen knows of it. So what comes after that does not fail:
# arch_add_memory() has add_pages() do it and is not on the stack any more then.
step_hotadd()
{
	local way=${1:-gntdev} first=add_memory_resource last=add_memory_resource now

	[ "$way" = balloon ] || { first=add_pages; last=arch_add_memory; }
	if ! fail_allocations "$first" "$last"; then
		check error "hotadd-$way" "this kernel cannot fail allocations: KERNEL=debug"
		return
	fi
	insmod /modules/xen-p2m-audit.ko || { check error "hotadd-$way" "no xen-p2m-audit"; return; }
	now=$(current_kb)
	if hotadd "$way" "$(pidof xen-balloon)" "$now" $((now + 262144)) >/tmp/hotadd 2>&1; then
		check pass "hotadd-$way" "$(tail -n 1 /tmp/hotadd)"
	else
		check fail "hotadd-$way" "$(tail -n 1 /tmp/hotadd)"
	fi
	section "hotadd:$way" cat /tmp/hotadd
	rmmod xen-p2m-audit
}
