/**
 * The MDB link on a line that is seen as bursts of levels, as a pulse counter (RMT) gives them: nine-bit words in and
 * out of level runs, bursts joined to blocks, results kept for JavaScript. C without hardware, allocation or blocking.
 * All functions of one wire run in one context, except mdbWireTake, which may run in another (one reader).
 *
 * A burst ends when the line has rested for MDB_BURST_IDLE_US: longer than the rest inside a word FF (1.04 ms), shorter
 * than two words may lie apart (5 ms). So a block can come as several bursts, and a limit of the link that ends inside
 * a burst is looked at only when the burst is known.
 */
#ifndef SPIRAL_MDB_WIRE_H
#define SPIRAL_MDB_WIRE_H

#include "mdb-link.h"

/* Half a symbol of the pulse counter: level in the top bit, microseconds below. 0 µs ends a list of runs. */
typedef uint16_t MdbRun;
#define MDB_RUN_HIGH 0x8000
#define MDB_RUN_US 0x7fff

#define MDB_WORD_BITS 11
/* Start bit, nine data bits and stop bit, each at most a run of its own. */
#define MDB_MAX_RUNS (MDB_MAX_BLOCK_WORDS * MDB_WORD_BITS)
#define MDB_BURST_IDLE_US 1300
/* Enough for a break of 131 ms; ours is MDB_BREAK_US. */
#define MDB_MAX_BREAK_RUNS 4
/* The longest block, each word 1 ms after the one before, is over by then: a line that is still busy babbles. */
#define MDB_BURST_MAX_US 90000
/* Results not yet taken by JavaScript. One exchange has at most two and the next begins only after them. */
#define MDB_MAX_NEWS 4

typedef struct {
	MdbResult result;
	uint8_t replyLength;
	uint8_t reply[MDB_MAX_BLOCK_BYTES];
} MdbNews;

typedef struct {
	MdbLink link;
	/* What to do now: runs to send (then the line rests high), then a break; each is cleared by the next call. */
	MdbRun tx[MDB_MAX_RUNS];
	uint16_t txRuns;
	uint32_t breakUs;
	/* Call mdbWireTimer at this time or later; MDB_NEVER_US: no need. */
	uint64_t alarmUs;
	bool bursting;
	uint64_t burstSinceUs;
	/* Starts without a stop bit: noise, a break, a word that was cut. */
	uint32_t framingErrors;
	uint32_t newsLost;
	MdbNews news[MDB_MAX_NEWS];
	volatile uint32_t newsWritten, newsTaken;
} MdbWire;

void mdbWireReset(MdbWire *wire);

/* As the link's; `taken` false: see mdbLinkSend. */
bool mdbWireSend(MdbWire *wire, const uint8_t *block, uint8_t length, MdbReplyClass replyClass, const uint8_t *events,
	bool ackFirst, uint64_t nowUs);
void mdbWireRelease(MdbWire *wire, uint64_t nowUs);
void mdbWireBusReset(MdbWire *wire, uint64_t nowUs);

/* The line fell after a rest: a burst begins. May be left out; then limits are looked at without regard to it. */
void mdbWireBurstBegan(MdbWire *wire, uint64_t atUs);
/* The burst that began at `startUs` is over: `count` runs, the first one low. */
void mdbWireBurst(MdbWire *wire, const MdbRun *runs, uint16_t count, uint64_t startUs, uint64_t nowUs);
void mdbWireTimer(MdbWire *wire, uint64_t nowUs);

/* The oldest result not taken yet; false: none. */
bool mdbWireTake(MdbWire *wire, MdbNews *news);

/* Level runs of `count` words, back to back; returns how many runs. `runs` has room for count × MDB_WORD_BITS. */
uint16_t mdbEncodeWords(const uint16_t *words, uint8_t count, MdbRun *runs);
/* Level runs that hold the line low for `us`; `runs` has room for MDB_MAX_BREAK_RUNS, which also end a longer break. */
uint16_t mdbEncodeBreak(uint32_t us, MdbRun *runs);
/* How long `count` runs last, up to the first one of 0. */
uint32_t mdbRunsUs(const MdbRun *runs, uint16_t count);

#endif
