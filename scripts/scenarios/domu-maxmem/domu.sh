# SPDX-License-Identifier: GPL-2.0
# A PV domU that was built for more memory than it has

# The suite skips the case if no PFN is missing.
job_fresh()
{
	local case=growth_changes_no_structure
	kunit_module xen-p2m-live-test live-fresh
	if grep -q "^ *ok [0-9]* $case\$" /tmp/section; then
		check pass fresh-leaves "$(sed -n "s/.*$case: //p" /tmp/section)"
	else
		check fail fresh-leaves "$(grep "$case" /tmp/section | tail -n 1 | sed 's/^ *//')"
	fi
}
