# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A domU of this Debian on our kernel, and what dom0 and domU do on a network or a disk

: "${here:?}" "${state:?}"

# dom0's end of the network with the domU
PEER=52:54:00:00:00:02
HERE=192.168.77.1

#
# dom0 and domU
#

# nic MAC: its name
nic()
{
	local path
	for path in /sys/class/net/*; do
		if [ "$(cat "$path/address")" = "$1" ]; then
			echo "${path##*/}"
			return 0
		fi
	done
	return 1
}

# network MAC LINE...: what systemd-networkd does with it
network()
{
	mkdir -p /run/systemd/network
	{
		printf '[Match]\nMACAddress=%s\n[Network]\n' "$1"
		shift
		printf '%s\n' "$@"
	} >/run/systemd/network/wire.network
	systemctl restart systemd-networkd
}

has_address()
{
	ip -4 -o address show dev "$1" | grep -q inet
}

# same_as_data CHECK DISK: the disk begins with it.
same_as_data()
{
	if dd if="/dev/$2" bs=1M count=64 iflag=direct status=none | cmp - <("$here/traffic" data) >"$state/disk.log" 2>&1; then
		check pass "$1" "64 MiB read"
	else
		check fail "$1" "$(tail -n 1 "$state/disk.log")"
	fi
}

# over_the_wire CHECK COMMAND...: by that command, if there is one
over_the_wire()
{
	local name=$1
	shift
	if "$@" "$here/traffic" use "$HERE" >"$state/wire.log" 2>&1; then
		check pass "$name" "$(cat "$state/wire.log")"
	else
		check fail "$name" "$(tail -n 1 "$state/wire.log")"
	fi
}

#
# dom0
#

# dom0's end gives an address, and sends back what comes.
step_wire()
{
	network "$PEER" "Address=$HERE/24" DHCPServer=yes ConfigureWithoutCarrier=yes
	if wait_for 60 has_address "$(nic "$PEER")"; then
		systemd-run --quiet --unit=traffic "$here/traffic" serve "$HERE"
		check pass wire "$(nic "$PEER")"
	else
		check fail wire "no address: $(networkctl --no-pager status "$(nic "$PEER")" | tail -n 1)"
	fi
}

# The disk that is the domU's, by its label, with the modules of our kernel
domu_disk()
{
	local disk=/dev/disk/by-label/domu
	mkdir -p /run/domu
	mount "$disk" /run/domu
	cp -a "/lib/modules/$(uname -r)" /run/domu/lib/modules
	umount /run/domu
	readlink -f "$disk"
}

# What is handed in to the domU: all but the packages
domu_handed_in()
{
	mkdir -p /run/domu.d
	cp "$here"/*.sh "$here/run" "$here/traffic" /run/domu.d
	cp "$here/domu-steps" /run/domu.d/steps
	rm -f /run/domu.img
	truncate -s 8M /run/domu.img
	mke2fs -q -t ext4 -O ^has_journal -L handed-in -d /run/domu.d /run/domu.img
}

# domu_config DISK; what a scenario adds is in domu.disks and domu.more.
domu_config()
{
	local kernel disks
	disks=$(cat "$state/domu.disks" 2>/dev/null)
	kernel=$(uname -r)
	cat <<-END
	name="domu"
	kernel="/boot/vmlinuz-$kernel"
	ramdisk="/boot/initrd.img-$kernel"
	extra="root=/dev/xvda1 ro console=hvc0 loglevel=4 systemd.show_status=false systemd.default_timeout_start_sec=900 xp2m.channel=hvc0"
	memory=512
	maxmem=768
	vcpus=1
	disk=["phy:$1,xvda1,w", "file:/run/domu.img,xvdb,r"${disks:+, $disks}]
	on_crash="preserve"
	END
	cat "$state/domu.more"
}

# Start the domU, pass on what it says, wait until it has taken its steps.
step_domu()
{
	local log=/var/log/xen/guest-domu.log follows
	if ! domu_handed_in >"$state/create.log" 2>&1; then
		check error domu "no disk to hand in: $(tail -n 1 "$state/create.log")"
		return
	fi
	domu_config "$(domu_disk)" >"$state/domu.cfg"
	if ! xl create "$state/domu.cfg" >"$state/create.log" 2>&1; then
		check fail domu "xl create: $(tail -n 1 "$state/create.log")"
		return
	fi
	tail -n +1 -F "$log" > >(sed -u '/^@verdict/d; /^@hello/d' >&3) 2>/dev/null &
	follows=$!
	if wait_for 600 grep -q '^@verdict' "$log"; then
		check pass domu
	else
		check fail domu "no last word: $(tail -n 1 "$log")"
	fi
	kill "$follows"
}

step_shutdown()
{
	if timeout 600 xl shutdown -w domu >"$state/shutdown.log" 2>&1; then
		check pass shutdown
	else
		check fail shutdown "$(tail -n 1 "$state/shutdown.log")"
	fi
}

#
# The domU
#

# card:MAC: it has a driver, an address, and what goes over the wire is what it was.
step_card()
{
	local name=domu-card
	wait_for 30 nic "$1" || { check fail "$name" "no driver took it"; return; }
	network "$1" DHCP=ipv4
	wait_for 30 has_address "$(nic "$1")" || { check fail "$name" "no address"; return; }
	check pass domu-address "$(ip -4 -o address show dev "$(nic "$1")" | awk '{ print $4 }')"
	over_the_wire "$name"
}

# disk:NAME: it has a driver, and what is written to it can be read.
step_disk()
{
	wait_for 30 test -b "/dev/$1" || { check fail domu-disk "no driver took it"; return; }
	"$here/traffic" data | dd of="/dev/$1" bs=1M iflag=fullblock oflag=direct status=none
	same_as_data domu-disk "$1"
}
