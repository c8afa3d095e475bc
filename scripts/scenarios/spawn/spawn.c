// SPDX-License-Identifier: GPL-2.0
/*
 * Start short processes, one after the other, and count those that a signal killed.
 *   spawn COUNT PROGRAM [ARGUMENT...]    prints COUNT and how many died
 * As a shell does it: a copy of this process becomes the program.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether the program died of a signal; -1 if it did not run as it should. */
static int dies(char **command)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		execv(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status))
		return 1;

	return WEXITSTATUS(status) ? -1 : 0;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[1], NULL, 0) : 0;
	long died = 0;

	if (count <= 0) {
		fprintf(stderr, "usage: spawn COUNT PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	for (long i = 0; i < count; i++) {
		int dead = dies(argv + 2);

		if (dead < 0) {
			fprintf(stderr, "spawn: cannot run %s\n", argv[2]);
			return 2;
		}
		died += dead;
	}
	printf("%ld %ld\n", count, died);

	return 0;
}
