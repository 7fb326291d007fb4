/** The rim's note of the turn under way: see rim-note.h. */
#include "contexts.h"
#include "rim.h"
#include "rim-note.h"

#define DARK 1
#define GLARE 2
#define CRC_POLYNOMIAL 0xedb88320u

INTERRUPT void rimNoteTurn(RimNote *note, uint32_t saleNo, uint8_t column, bool dark, bool glare, uint64_t nowUs)
{
	note->saleNo = saleNo;
	note->column = column;
	note->dark = dark;
	note->glare = glare;
	note->startedUs = nowUs;
	note->failed = false;
	note->full = false;
	note->count = 0;
}

INTERRUPT void rimNoteEvent(RimNote *note, uint8_t kind, uint8_t value, uint64_t atUs)
{
	if (!note->saleNo || atUs < note->startedUs || atUs > note->startedUs + RIM_NOTED_US)
		return;
	if (note->count == RIM_NOTE_EVENTS) {
		note->full = true;
		return;
	}
	note->afterUs[note->count] = (uint32_t)(atUs - note->startedUs);
	note->kinds[note->count] = kind;
	note->values[note->count] = value;
	note->count += 1;
}

INTERRUPT void rimNoteFailed(RimNote *note, uint64_t atUs)
{
	if (!note->saleNo || note->failed || atUs > note->startedUs + RIM_NOTED_US)
		return;
	note->failed = true;
	note->failedUs = atUs;
}

INTERRUPT uint64_t rimNoteDueUs(const RimNote *note)
{
	return note->failed ? note->failedUs + RIM_NOTE_WATCH_US : RIM_NEVER_US;
}

TASK static uint32_t putNumber(uint8_t *bytes, uint32_t at, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes[at++] = (uint8_t)(number >> shift);
	return at;
}

TASK static uint32_t putFour(uint8_t *bytes, uint32_t at, uint8_t first, uint8_t second, uint8_t third)
{
	bytes[at] = first;
	bytes[at + 1] = second;
	bytes[at + 2] = third;
	bytes[at + 3] = 0;
	return at + 4;
}

/* CRC-32 of IEEE 802.3, bit by bit: some 200 bytes once in the life of a power-up. */
TASK static uint32_t checked(const uint8_t *bytes, uint32_t length)
{
	uint32_t crc = UINT32_MAX;
	for (uint32_t at = 0; at < length; at += 1) {
		crc ^= bytes[at];
		for (int bit = 0; bit < 8; bit += 1)
			crc = crc & 1 ? crc >> 1 ^ CRC_POLYNOMIAL : crc >> 1;
	}
	return ~crc;
}

TASK uint32_t rimNoteBytes(const RimNote *note, uint8_t bytes[RIM_NOTE_BYTES])
{
	if (!note->failed || note->full)
		return 0;
	uint32_t at = putNumber(bytes, 0, note->saleNo);
	at = putFour(bytes, at, note->column, (note->dark ? DARK : 0) | (note->glare ? GLARE : 0), note->count);
	for (uint8_t event = 0; event < note->count; event += 1) {
		at = putNumber(bytes, at, note->afterUs[event]);
		at = putFour(bytes, at, note->kinds[event], note->values[event], 0);
	}
	at = putNumber(bytes, at, (uint32_t)(note->failedUs + RIM_NOTE_WATCH_US - note->startedUs));
	return putNumber(bytes, at, checked(bytes, at));
}
