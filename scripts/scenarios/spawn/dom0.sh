# SPDX-License-Identifier: GPL-2.0
# Short processes: none of them has a reason to die

# spawn_loop: 25 processes; a loop that is killed itself leaves no count
spawn_loop()
{
	spawn 25 /bin/true 2>&1 || echo "a loop ended with $?"
}

# Four loops at a time, so that each CPU has some processes to switch among.
spawn_round()
{
	local loop
	for loop in 1 2 3 4; do
		spawn_loop >"/tmp/spawned.$loop" &
	done
	wait
	cat /tmp/spawned.* >>/tmp/spawned
}

# spawn_verdict FILE: its lines have how many were started, and how many of them died
spawn_verdict()
{
	awk '
		!/^[0-9]+ [0-9]+$/ { wrong = wrong ? wrong : $0; next }
		{ started += $1; died += $2 }
		END {
			status = died ? "fail" : wrong || !started ? "error" : "pass"
			printf "%s spawn %d of %d processes died of a signal%s\n", status, died, started,
				wrong ? "; " wrong : ""
		}' "$1"
}

# spawn:COUNT, in rounds of 100: a machine that is slow says something meanwhile.
step_spawn()
{
	local started=0
	# The kernel shows the registers of what it kills, the base of %fs as well.
	echo 1 >/proc/sys/kernel/print-fatal-signals
	: >/tmp/spawned
	while [ "$started" -lt "$1" ]; do
		spawn_round
		started=$((started + 100))
		spawn_verdict /tmp/spawned >/dev/kmsg
	done
	section killed sh -c 'dmesg | grep -A 12 -E "segfault at|traps:"'
	check "$(spawn_verdict /tmp/spawned)"
}
