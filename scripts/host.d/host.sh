# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The steps of a host, beside those of scripts/guest/steps.sh

# Where what is handed in is, and what outlives a boot
: "${here:?}" "${state:?}"

# A line of ours that is more than an account
OURS='p2m|balloon|unpopulated|pciback|WARNING: |BUG: |Call Trace'
# What a kernel without BTF, as scripts/host makes ours, and a slow machine have said of them
OTHER='bpf-restrict-fs: Failed to load BPF object|DL replenish lagged too much|is taking a long time'

# Is the boot over, and nothing in it failed?
booted()
{
	[[ $(systemctl is-system-running) =~ ^(running|degraded)$ ]]
}

# up:stock, up:ours: dom0 on Xen, all units, and which kernel it is
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

# What the journal and xl dmesg have of warnings in this boot, without their numbers
warnings()
{
	{
		journalctl -b -p warning --no-pager -o cat
		xl dmesg | grep -E '^\(XEN\).*(WARN|BUG|Xen call trace|Assertion|[Ff]ailed|[Ee]rror)'
	} | grep . | grep -vE "$OTHER" | sed -E 's/\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b/N/g' | sort -u
}

# words:stock, words:ours: no warning is about us, and ours has none that stock has not
step_words()
{
	local new
	section "journal:$1" journalctl -b -p warning --no-pager -o short-monotonic
	section "xldmesg:$1" xl dmesg
	section "dmesg:$1" journalctl -b -k --no-pager -o short-monotonic
	warnings >"$state/words"
	[ "$1" = ours ] || cat "$state/words" >>"$state/known"
	new=$({ grep -E "$OURS" "$state/words"; grep -vxFf "$state/known" "$state/words"; } | sort -u)
	if [ "$new" ]; then
		check fail "words-$1" "$(wc -l <<<"$new") that stock has not, or about us: $(head -n 1 <<<"$new")"
		section "new:$1" echo "$new"
	else
		check pass "words-$1" "$(wc -l <"$state/words") kinds of warnings, none about us"
	fi
}

#
# Documentation/host.rst, as it is written
#

# commands_of SECTION: after a line that says what the page defined before
commands_of()
{
	awk -v title="$1" '
		/^section / { name = $0; sub(/^section /, "", name); gsub(/\047/, "", name); next }
		/^entries\(\)/ || name == title' "$here/commands"
}

# page:SECTION: its commands, where an admin would have the checkout. What is not done
# here has stand-ins: nothing is made, and the reboot comes after the step.
step_page()
{
	local name=page-${1// /-} where=$state/checkout
	mkdir -p "$where/bin"
	cp -r "$here/build" "$where"
	printf '#!/bin/sh\n' | tee "$where"/bin/{make,reboot} >/dev/null
	echo "touch /run/going-down" >>"$where/bin/reboot"
	chmod +x "$where"/bin/*
	echo 'APT::Get::Assume-Yes "true";' >"$where/apt.conf"
	commands_of "$1" >"$where/commands"
	if (cd "$where" && PATH=$where/bin:$PATH APT_CONFIG=$where/apt.conf DEBIAN_FRONTEND=noninteractive \
		bash -exo pipefail ./commands) >"$state/page.log" 2>&1; then
		check pass "$name" "$(grep -c . "$where/commands") lines"
	else
		check fail "$name" "$(tail -n 1 "$state/page.log")"
	fi
	section "page:$1" cat "$state/page.log"
	rm -r "$where"
}

# boots VARIABLE ours|stock|nothing: what GRUB's environment says, as an entry that there is
boots()
{
	local entry kind=stock
	entry=$(grub-editenv list | sed -n "s/^$1=//p")
	case "$entry" in
	"") kind=nothing ;;
	xen-gnulinux-*xenp2m*) kind=ours ;;
	esac
	[ "$kind" = "$2" ] && { [ "$kind" = nothing ] || grep -qF "'$entry'" "${grub_cfg:-/boot/grub/grub.cfg}"; }
}

# grub:SAVED:NEXT: what GRUB boots, and what the next time
step_grub()
{
	if boots saved_entry "${1%:*}" && boots next_entry "${1#*:}"; then
		check pass "grub-$1"
	else
		check fail "grub-$1" "$(grub-editenv list | tr '\n' ' ')"
	fi
}

# spoil:initrd, spoil:driver: our kernel will find no root file system: it panics without
# an initrd, and without the disk's driver the initrd has to give up.
step_spoil()
{
	local initrd version
	initrd=$(echo /boot/initrd.img-*-xenp2m)
	version=${initrd#*img-}
	if [ "$1" = initrd ]; then
		head -c 1000 /dev/zero >"$initrd"
	else
		find "/lib/modules/$version" -name 'ahci.ko*' -delete
		update-initramfs -u -k "$version" >"$state/initrd.log" 2>&1
	fi
	check pass "spoil-$1" "$initrd"
}

step_reboot()
{
	touch /run/going-down
}

# Nothing of ours is left.
step_gone()
{
	local left
	left=$(find /boot /etc /usr /var/lib \( -name '*xenp2m*' -o -name '*xen-p2m*' \)
		grep -l xenp2m /boot/grub/grub.cfg
		dpkg-query -W -f '${Package}\n' 2>/dev/null | grep -E 'xen-?p2m')
	if [ "$left" ]; then
		check fail gone "$(tr '\n' ' ' <<<"$left")"
	else
		check pass gone
	fi
}
