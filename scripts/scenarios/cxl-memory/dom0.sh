# SPDX-License-Identifier: GPL-2.0
# Memory of a CXL device that comes while dom0 runs

# cxl_window: base and size of the first window that the firmware names (a CFMWS in
# the CEDT: type 1, and a length, in front of them)
cxl_window()
{
	local table=/sys/firmware/acpi/tables/CEDT at=36 size type length
	size=$(stat -c %s "$table" 2>/dev/null) || return 1
	while [ "$at" -lt "$size" ]; do
		type=$(table_number "$table" "$at" u1 1)
		length=$(table_number "$table" $((at + 2)) u2 2)
		if [ "$type" -eq 1 ]; then
			echo "$(table_number "$table" $((at + 8)) u8 8) $(table_number "$table" $((at + 16)) u8 8)"
			return 0
		fi
		at=$((at + length))
	done
	return 1
}

# table_number FILE OFFSET TYPE BYTES
table_number()
{
	od -A n -t "$3" -j "$2" -N "$4" "$1" | tr -d ' '
}

# cxl_map DEVICE BASE SIZE: have the device answer in the window, with its first
# decoder, as a driver would (CXL 3.1, 8.2.4.20)
cxl_map()
{
	local file=/sys/bus/pci/devices/$1/resource0 at=0x1000 left hdm
	left=$(($(bar "$file" get32 "$at") >> 24))
	while [ "$left" -gt 0 ]; do
		at=$((at + 4))
		hdm=$(bar "$file" get32 "$at")
		[ $((hdm & 0xffff)) -ne 5 ] || break
		left=$((left - 1))
	done
	[ "$left" -gt 0 ] || { echo "no decoders in the capabilities of $1"; return 1; }
	hdm=$((0x1000 + (hdm >> 20)))
	bar "$file" set32 $((hdm + 0x10)) $(($2 & 0xffffffff))
	bar "$file" set32 $((hdm + 0x14)) $(($2 >> 32))
	bar "$file" set32 $((hdm + 0x18)) $(($3 & 0xffffffff))
	bar "$file" set32 $((hdm + 0x1c)) $(($3 >> 32))
	# On; then commit, and the device says whether it did.
	bar "$file" set32 $((hdm + 4)) 2
	bar "$file" set32 $((hdm + 0x20)) 0x1200
	[ $(($(bar "$file" get32 $((hdm + 0x20))) & 0x400)) -ne 0 ] || { echo "$1 does not commit its decoder"; return 1; }
}

# cxl_write BASE SIZE: first, middle and last word
cxl_write()
{
	local offset
	for offset in 0 $(($2 / 2)) $(($2 - 8)); do
		bar /dev/mem write $(($1 + offset)) $((offset + 0x5eed)) || return 1
	done
}

# 512 MiB come, and are used where the firmware's window is
step_cxl()
{
	local base window device
	base=$(cxl_window) || { check error cxl-memory "no window in the CEDT"; return; }
	window=${base#* } base=${base% *}
	section cxl:window printf '%#x-%#x\n' "$base" $((base + window))
	plug plug || { check fail cxl-memory "no claim after 120 s"; section dmesg:cxl dmesg; return; }
	device=$(cat /tmp/plugged)
	echo 1 >"/sys/bus/pci/devices/$device/enable"
	if cxl_map "$device" "$base" 0x20000000 >/tmp/cxl.log 2>&1 && cxl_write "$base" 0x20000000 >>/tmp/cxl.log 2>&1; then
		check pass cxl-memory "$(printf '%#x' "$base")"
	else
		check fail cxl-memory "$(tail -n 1 /tmp/cxl.log)"
		return
	fi
	host_finds cxl-host
}

# The words are still there, and nothing was added where they are.
step_cxl_again()
{
	local base word
	base=$(cxl_window) && base=${base% *}
	word=$(bar /dev/mem read $((base + 0x10000000)) 2>&1)
	if [ "$word" = 0x10005eed ]; then
		check pass cxl-again "$word"
	else
		check fail cxl-again "$word in the middle"
	fi
}
