# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts here: where things lie, and how a step is shown.

set -euo pipefail

# Exit statuses, the same for every verb.
readonly EXIT_PASS=0 EXIT_FAIL=1 EXIT_ERROR=2 EXIT_SKIP=77
export EXIT_PASS EXIT_FAIL EXIT_ERROR EXIT_SKIP

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
linux=${LINUX:-6.12}
jobs=${JOBS:-$(nproc)}

# One clock for a whole run, also across the scripts that it calls.
export XP_START=${XP_START:-$(date +%s)}

# No "+" after the release of a kernel whose tree is a git repository
export LOCALVERSION=${LOCALVERSION-}

logs=$build/log
export top build linux jobs logs

# release_has SUITE COLUMN: a field of scripts/releases.tsv; nothing where there is none
release_has()
{
	awk -v suite="$1" -v column="$2" '
		$1 == "#suite" { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == suite && $at[column] != "-" { print $at[column] }' "$top/scripts/releases.tsv"
}

# suites COLUMN [VERSION]: those that have it; 10 is met by 10.0, too
suites()
{
	awk -v column="$1" -v version="${2:-}" '
		$1 == "#suite" { for (i = 1; i <= NF; i++) at[$i] = i }
		/^#/ || $at[column] == "-" { next }
		version == "" || index($at[column] ".", version ".") == 1 { print $1 }' "$top/scripts/releases.tsv"
}

# chroot_for COLUMN [VERSION]: the suite to take it from, made by scripts/chroot;
# nothing if this machine has it, or none was asked for
chroot_for()
{
	local column=$1 version=${2:-} suite
	[ -n "$version" ] && [ "$version" != "$(release_has "$debian" "$column")" ] || return 0
	suite=$(suites "$column" "$version" | head -n 1)
	[ "$suite" != "$debian" ] || return 0
	[ -n "$suite" ] || die "no suite with ${column^^}=$version is known" \
		"one of: $(suites "$column" | while read -r name; do release_has "$name" "$column"; done | tr '\n' ' ')"
	printf '%s\n' "$suite"
}

# The suite of Debian that this machine is, as far as scripts/releases.tsv has it.
# shellcheck source=/dev/null
debian=$(suites clang | grep -x "$(. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_CODENAME:-}")" || true)
xen=${XEN:-$(release_has "$debian" xen)}
export debian xen

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

# cannot REASON: this machine does not have what it takes
cannot()
{
	printf 'cannot: %s\n' "$1"
	exit "$EXIT_SKIP"
}

# fresh_debian OPTION... SUITE TARGET...: mmdebstrap, with as little as does
fresh_debian()
{
	mmdebstrap --variant=apt --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--aptopt='Apt::Install-Recommends "false"' "$@"
}

# run_logged LOG COMMAND...: sets last_status
#
# bash ignores "set -e" all the way down in whatever is called as a condition,
# so a function that fails half-way would pass there. Hence a subshell that is
# no condition, and hence: never call step or verify in an "if" or with "||".
run_logged()
{
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	last_status=$?
	set -e
}

# A line that says what failed: KUnit's, a sanitizer's, the fuzzer's, the compiler's, make's;
# and the fuzzer's lines on what it tries, which may hold any of these.
fault_pattern='^[^#]*not ok |^broken promise: |\.[ch]:[0-9]+: |runtime error: |ERROR: |WARNING: ThreadSanitizer|[Ee]rror: |\*\*\* '
no_fault_pattern='^#[0-9]+[[:space:]]'

# first_fault LOG: that line, without the tabs that part a result, and the last seed before
# it. The pattern comes by the environment, as awk takes a backslash from what -v says.
first_fault()
{
	fault=$fault_pattern no_fault=$no_fault_pattern awk '$0 ~ ENVIRON["no_fault"] { next }
		match($0, /seed=[0-9a-fx]+/) { seed = " (" substr($0, RSTART, RLENGTH) ")" }
		$0 ~ ENVIRON["fault"] { sub(/^[ #]+/, ""); gsub(/\t/, " "); print substr($0, 1, 160) seed; exit }' "$1"
}

# What failed may be far from the end, as jobs run beside each other.
show_failure()
{
	local title=$1 log=$2 remedy=$3 line
	say "$title: failed with status $last_status; the end of ${log#"$top"/}:"
	line=$(grep -nE "$fault_pattern" "$log" | grep -vEm1 "^[0-9]+:${no_fault_pattern#^}" | cut -d: -f1 || true)
	if [ -n "$line" ] && [ "$line" -lt $(($(wc -l <"$log") - 25)) ]; then
		sed -n "$((line > 5 ? line - 5 : 1)),$((line + 15))s/^/    | /p" "$log"
		printf '    ...\n'
	fi
	tail -n 25 "$log" | sed 's/^/    | /'
	printf '  try: %s\n' "$remedy"
}

# step TITLE LOG REMEDY COMMAND...: a line, a log; on failure its tail, and the end
step()
{
	local title=$1 log=$logs/$2 remedy=$3
	shift 3
	say "$title"
	run_logged "$log" "$@"
	if [ "$last_status" -ne 0 ]; then
		show_failure "$title" "$log" "$remedy"
		exit "$EXIT_ERROR"
	fi
}

# hash_of PATH...: one checksum for the content and names of files and folders
hash_of()
{
	(
		cd "$top"
		find "$@" -type f ! -name '*.pyc' -print0 2>/dev/null |
			LC_ALL=C sort -z | xargs -0r sha256sum
	) | sha256sum | cut -d' ' -f1
}

# config_fragments NAME...: the files of these parts of a configuration, a line each,
# with what this version of the kernel has of its own
config_fragments()
{
	local name file
	for name; do
		for file in "$top/scripts/config/$name.config" "$top/scripts/config/$name-$linux.config"; do
			[ ! -f "$file" ] || printf '%s\n' "$file"
		done
	done
}

# take_config CONFIG OBJ LSMOD MAKE...: a distribution's configuration, packed or not,
# for the build in OBJ. With LSMOD, as lsmod prints it, with no modules but those; what
# that asks gets the default.
take_config()
{
	case "$1" in
	*.xz) xz -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$2/.config"
	[ -z "$3" ] || "${@:4}" LSMOD="$(realpath "$3")" localmodconfig < <(yes '')
}

# fresh STAMP HASH: was this built from the same inputs?
fresh()
{
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# results_start VERB: results of this verb go to build/results/VERB.tsv
results_start()
{
	results=$build/results/$1.tsv
	mkdir -p "$build/results"
	: >"$results"
}

# result STATUS NAME [DETAIL]: pass, fail, skip or error, for the final count
result()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$results"
	if [ "$1" = fail ] || [ "$1" = error ]; then
		say "$1 $2${3:+: $3}"
	fi
}

# failed NAME LOG REMEDY: show what last_status is of, and count it
failed()
{
	show_failure "$1" "$2" "$3"
	result fail "$1" "see ${2#"$top"/}: $(first_fault "$2")"
}

# verify NAME LOG REMEDY COMMAND...: a step whose outcome is a result
verify()
{
	local name=$1 log=$logs/$2 remedy=$3
	shift 3
	say "$name"
	run_logged "$log" "$@"
	if [ "$last_status" -eq 0 ]; then
		result pass "$name"
	else
		failed "$name" "$log" "$remedy"
	fi
}

# results_end: exit status by the worst result
results_end()
{
	if grep -q '^error' "$results"; then
		exit "$EXIT_ERROR"
	elif grep -q '^fail' "$results"; then
		exit "$EXIT_FAIL"
	fi
	exit "$EXIT_PASS"
}
