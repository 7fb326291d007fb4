/**
 * The MDB link as firmware/mdb/link.ts states it, in C without hardware: nine-bit words and whole microseconds in,
 * transmissions and whole blocks out (MDB 4.2 §2 and Appendix 3). No allocation, no blocking, no library calls; every
 * function may run in interrupt context, and all of one link in the same one. Equal to its reference call by call:
 * test/firmware/io/mdb-link.node.test.ts drives both with the same inputs.
 */
#ifndef SPIRAL_MDB_LINK_H
#define SPIRAL_MDB_LINK_H

#include <stdbool.h>
#include <stdint.h>

/* Link times in whole microseconds: shared/mdb/link.ts has them with their sources. */
#define MDB_WORD_US 1146
#define MDB_WORD_STAMP_US 1200
#define MDB_GAP_ACCEPT_US 5000
#define MDB_RESPONSE_ACCEPT_US 20000
#define MDB_QUIET_START_UP_US 500000
#define MDB_ACK_WINDOW_US 4000
#define MDB_BETWEEN_BLOCKS_US 5000
#define MDB_SLOT_US 150000
#define MDB_DRAIN_MAX_US 50000
#define MDB_BREAK_US 110000
#define MDB_NEVER_US UINT64_MAX

#define MDB_RET_LIMIT 2
#define MDB_MAX_BLOCK_WORDS 36
#define MDB_MAX_BLOCK_BYTES (MDB_MAX_BLOCK_WORDS - 1)
#define MDB_MODE_BIT 0x100
#define MDB_ACK 0x00
#define MDB_RET 0xaa
#define MDB_NAK 0xff

/* Most results of one call: one of a timer that was due, one of the input itself. */
#define MDB_MAX_RESULTS 2

typedef enum {
	MDB_IDLE, MDB_QUEUED, MDB_WAITING, MDB_RECEIVING, MDB_DRAINING, MDB_HELD, MDB_RESETTING
} MdbPhase;

typedef enum {
	MDB_RESULT_ACK, MDB_RESULT_NAK, MDB_RESULT_DATA, MDB_RESULT_SILENT, MDB_RESULT_GARBLED,
	MDB_RESULT_ACK_SENT, MDB_RESULT_ACK_WITHHELD, MDB_RESULT_BUS_RESET
} MdbResultKind;

typedef enum {
	MDB_GARBLED_CHECKSUM, MDB_GARBLED_NO_END, MDB_GARBLED_OVER_LONG, MDB_GARBLED_CONFLICT, MDB_GARBLED_LATE,
	MDB_GARBLED_NOT /* a draining line that will be reported as NAK */
} MdbGarbled;

/* Which data replies to a command are held un-ACKed (shared/mdb/held.ts decides, the link only walks). */
typedef enum { MDB_REPLY_FREE, MDB_REPLY_HELD, MDB_REPLY_EVENTS } MdbReplyClass;

/* One device's event codes: low bits the bytes an event takes, top bit that it is held. */
#define MDB_EVENT_HELD 0x80
#define MDB_EVENT_BYTES 0x7f
#define MDB_EVENT_CODES 256

typedef struct {
	MdbResultKind kind;
	MdbGarbled reason; /* of GARBLED */
	bool held;         /* of DATA: un-ACKed, waiting for the release */
} MdbResult;

typedef struct {
	uint32_t blocks, rets, naks, garbled, strays, lateReleases;
} MdbCounters;

/* What one call wants done, in this order: results (a timer's), then words or a break, then results (the input's). */
typedef struct {
	MdbResult results[MDB_MAX_RESULTS];
	uint8_t resultCount;
	uint8_t wordCount;  /* of `words`, to be sent back to back from now on; 0: none */
	uint32_t breakUs;   /* the line is to be held active for so long; 0: no */
	uint16_t words[MDB_MAX_BLOCK_WORDS];
	/* The newest data reply, without checksum. */
	uint8_t reply[MDB_MAX_BLOCK_BYTES];
	uint8_t replyLength;
} MdbOut;

typedef struct {
	MdbPhase phase;
	uint64_t nextDueUs; /* call mdbLinkTick at this time or later; MDB_NEVER_US: no timer runs */
	uint64_t readyAtUs; /* no block of ours starts before */
	uint64_t txEndUs;
	uint64_t drainEndUs;
	uint64_t slotEndUs; /* the last microsecond of this exchange; only a held reply's ACK window runs over it */
	uint8_t sent[MDB_MAX_BLOCK_BYTES];
	uint8_t sentLength;
	MdbReplyClass replyClass;
	const uint8_t *events; /* MDB_EVENT_CODES entries, of the device that `sent` addresses */
	bool ackFirst;
	uint16_t rx[MDB_MAX_BLOCK_WORDS];
	uint8_t rxCount;
	uint8_t rets;
	MdbGarbled outcome;
	MdbCounters counters;
	MdbOut out;
} MdbLink;

/* A link at rest. Any context. */
void mdbLinkReset(MdbLink *link);

/* Each of these empties `link->out`, fills it anew and says whether the order was taken. Times never run backwards. */

/* `block` of 1 to MDB_MAX_BLOCK_BYTES without checksum; false: too long, empty, or the last send has no result yet. */
bool mdbLinkSend(MdbLink *link, const uint8_t *block, uint8_t length, MdbReplyClass replyClass, const uint8_t *events,
	bool ackFirst, uint64_t nowUs);
/* The held reply is on flash: ACK it if the window is open; too late is counted. */
void mdbLinkRelease(MdbLink *link, uint64_t nowUs);
void mdbLinkBusReset(MdbLink *link, uint64_t nowUs);
/* One word of nine bits whose END was at `atUs`. */
void mdbLinkWord(MdbLink *link, uint16_t word, uint64_t atUs, uint64_t nowUs);
void mdbLinkTick(MdbLink *link, uint64_t nowUs);

#endif
