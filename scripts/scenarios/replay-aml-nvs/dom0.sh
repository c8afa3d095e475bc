# SPDX-License-Identifier: GPL-2.0
# What AML finds in a region of the firmware's

# filled_at ADDRESS: what the trampoline's word fill= has made of the 32 bits there
filled_at()
{
	local word=$(($1 & ~3))
	echo $((((word + 4) << 32 | word) >> ($1 % 4 * 8) & 0xffffffff))
}

# aml_reads CHECK FILE ADDRESS: is it what the file shows?
aml_reads()
{
	local found wanted
	wanted=$(filled_at "$3")
	found=$(cat "/sys/bus/acpi/devices/XP2M0001:00/$2" 2>&1)
	if [ "$found" = "$wanted" ]; then
		check pass "$1" "$found"
	else
		check fail "$1" "AML finds $found in $2, wanted is $wanted: not the machine's memory at $(printf '%#x' "$3")"
		return 1
	fi
}

# Methods of nvs.asl read the region at $1 when devices are looked for, in its first page, over
# the end of it and in the next one; and write there.
step_aml()
{
	local start=$(($1)) bad='' found
	aml_reads aml-scan uid $((start + 0xf42)) || bad=1
	aml_reads aml-edge hrv $((start + 0xffe)) || bad=1
	aml_reads aml-read sun $((start + 0x1042)) || bad=1
	if [ "$bad" ]; then
		check fail aml-write "not tried, as it would be in the kernel's memory"
		return
	fi
	found=$(cat /sys/bus/acpi/devices/XP2M0002:00/sun 2>&1)
	if [ "$found" = $((0x13579bdf)) ]; then
		host_finds aml-write
	else
		check fail aml-write "AML finds $found after it has written"
	fi
}
