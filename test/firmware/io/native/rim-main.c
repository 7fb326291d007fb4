/**
 * Runs the native rim on the host: one call a line from standard input, one line of its outputs and events to standard
 * output. Times in whole microseconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "rim.h"

#define LINE_BYTES 256

static void print(Rim *rim, bool take)
{
	static const char *const KINDS[] = { "leftHome", "stopped", "beam", "glare", "powerFail" };
	static const char *const STOPS[] = { "home", "timeout", "stall", "ordered" };
	RimEvent event;
	printf("%u %d", rim->duty, rim->emitter);
	if (rim->alarmUs == RIM_NEVER_US)
		printf(" -");
	else
		printf(" %" PRIu64, rim->alarmUs);
	while (take && rimTake(rim, &event)) {
		printf(" %s@%" PRIu64, KINDS[event.kind], event.atUs);
		if (event.kind == RIM_LEFT_HOME)
			printf(":%u", event.column);
		else if (event.kind == RIM_STOPPED)
			printf(":%u:%s", event.column, STOPS[event.value]);
		else if (event.kind != RIM_POWER_FAIL)
			printf(":%u", event.value);
	}
	if (rim->noteDue)
		printf(" noteDue");
	rim->noteDue = false;
	printf("\n");
}

/* The note as it would be put on flash now. */
static void printNote(const Rim *rim)
{
	static uint8_t bytes[RIM_NOTE_BYTES];
	uint32_t length = rimNoteBytes(&rim->note, bytes);
	printf("note ");
	for (uint32_t at = 0; at < length; at += 1)
		printf("%02x", bytes[at]);
	printf("\n");
}

static bool call(Rim *rim, const char *line)
{
	unsigned saleNo = 0, column = 0, maxMs = 0, yes = 0;
	uint64_t nowUs = 0;
	if (sscanf(line, "turn %u %u %u %" SCNu64, &column, &maxMs, &yes, &nowUs) == 4)
		rimTurn(rim, (uint8_t)column, maxMs, 0, yes != 0, nowUs);
	else if (sscanf(line, "vend %u %u %u %u %" SCNu64, &saleNo, &column, &maxMs, &yes, &nowUs) == 5)
		rimTurn(rim, (uint8_t)column, maxMs, saleNo, yes != 0, nowUs);
	else if (sscanf(line, "stop %" SCNu64, &nowUs) == 1)
		rimStop(rim, nowUs);
	else if (sscanf(line, "emitter %u %" SCNu64, &yes, &nowUs) == 2)
		rimEmitter(rim, yes != 0, nowUs);
	else if (sscanf(line, "home %u %" SCNu64, &yes, &nowUs) == 2)
		rimHome(rim, yes != 0, nowUs);
	else if (sscanf(line, "beam %u %" SCNu64, &yes, &nowUs) == 2)
		rimBeam(rim, yes != 0, nowUs);
	else if (sscanf(line, "current %u %" SCNu64, &yes, &nowUs) == 2)
		rimStallCurrent(rim, yes != 0, nowUs);
	else if (sscanf(line, "fail %" SCNu64, &nowUs) == 1)
		rimPowerFail(rim, nowUs);
	else if (sscanf(line, "timer %" SCNu64, &nowUs) == 1)
		rimTimer(rim, nowUs);
	else
		return false;
	return true;
}

int main(void)
{
	static char line[LINE_BYTES];
	bool take = true;
	/* on the heap, so that the address sanitizer watches its rim */
	Rim *rim = malloc(sizeof *rim);
	if (!rim)
		return 1;
	rimReset(rim, false, 0);
	while (fgets(line, sizeof line, stdin)) {
		if (line[0] == 'x') {
			rimReset(rim, false, 0);
		} else if (line[0] == 'l') {
			printf("lost %" PRIu32 "\n", rim->eventsLost);
		} else if (line[0] == 'n') {
			printNote(rim);
		} else if (line[0] == 'd') {
			/* JavaScript stands still from now on, or looks again */
			take = !take;
		} else {
			if (!call(rim, line))
				return 2;
			print(rim, take);
		}
	}
	free(rim);
	return 0;
}
