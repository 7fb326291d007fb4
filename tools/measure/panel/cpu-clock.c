/*
 * What `bench panel` needs of the host, in the SDK's simulator only: the time this thread has computed, which no other
 * program on the machine lengthens, and a line of output that a release build also writes.
 */
#include <stdio.h>
#include <time.h>

#include "xsmc.h"

void xs_cpu_us(xsMachine *the)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	xsmcSetNumber(xsResult, (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3);
}

void xs_say(xsMachine *the)
{
	printf("%s\n", xsmcToString(xsArg(0)));
	fflush(stdout);
}
