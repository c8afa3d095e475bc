# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The steps of a host

# A line of ours that is more than an account
OURS='p2m|balloon|unpopulated|pciback|WARNING: |BUG: |Call Trace'

# Is the boot over, and nothing in it failed?
booted()
{
	[[ $(systemctl is-system-running) =~ ^(running|degraded)$ ]]
}

# up:stock: dom0 on Xen, all units, and which kernel it is
step_up()
{
	local failed kernel=stock
	[[ $(uname -r) != *-xenp2m ]] || kernel=ours
	if ! wait_for 300 booted; then
		check fail "up-$1" "is $(systemctl is-system-running): $(systemctl list-jobs --no-legend | head -n 1)"
		return
	fi
	failed=$(systemctl list-units --failed --plain --no-legend)
	if [ "$kernel" != "$1" ]; then
		check fail "up-$1" "it runs $(uname -r)"
	elif ! xl list Domain-0 >/dev/null 2>&1; then
		check fail "up-$1" "xl does not see Domain-0"
	elif [ "$failed" ]; then
		check fail "up-$1" "failed: ${failed%% *}"
		section "failed:$1" sh -c 'systemctl status --failed --no-pager --full'
	else
		check pass "up-$1" "$(uname -r), Xen $(cat /sys/hypervisor/version/{major,minor} | paste -sd .), $(systemd-analyze time | head -n 1)"
	fi
	section "slow:$1" systemd-analyze blame
}

# words:NAME: what journal and xl dmesg have to say of us that is a warning
step_words()
{
	section "journal:$1" journalctl -b -p warning --no-pager -o short-monotonic
	section "xldmesg:$1" xl dmesg
	section "dmesg:$1" journalctl -b -k --no-pager -o short-monotonic
	journalctl -b -p warning --no-pager -o cat | grep -E "$OURS" >/tmp/words
	xl dmesg | grep -E '^\(XEN\).*(WARN|BUG|Xen call trace|Assertion)' >>/tmp/words
	if [ -s /tmp/words ]; then
		check fail "words-$1" "$(head -n 1 /tmp/words)"
	else
		check pass "words-$1" "$(journalctl -b -p warning --no-pager -o cat | wc -l) warnings, none of ours"
	fi
}
