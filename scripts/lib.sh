# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts here: where things lie, and how a step is shown.

set -euo pipefail

# Exit statuses, the same for every verb.
readonly EXIT_PASS=0 EXIT_FAIL=1 EXIT_ERROR=2
export EXIT_PASS EXIT_FAIL EXIT_ERROR

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
linux=${LINUX:-6.12}
jobs=${JOBS:-$(nproc)}

# One clock for a whole run, also across the scripts that it calls.
export XP_START=${XP_START:-$(date +%s)}

logs=$build/log
export top build linux jobs logs

# ccache makes a second build faster where it is there; nothing needs it.
if [ -d /usr/lib/ccache ]; then
	PATH=/usr/lib/ccache:$PATH
fi
# sparse, kmod and the Xen tools may sit where a user's PATH does not look.
export PATH=$PATH:/usr/sbin:/sbin

say()
{
	printf '[%4d s] %s\n' "$(($(date +%s) - XP_START))" "$*"
}

# die MESSAGE [REMEDY]: the harness could not do its work
die()
{
	printf 'error: %s\n' "$1" >&2
	if [ $# -gt 1 ]; then
		printf '  try: %s\n' "$2" >&2
	fi
	exit "$EXIT_ERROR"
}

# step TITLE LOG REMEDY COMMAND...: a line, a log, and its tail if it fails
step()
{
	local title=$1 log=$logs/$2 remedy=$3 status=0
	shift 3

	mkdir -p "$(dirname "$log")"
	say "$title"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -eq 0 ]; then
		return 0
	fi
	say "$title: failed with status $status; the end of ${log#"$top"/}:"
	tail -n 25 "$log" | sed 's/^/    | /'
	printf '  try: %s\n' "$remedy"
	return "$status"
}

# hash_of PATH...: one checksum for the content and names of files and folders
hash_of()
{
	(
		cd "$top"
		local path
		for path in "$@"; do
			if [ -e "$path" ]; then
				find "$path" -type f ! -name '*.pyc' -print0
			else
				printf 'absent %s\0' "$path" >&3
			fi
		done 3>/dev/null | LC_ALL=C sort -z | xargs -0r sha256sum
	) | sha256sum | cut -d' ' -f1
}

# fresh STAMP HASH: was this built from the same inputs?
fresh()
{
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}
