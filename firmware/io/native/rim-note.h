/**
 * The rim's note of the turn under way, without hardware: what machine and beam do from its start, kept so that it can
 * be put on flash when the mains fail, for JavaScript may stand still then. Bytes: firmware/delivery/turn-note.ts.
 * Times are whole microseconds since power-up.
 */
#ifndef SPIRAL_RIM_NOTE_H
#define SPIRAL_RIM_NOTE_H

#include <stdbool.h>
#include <stdint.h>

/* One page of flash; never more is written. */
#define RIM_NOTE_BYTES 256
/* More than a turn, its drop and a hand in the tray make. A turn with more is not noted. */
#define RIM_NOTE_EVENTS 24
/* After the mains have failed: falls last up to 600 ms and darken the beam for up to 80 ms. */
#define RIM_NOTE_WATCH_US 700000
/* A turn is noted for so long: its drop window of 5 s, and JavaScript standing still behind it. */
#define RIM_NOTED_US 10000000

typedef struct {
	uint32_t saleNo; /* 0: nothing is noted */
	uint8_t column;
	bool dark, glare; /* the beam when it began */
	uint64_t startedUs;
	bool failed, full;
	uint64_t failedUs;
	uint8_t count;
	uint32_t afterUs[RIM_NOTE_EVENTS];
	uint8_t kinds[RIM_NOTE_EVENTS], values[RIM_NOTE_EVENTS];
} RimNote;

/* A turn begins, for sale `saleNo`; 0: for nobody's. */
void rimNoteTurn(RimNote *note, uint32_t saleNo, uint8_t column, bool dark, bool glare, uint64_t nowUs);
/* `kind`, `value`: of a RimEvent. */
void rimNoteEvent(RimNote *note, uint8_t kind, uint8_t value, uint64_t atUs);
/* The mains fail, which is the last that is noted but for the beam. */
void rimNoteFailed(RimNote *note, uint64_t atUs);
/* When the beam has been watched for long enough; RIM_NEVER_US: the mains have not failed, or nothing is noted. */
uint64_t rimNoteDueUs(const RimNote *note);
/* The bytes to write, a multiple of 4; 0: none. */
uint32_t rimNoteBytes(const RimNote *note, uint8_t bytes[RIM_NOTE_BYTES]);

#endif
