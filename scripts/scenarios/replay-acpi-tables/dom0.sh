# SPDX-License-Identifier: GPL-2.0
# What the firmware's tables tell

# All bytes of an ACPI table add up to 0.
table_is_whole()
{
	od -A n -v -t u1 "$1" | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { exit sum % 256 }'
}

# What the firmware's tables tell: so many CPUs, ACPI's interrupt, the machine's name,
# and each table as the firmware has made it.
step_firmware()
{
	local table tables=/sys/firmware/acpi/tables found='' bad=''
	for table in APIC DSDT FACP MCFG; do
		if [ ! -e "$tables/$table" ]; then
			bad="$bad, no table $table"
		elif ! table_is_whole "$tables/$table"; then
			bad="$bad, $table is damaged"
		fi
	done
	[ "$(grep -c ^processor /proc/cpuinfo)" -eq "$1" ] || bad="$bad, not $1 CPUs"
	grep -q ' acpi$' /proc/interrupts || bad="$bad, no interrupt of ACPI"
	dmesg | grep -q 'DMI: QEMU' || bad="$bad, no DMI"
	grep -q QEMU /sys/firmware/dmi/tables/DMI || bad="$bad, no DMI in sysfs"
	found=$(cd "$tables" && echo *)
	if [ -z "$bad" ]; then
		check pass firmware "$found"
	else
		check fail firmware "${bad#, }; tables: $found"
		section dmesg:firmware dmesg
	fi
	section interrupts cat /proc/interrupts
}
