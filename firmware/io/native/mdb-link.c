/** The MDB link: see mdb-link.h; each function here mirrors the one of the same name in firmware/mdb/link.ts. */
#include "contexts.h"
#include "mdb-link.h"

INTERRUPT static void report(MdbLink *link, MdbResultKind kind)
{
	MdbOut *out = &link->out;
	if (out->resultCount >= MDB_MAX_RESULTS)
		return;
	out->results[out->resultCount].kind = kind;
	out->results[out->resultCount].reason = MDB_GARBLED_NOT;
	out->results[out->resultCount].held = false;
	out->resultCount += 1;
}

INTERRUPT static void reportGarbled(MdbLink *link, MdbGarbled reason)
{
	link->counters.garbled += 1;
	report(link, MDB_RESULT_GARBLED);
	link->out.results[link->out.resultCount - 1].reason = reason;
}

INTERRUPT static uint8_t checksum(const uint8_t *bytes, uint8_t length)
{
	uint8_t sum = 0;
	for (uint8_t i = 0; i < length; i += 1)
		sum = (uint8_t)(sum + bytes[i]);
	return sum;
}

INTERRUPT static void rest(MdbLink *link, uint64_t readyAtUs)
{
	link->phase = MDB_IDLE;
	link->nextDueUs = MDB_NEVER_US;
	link->readyAtUs = readyAtUs;
}

/* The timer: the first microsecond behind `lastUs`, or behind the slot. */
INTERRUPT static void runUntil(MdbLink *link, uint64_t lastUs)
{
	link->nextDueUs = (lastUs < link->slotEndUs ? lastUs : link->slotEndUs) + 1;
}

/* Waits for the first word of an answer to what was just transmitted. Limits are the last good microsecond. */
INTERRUPT static void awaitAnswer(MdbLink *link)
{
	link->phase = MDB_WAITING;
	link->rxCount = 0;
	runUntil(link, link->txEndUs + MDB_RESPONSE_ACCEPT_US + MDB_WORD_STAMP_US);
}

INTERRUPT static void transmitWord(MdbLink *link, uint16_t word, uint64_t nowUs)
{
	link->out.words[0] = word;
	link->out.wordCount = 1;
	link->txEndUs = nowUs + MDB_WORD_US;
}

INTERRUPT static void startBlock(MdbLink *link, uint64_t nowUs)
{
	MdbOut *out = &link->out;
	uint8_t length = link->sentLength;
	link->rets = 0;
	link->slotEndUs = nowUs + MDB_SLOT_US;
	link->counters.blocks += 1;
	for (uint8_t i = 0; i < length; i += 1)
		out->words[i] = link->sent[i];
	out->words[0] |= MDB_MODE_BIT;
	out->words[length] = checksum(link->sent, length);
	out->wordCount = (uint8_t)(length + 1);
	link->txEndUs = nowUs + (uint64_t)out->wordCount * MDB_WORD_US;
	awaitAnswer(link);
}

/* Fires the timer if it was due at `atUs`. */
INTERRUPT static void expire(MdbLink *link, uint64_t atUs, uint64_t nowUs)
{
	if (atUs < link->nextDueUs)
		return;
	switch (link->phase) {
	case MDB_QUEUED:
		startBlock(link, nowUs);
		break;
	case MDB_WAITING:
		rest(link, nowUs);
		/* a device that was asked to repeat had heard the command */
		if (link->rets > 0)
			reportGarbled(link, MDB_GARBLED_CHECKSUM);
		else
			report(link, MDB_RESULT_SILENT);
		break;
	case MDB_RECEIVING:
		rest(link, nowUs);
		reportGarbled(link, MDB_GARBLED_NO_END);
		break;
	case MDB_DRAINING:
		rest(link, nowUs);
		if (link->outcome == MDB_GARBLED_NOT)
			report(link, MDB_RESULT_NAK);
		else
			reportGarbled(link, link->outcome);
		break;
	case MDB_HELD:
		/* the device waits up to 5 ms for an ACK; a block of ours must not meet it before */
		rest(link, nowUs + MDB_BETWEEN_BLOCKS_US);
		report(link, MDB_RESULT_ACK_WITHHELD);
		break;
	case MDB_RESETTING:
		rest(link, nowUs);
		report(link, MDB_RESULT_BUS_RESET);
		break;
	case MDB_IDLE:
		break;
	}
}

/* Sends our one-word answer, mode bit clear, and ends the exchange. */
INTERRUPT static void answer(MdbLink *link, uint16_t word, uint64_t nowUs)
{
	transmitWord(link, word, nowUs);
	rest(link, link->txEndUs + MDB_BETWEEN_BLOCKS_US);
}

/* A repeat takes as long as what it repeats: what would run over the slot is not asked for. */
INTERRUPT static bool mayAskAgain(const MdbLink *link, uint64_t atUs, uint64_t nowUs)
{
	return link->rets < MDB_RET_LIMIT && nowUs + MDB_WORD_US + (atUs - link->txEndUs) <= link->slotEndUs;
}

INTERRUPT static void askAgain(MdbLink *link, uint64_t atUs, uint64_t nowUs)
{
	if (nowUs > atUs + MDB_ACK_WINDOW_US) {
		rest(link, nowUs + MDB_BETWEEN_BLOCKS_US);
		reportGarbled(link, MDB_GARBLED_CHECKSUM);
	} else if (mayAskAgain(link, atUs, nowUs)) {
		link->rets += 1;
		link->counters.rets += 1;
		transmitWord(link, MDB_RET, nowUs);
		awaitAnswer(link);
	} else {
		answer(link, MDB_NAK, nowUs);
		reportGarbled(link, MDB_GARBLED_CHECKSUM);
	}
}

INTERRUPT static bool isHeld(const MdbLink *link)
{
	const uint8_t *reply = link->out.reply;
	uint8_t length = link->out.replyLength;
	if (length == 0 || link->replyClass == MDB_REPLY_FREE)
		return false;
	if (link->replyClass == MDB_REPLY_HELD)
		return true;
	for (uint8_t at = 0; at < length;) {
		uint8_t event = link->events[reply[at]];
		uint8_t bytes = event & MDB_EVENT_BYTES;
		if (event & MDB_EVENT_HELD)
			return true;
		at = (uint8_t)(at + (bytes > 0 ? bytes : 1));
	}
	return false;
}

INTERRUPT static void reportData(MdbLink *link, bool held)
{
	report(link, MDB_RESULT_DATA);
	link->out.results[link->out.resultCount - 1].held = held;
}

INTERRUPT static void takeData(MdbLink *link, uint64_t atUs, uint64_t nowUs)
{
	if (isHeld(link) && !link->ackFirst) {
		link->phase = MDB_HELD;
		link->nextDueUs = atUs + MDB_ACK_WINDOW_US + 1;
		reportData(link, true);
	} else if (nowUs > atUs + MDB_ACK_WINDOW_US) {
		/* without our ACK the device repeats it: booking it now would book it twice */
		rest(link, nowUs + MDB_BETWEEN_BLOCKS_US);
		reportGarbled(link, MDB_GARBLED_LATE);
	} else {
		answer(link, MDB_ACK, nowUs);
		reportData(link, false);
	}
}

/* Keeps off the line until `untilUs`, longer if words go on, then reports `outcome`. */
INTERRUPT static void startDrain(MdbLink *link, MdbGarbled outcome, uint64_t untilUs)
{
	link->phase = MDB_DRAINING;
	link->outcome = outcome;
	runUntil(link, untilUs);
	link->drainEndUs = untilUs + MDB_DRAIN_MAX_US;
}

INTERRUPT static void drainWord(MdbLink *link, uint64_t atUs)
{
	uint64_t quietUs = atUs + MDB_GAP_ACCEPT_US + MDB_WORD_STAMP_US;
	link->counters.strays += 1;
	if (link->outcome == MDB_GARBLED_NOT)
		link->outcome = MDB_GARBLED_CONFLICT;
	if (quietUs > link->drainEndUs)
		quietUs = link->drainEndUs;
	if (quietUs >= link->nextDueUs)
		runUntil(link, quietUs);
}

INTERRUPT static void endBlock(MdbLink *link, uint64_t atUs, uint64_t nowUs)
{
	uint8_t count = link->rxCount;
	if (count > 1) {
		uint8_t length = (uint8_t)(count - 1);
		for (uint8_t i = 0; i < length; i += 1)
			link->out.reply[i] = (uint8_t)link->rx[i];
		link->out.replyLength = length;
		if (checksum(link->out.reply, length) == (uint8_t)link->rx[length])
			takeData(link, atUs, nowUs);
		else
			askAgain(link, atUs, nowUs);
		return;
	}
	uint8_t word = (uint8_t)link->rx[0];
	if (word == MDB_ACK) {
		rest(link, atUs + MDB_BETWEEN_BLOCKS_US);
		report(link, MDB_RESULT_ACK);
	} else if (word == MDB_NAK) {
		link->counters.naks += 1;
		/* NAK to a RET contradicts the answer that was damaged: the command may have been carried out */
		startDrain(link, link->rets > 0 ? MDB_GARBLED_CONFLICT : MDB_GARBLED_NOT,
			link->txEndUs + MDB_RESPONSE_ACCEPT_US + MDB_WORD_STAMP_US);
	} else {
		askAgain(link, atUs, nowUs);
	}
}

INTERRUPT static void takeWord(MdbLink *link, uint16_t word, uint64_t atUs, uint64_t nowUs)
{
	if (link->phase == MDB_DRAINING) {
		drainWord(link, atUs);
		return;
	}
	/* an answer's first word cannot end before half a word has passed since the end of ours */
	bool tooEarly = link->phase == MDB_WAITING && atUs <= link->txEndUs + MDB_WORD_US / 2;
	if ((link->phase != MDB_WAITING && link->phase != MDB_RECEIVING) || tooEarly) {
		link->counters.strays += 1;
		return;
	}
	if (link->rxCount == MDB_MAX_BLOCK_WORDS) {
		startDrain(link, MDB_GARBLED_OVER_LONG, atUs + MDB_GAP_ACCEPT_US + MDB_WORD_STAMP_US);
		return;
	}
	link->rx[link->rxCount] = word;
	link->rxCount += 1;
	if ((word & MDB_MODE_BIT) != 0) {
		endBlock(link, atUs, nowUs);
		return;
	}
	link->phase = MDB_RECEIVING;
	runUntil(link, atUs + MDB_GAP_ACCEPT_US + MDB_WORD_STAMP_US);
}

/* Also where the record was handed out before: nothing of it stays but the buffers' old bytes, which nobody reads. */
INTERRUPT static void emptyOut(MdbLink *link)
{
	link->out.resultCount = 0;
	link->out.wordCount = 0;
	link->out.breakUs = 0;
	link->out.replyLength = 0;
}

TASK void mdbLinkReset(MdbLink *link)
{
	static const MdbCounters NONE = { 0, 0, 0, 0, 0, 0 };
	link->sentLength = 0;
	link->replyClass = MDB_REPLY_FREE;
	link->events = 0;
	link->ackFirst = false;
	link->txEndUs = 0;
	link->drainEndUs = 0;
	link->rxCount = 0;
	link->rets = 0;
	link->slotEndUs = 0;
	link->outcome = MDB_GARBLED_NOT;
	link->counters = NONE;
	rest(link, 0);
	emptyOut(link);
}

INTERRUPT bool mdbLinkSend(MdbLink *link, const uint8_t *block, uint8_t length, MdbReplyClass replyClass,
	const uint8_t *events, bool ackFirst, uint64_t nowUs)
{
	emptyOut(link);
	expire(link, nowUs, nowUs);
	if (link->phase != MDB_IDLE || length == 0 || length > MDB_MAX_BLOCK_BYTES)
		return false;
	if (replyClass == MDB_REPLY_EVENTS && !events)
		return false;
	for (uint8_t i = 0; i < length; i += 1)
		link->sent[i] = block[i];
	link->sentLength = length;
	link->replyClass = replyClass;
	link->events = events;
	link->ackFirst = ackFirst;
	link->phase = MDB_QUEUED;
	link->nextDueUs = link->readyAtUs;
	expire(link, nowUs, nowUs);
	return true;
}

INTERRUPT void mdbLinkRelease(MdbLink *link, uint64_t nowUs)
{
	emptyOut(link);
	expire(link, nowUs, nowUs);
	if (link->phase != MDB_HELD) {
		/* its ackWithheld is already on the way up */
		link->counters.lateReleases += 1;
		return;
	}
	answer(link, MDB_ACK, nowUs);
	report(link, MDB_RESULT_ACK_SENT);
}

INTERRUPT void mdbLinkBusReset(MdbLink *link, uint64_t nowUs)
{
	emptyOut(link);
	expire(link, nowUs, nowUs);
	link->out.breakUs = MDB_BREAK_US;
	link->phase = MDB_RESETTING;
	link->txEndUs = nowUs + MDB_BREAK_US;
	link->nextDueUs = link->txEndUs + MDB_QUIET_START_UP_US;
}

INTERRUPT void mdbLinkWord(MdbLink *link, uint16_t word, uint64_t atUs, uint64_t nowUs)
{
	emptyOut(link);
	expire(link, atUs, nowUs);
	takeWord(link, word, atUs, nowUs);
}

INTERRUPT void mdbLinkTick(MdbLink *link, uint64_t nowUs)
{
	emptyOut(link);
	expire(link, nowUs, nowUs);
}
