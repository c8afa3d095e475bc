# SPDX-License-Identifier: GPL-2.0
# Memory maps of machines, from JSON to the tables that real-maps.h includes
#
#	awk -f e820-maps.awk FILE...
#
# Of a machine "name" comes first, on a line of its own or with other members, and
# "e820" after what else there is of use. A member, or an entry of the map, is all on
# one line. No awk is too simple for this: mawk and busybox have no strtonum().

function fail(what)
{
	printf "%s:%d: %s\n", FILENAME, FNR, what > "/dev/stderr"
	failed = 1
	exit 1
}

# Nth string of some JSON
function string(text, nr,	part)
{
	split(text, part, "\"")

	return part[2 * nr]
}

# What matches @pattern in this line, without what matches @head at its start
function member(head, pattern,	text)
{
	if (!match($0, head pattern))
		return ""
	text = substr($0, RSTART, RLENGTH)
	sub(head, "", text)

	return text
}

function type_number(type)
{
	if (type in types)
		return types[type]
	if (!match(type, /type [0-9]+/))
		fail("unknown type \"" type "\"")

	return substr(type, RSTART + 5, RLENGTH - 5)
}

# Numbers as JSON has them: "0x", lower case, no zeros ahead
function below(a, b)
{
	return length(a) < length(b) || (length(a) == length(b) && a < b)
}

function add_entry(text,	start, end)
{
	start = string(text, 1)
	end = string(text, 2)
	if (!below(start, end))
		fail("empty entry at " start)
	printf "\t{ %s, %s - %s, %s },\n", start, end, start,
		type_number(string(text, 3))
	nr[maps]++
	entries++
}

BEGIN {
	types["usable"] = 1
	types["reserved"] = 2
	types["ACPI data"] = 3
	types["ACPI NVS"] = 4
	types["unusable"] = 5
	types["soft reserved"] = "0xefffffff"
	print "/* Made by e820-maps.awk */"
	print "static const struct xen_layout_entry e820_entries[] = {"
}

/"name": / {
	name[++maps] = member("\"name\": ", "\"[^\"]*\"")
	first[maps] = entries
	complete[maps] = /"complete": true/
	printf "\t/* %s */\n", string(name[maps], 1)
}

/"last_pfn": / {
	last[maps] = string(member("\"last_pfn\": ", "\\[\"[^\"]*\""), 1)
}

/"remapped_pages": / {
	remapped[maps] = member("\"remapped_pages\": ", "[0-9]+")
}

/"released_pages": / {
	released[maps] = member("\"released_pages\": ", "[0-9]+")
}

{
	while (match($0, /\["0x[0-9a-f]*", "0x[0-9a-f]*", "[^"]*"\]/)) {
		entry = substr($0, RSTART, RLENGTH)
		$0 = substr($0, RSTART + RLENGTH)
		add_entry(entry)
	}
}

function or_else(value, other)
{
	return value == "" ? other : value
}

END {
	if (failed)
		exit 1
	print "};\n\nstatic const struct e820_map e820_maps[] = {"
	for (i = 1; i <= maps; i++)
		printf "\t{ %s, %d, %d, %s, %s, %s },\n", name[i], first[i],
			nr[i], complete[i] ? or_else(last[i], 0) : 0,
			or_else(remapped[i], -1), or_else(released[i], -1)
	print "};"
}
