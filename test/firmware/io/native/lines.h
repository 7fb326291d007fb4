/** What the native programs of the tests share: hexadecimal in, results out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "mdb-link.h"

#define LINE_BYTES 8192
#define DEVICES 32

static uint8_t deviceEvents[DEVICES][MDB_EVENT_CODES];

static unsigned hexBytes(const char *text, uint8_t *bytes, unsigned most)
{
	unsigned length = 0;
	for (; length < most && text[0] > ' ' && text[1] > ' '; text += 2) {
		char pair[3] = { text[0], text[1], 0 };
		bytes[length++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return length;
}

/* "e DEVICE HEX": the event codes of the device at address DEVICE × 8. */
static bool takeEvents(const char *line)
{
	unsigned device = 0;
	int at = 0;
	if (sscanf(line, "e %u %n", &device, &at) < 1 || device >= DEVICES)
		return false;
	return hexBytes(line + at, deviceEvents[device], MDB_EVENT_CODES) == MDB_EVENT_CODES;
}

static void printResult(const MdbResult *result, const uint8_t *reply, unsigned length)
{
	static const char *const KINDS[] = {
		"ack", "nak", "data", "silent", "garbled", "ackSent", "ackWithheld", "busReset"
	};
	static const char *const REASONS[] = { "checksum", "noEnd", "overLong", "conflict", "late", "" };
	printf(" %s", KINDS[result->kind]);
	if (result->kind == MDB_RESULT_GARBLED)
		printf(":%s", REASONS[result->reason]);
	if (result->kind != MDB_RESULT_DATA)
		return;
	printf("%s:", result->held ? "!" : "");
	for (unsigned i = 0; i < length; i += 1)
		printf("%02x", reply[i]);
}

static void printDue(uint64_t dueUs)
{
	if (dueUs == MDB_NEVER_US)
		printf(" -");
	else
		printf(" %" PRIu64, dueUs);
}

static void printCounters(const MdbCounters *count)
{
	printf("%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", count->blocks, count->rets,
		count->naks, count->garbled, count->strays, count->lateReleases);
}
