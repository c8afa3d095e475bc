# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# dom0 serves network and disk to a domU of this Debian, while its balloon moves

: "${here:?}" "${state:?}"

VIF=52:54:00:00:00:03

# A bridge and a disk for the domU
step_serve()
{
	ip link add wire address "$PEER" type bridge
	truncate -s 128M /run/served.img
	printf '"file:/run/served.img,xvdc,w"\n' >"$state/domu.disks"
	printf 'vif=["mac=%s,bridge=wire"]\n' "$VIF" >"$state/domu.more"
	check pass serve
}

# Down by a GiB and up again, until it is told to stop
balloon_moves()
{
	local rounds=0 kib
	until [ -e /run/balloon.stop ]; do
		for kib in $(($1 - 1048576)) "$1"; do
			echo "$kib" >/sys/devices/system/xen_memory/xen_memory0/target_kb
			wait_for 300 current_is "$kib" || exit 1
		done
		rounds=$((rounds + 1))
		echo "$rounds" >"$state/rounds"
	done
}

# balloon:on, balloon:off
step_balloon()
{
	if [ "$1" = on ]; then
		balloon_moves "$(current_kb)" &
		balloon=$!
		check pass balloon-on
		return
	fi
	touch /run/balloon.stop
	if wait "$balloon" && [ "$(cat "$state/rounds")" -ge 2 ]; then
		check pass balloon "$(cat "$state/rounds") times down and up by 1 GiB"
	else
		check fail balloon "$(cat "$state/rounds") rounds, then at $(current_kb) KiB"
	fi
}

# In the domU, both:N: so often over the wire, and to the disk at the same time
step_both()
{
	local round
	step_card "$VIF"
	for round in $(seq "$1"); do
		over_the_wire domu-card &
		step_disk xvdc
		wait
		say "@step both, round $round done"
	done
}
