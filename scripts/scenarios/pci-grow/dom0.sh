# SPDX-License-Identifier: GPL-2.0
# A device comes behind a bridge whose window is too small

# A device behind a bridge whose window is too small for it
step_grow()
{
	plug plug-grow || { check fail grow "no claim after 120 s"; section dmesg:grow dmesg; return; }
	if bar_ends "$(cat /tmp/plugged)" 0x100000000; then
		check pass grow "$(grep "^$(cat /tmp/plugged) BAR 2" "$CLAIMS")"
	else
		check fail grow "$(tail -n 1 /tmp/bar.log)"
	fi
}
