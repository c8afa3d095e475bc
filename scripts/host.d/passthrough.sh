# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A network card and an NVMe disk go to a domU of this Debian, and come back

: "${here:?}" "${state:?}"

# What QEMU was told: the card that is passed on, and the one of dom0 on the same wire
CARD=52:54:00:00:00:01
PEER=52:54:00:00:00:02
HERE=192.168.77.1

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

# dom0's end of the wire: it gives an address, and sends back what comes.
step_wire()
{
	network "$PEER" "Address=$HERE/24" DHCPServer=yes
	if wait_for 60 has_address "$(nic "$PEER")"; then
		systemd-run --quiet --unit=traffic "$here/traffic" serve "$HERE"
		check pass wire "$(nic "$PEER")"
	else
		check fail wire "no address: $(networkctl --no-pager status "$(nic "$PEER")" | tail -n 1)"
	fi
}

# give: card and disk to pciback
step_give()
{
	local device
	modprobe xen-pciback
	for device in "/sys/class/net/$(nic "$CARD")" /sys/class/nvme/nvme0; do
		basename "$(readlink -f "$device/device")"
	done >"$state/given"
	while read -r device; do
		xl pci-assignable-add "$device" && continue
		check fail give "$device"
		return
	done <"$state/given" >"$state/give.log" 2>&1
	check pass give "$(tr '\n' ' ' <"$state/given")"
	section give cat "$state/give.log"
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

domu_config()
{
	local kernel
	kernel=$(uname -r)
	cat <<-END
	name="domu"
	kernel="/boot/vmlinuz-$kernel"
	ramdisk="/boot/initrd.img-$kernel"
	extra="root=/dev/xvda1 ro console=hvc0 quiet loglevel=1 systemd.show_status=false systemd.default_timeout_start_sec=900 xp2m.channel=hvc0"
	memory=512
	maxmem=768
	vcpus=1
	e820_host=1
	disk=["phy:$1,xvda1,w", "file:/run/domu.img,xvdb,r"]
	pci=[$(sed "s/.*/'&'/" "$state/given" | paste -sd ,)]
	on_crash="preserve"
	END
}

# Start the domU, wait until it has taken its steps, pass on what it said.
step_domu()
{
	local log=/var/log/xen/console/guest-domu.log
	domu_handed_in
	domu_config "$(domu_disk)" >"$state/domu.cfg"
	if ! xl create "$state/domu.cfg" >"$state/create.log" 2>&1; then
		check fail domu "xl create: $(tail -n 1 "$state/create.log")"
		return
	fi
	if wait_for 1500 grep -q '^@verdict' "$log"; then
		check pass domu
		sed '/^@verdict/d; /^@hello/d' "$log" >&3
	else
		check fail domu "no last word: $(tail -n 1 "$log")"
		section console:domu cat "$log"
	fi
}

step_shutdown()
{
	if timeout 600 xl shutdown -w domu >"$state/shutdown.log" 2>&1; then
		check pass shutdown
	else
		check fail shutdown "$(tail -n 1 "$state/shutdown.log")"
	fi
}

# Both work in dom0 again, and the disk has what the domU wrote.
step_back()
{
	local device name
	while read -r device; do
		xl pci-assignable-remove -r "$device" || check fail back "$device"
	done <"$state/given"
	wait_for 60 nic "$CARD" || { check fail back "no card"; return; }
	wait_for 60 test -b /dev/nvme0n1 || { check fail back "no disk"; return; }
	same_as_data dom0-disk
	name=$(nic "$CARD")
	# In a namespace of its own, or the two cards would not use the wire.
	ip netns add card
	ip link set "$name" netns card
	ip -n card address add 192.168.77.9/24 dev "$name"
	ip -n card link set "$name" up
	over_the_wire dom0-card ip netns exec card
}

# same_as_data CHECK: the disk begins with it.
same_as_data()
{
	if dd if=/dev/nvme0n1 bs=1M count=64 iflag=direct status=none | cmp - <("$here/traffic" data) >"$state/disk.log" 2>&1; then
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
# In the domU
#

step_card()
{
	wait_for 120 nic "$CARD" || { check fail domu-card "no driver took it"; return; }
	network "$CARD" DHCP=ipv4
	wait_for 120 has_address "$(nic "$CARD")" || { check fail domu-card "no address"; return; }
	check pass domu-address "$(ip -4 -o address show dev "$(nic "$CARD")" | awk '{ print $4 }')"
	over_the_wire domu-card
}

step_disk()
{
	wait_for 120 test -b /dev/nvme0n1 || { check fail domu-disk "no driver took it"; return; }
	"$here/traffic" data | dd of=/dev/nvme0n1 bs=1M iflag=fullblock oflag=direct status=none
	same_as_data domu-disk
}
