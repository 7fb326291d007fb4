/**
 * Runs the native MDB wire on the host: one call a line from standard input, one line of what it wants done to
 * standard output. Times in whole microseconds, runs as four hexadecimal digits each.
 */
#include "lines.h"
#include "mdb-wire.h"

#define MAX_RUNS (LINE_BYTES / 4)

static uint16_t hexRuns(const char *text, MdbRun *runs)
{
	uint16_t count = 0;
	for (; count < MAX_RUNS && text[0] > ' '; text += 4) {
		char four[5] = { text[0], text[1], text[2], text[3], 0 };
		runs[count++] = (MdbRun)strtoul(four, NULL, 16);
	}
	return count;
}

static void print(MdbWire *wire, bool taken, bool take)
{
	MdbNews news;
	printf("%d", taken);
	printDue(wire->alarmUs);
	for (uint16_t i = 0; i < wire->txRuns; i += 1)
		printf("%s%04x", i == 0 ? " t" : "", wire->tx[i]);
	if (wire->breakUs > 0)
		printf(" b%" PRIu32, wire->breakUs);
	while (take && mdbWireTake(wire, &news))
		printResult(&news.result, news.reply, news.replyLength);
	printf("\n");
}

/* "k US": the runs of a break. */
static void printBreak(uint32_t us)
{
	MdbRun runs[MDB_MAX_BREAK_RUNS];
	uint16_t count = mdbEncodeBreak(us, runs);
	printf("%" PRIu32 ":", mdbRunsUs(runs, count));
	for (uint16_t i = 0; i < count; i += 1)
		printf(" %u", runs[i]);
	printf("\n");
}

static bool call(MdbWire *wire, const char *line, bool take)
{
	static MdbRun runs[MAX_RUNS];
	uint8_t block[LINE_BYTES / 2];
	unsigned class = 0, ackFirst = 0;
	uint64_t nowUs = 0, startUs = 0;
	int at = 0;
	bool taken = true;
	if (sscanf(line, "s %" SCNu64 " %u %u %n", &nowUs, &class, &ackFirst, &at) == 3) {
		unsigned length = hexBytes(line + at, block, sizeof block);
		const uint8_t *events = length > 0 ? deviceEvents[block[0] >> 3] : NULL;
		taken = mdbWireSend(wire, block, (uint8_t)length, (MdbReplyClass)class, events, ackFirst != 0, nowUs);
	} else if (sscanf(line, "u %" SCNu64 " %" SCNu64 " %n", &startUs, &nowUs, &at) == 2) {
		uint16_t count = hexRuns(line + at, runs);
		mdbWireBurst(wire, runs, count, startUs, nowUs);
	} else if (sscanf(line, "g %" SCNu64, &nowUs) == 1) {
		mdbWireBurstBegan(wire, nowUs);
	} else if (sscanf(line, "r %" SCNu64, &nowUs) == 1) {
		mdbWireRelease(wire, nowUs);
	} else if (sscanf(line, "b %" SCNu64, &nowUs) == 1) {
		mdbWireBusReset(wire, nowUs);
	} else if (sscanf(line, "t %" SCNu64, &nowUs) == 1) {
		mdbWireTimer(wire, nowUs);
	} else {
		return false;
	}
	print(wire, taken, take);
	return true;
}

int main(void)
{
	static char line[LINE_BYTES];
	bool take = true;
	/* on the heap, so that the address sanitizer watches its rim */
	MdbWire *wire = malloc(sizeof *wire);
	if (!wire)
		return 1;
	mdbWireReset(wire);
	while (fgets(line, sizeof line, stdin)) {
		bool good = true;
		if (line[0] == 'x')
			mdbWireReset(wire);
		else if (line[0] == 'd')
			/* JavaScript stands still from now on, or looks again */
			take = !take;
		else if (line[0] == 'l')
			printf("lost %" PRIu32 "\n", wire->newsLost);
		else if (line[0] == 'k')
			printBreak((uint32_t)strtoul(line + 1, NULL, 10));
		else if (line[0] == 'c')
			printf("%" PRIu32 " ", wire->framingErrors), printCounters(&wire->link.counters);
		else
			good = line[0] == 'e' ? takeEvents(line) : call(wire, line, take);
		if (!good)
			return 2;
	}
	free(wire);
	return 0;
}
