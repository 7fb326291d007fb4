/**
 * Runs the native MDB link on the host: one call a line from standard input, one line of what it wants done to
 * standard output. Times in whole microseconds, bytes in hexadecimal.
 */
#include "lines.h"

static void print(const MdbLink *link, bool taken)
{
	const MdbOut *out = &link->out;
	printf("%d", taken);
	printDue(link->nextDueUs);
	for (int i = 0; i < out->wordCount; i += 1)
		printf("%s%03x", i == 0 ? " t" : "", out->words[i]);
	if (out->breakUs > 0)
		printf(" b%" PRIu32, out->breakUs);
	for (int i = 0; i < out->resultCount; i += 1)
		printResult(&out->results[i], out->reply, out->replyLength);
	printf("\n");
}

static bool call(MdbLink *link, const char *line)
{
	uint8_t block[LINE_BYTES / 2];
	unsigned class = 0, ackFirst = 0, word = 0;
	uint64_t nowUs = 0, atUs = 0;
	int at = 0;
	bool taken = true;
	if (sscanf(line, "s %" SCNu64 " %u %u %n", &nowUs, &class, &ackFirst, &at) == 3) {
		unsigned length = hexBytes(line + at, block, sizeof block);
		const uint8_t *events = length > 0 ? deviceEvents[block[0] >> 3] : NULL;
		taken = mdbLinkSend(link, block, (uint8_t)length, (MdbReplyClass)class, events, ackFirst != 0, nowUs);
	} else if (sscanf(line, "r %" SCNu64, &nowUs) == 1) {
		mdbLinkRelease(link, nowUs);
	} else if (sscanf(line, "b %" SCNu64, &nowUs) == 1) {
		mdbLinkBusReset(link, nowUs);
	} else if (sscanf(line, "w %x %" SCNu64 " %" SCNu64, &word, &atUs, &nowUs) == 3) {
		mdbLinkWord(link, (uint16_t)word, atUs, nowUs);
	} else if (sscanf(line, "t %" SCNu64, &nowUs) == 1) {
		mdbLinkTick(link, nowUs);
	} else {
		return false;
	}
	print(link, taken);
	return true;
}

int main(void)
{
	static char line[LINE_BYTES];
	/* on the heap, so that the address sanitizer watches its rim */
	MdbLink *link = malloc(sizeof *link);
	if (!link)
		return 1;
	mdbLinkReset(link);
	while (fgets(line, sizeof line, stdin)) {
		bool good = true;
		if (line[0] == 'x')
			mdbLinkReset(link);
		else if (line[0] == 'c')
			printCounters(&link->counters);
		else
			good = line[0] == 'e' ? takeEvents(line) : call(link, line);
		if (!good)
			return 2;
	}
	free(link);
	return 0;
}
