/** Words in and out of level runs, and the link on them: see mdb-wire.h. */
#include "contexts.h"
#include "mdb-wire.h"

/* Bit times in hundredths of a microsecond: 9,600 baud. */
#define BIT_CENTI_US 10417
#define HALF_BIT_CENTI_US (BIT_CENTI_US / 2)

/* End of bit `bits` after the start of its word, whole microseconds. */
INTERRUPT static uint32_t bitEndUs(uint32_t bits)
{
	return (bits * BIT_CENTI_US + 50) / 100;
}

INTERRUPT static MdbRun run(bool high, uint32_t us)
{
	return (MdbRun)((high ? MDB_RUN_HIGH : 0) | us);
}

INTERRUPT static uint16_t encodeWord(uint16_t word, MdbRun *runs)
{
	/* start bit 0, nine bits from the lowest, stop bit 1 */
	uint32_t frame = (uint32_t)1 << 10 | (uint32_t)(word & 0x1ff) << 1;
	uint16_t count = 0;
	uint32_t since = 0;
	for (uint32_t bit = 0; bit < MDB_WORD_BITS; bit += 1) {
		bool high = (frame >> bit & 1) != 0;
		bool same = bit + 1 < MDB_WORD_BITS && (frame >> (bit + 1) & 1) == (uint32_t)high;
		if (same)
			continue;
		runs[count] = run(high, bitEndUs(bit + 1) - bitEndUs(since));
		count += 1;
		since = bit + 1;
	}
	return count;
}

INTERRUPT uint16_t mdbEncodeWords(const uint16_t *words, uint8_t count, MdbRun *runs)
{
	uint16_t used = 0;
	for (uint8_t i = 0; i < count; i += 1)
		used = (uint16_t)(used + encodeWord(words[i], runs + used));
	return used;
}

INTERRUPT uint16_t mdbEncodeBreak(uint32_t us, MdbRun *runs)
{
	uint16_t count = 0;
	while (us > 0 && count < MDB_MAX_BREAK_RUNS) {
		uint32_t partUs = us < MDB_RUN_US ? us : MDB_RUN_US;
		runs[count] = run(false, partUs);
		count += 1;
		us -= partUs;
	}
	return count;
}

INTERRUPT uint32_t mdbRunsUs(const MdbRun *runs, uint16_t count)
{
	uint32_t us = 0;
	for (uint16_t i = 0; i < count && (runs[i] & MDB_RUN_US) != 0; i += 1)
		us += runs[i] & MDB_RUN_US;
	return us;
}

INTERRUPT static void keepNews(MdbWire *wire)
{
	const MdbOut *out = &wire->link.out;
	for (uint8_t i = 0; i < out->resultCount; i += 1) {
		uint32_t written = wire->newsWritten;
		if (written - wire->newsTaken >= MDB_MAX_NEWS) {
			wire->newsLost += 1;
			continue;
		}
		MdbNews *news = &wire->news[written % MDB_MAX_NEWS];
		news->result = out->results[i];
		news->replyLength = out->results[i].kind == MDB_RESULT_DATA ? out->replyLength : 0;
		for (uint8_t byte = 0; byte < news->replyLength; byte += 1)
			news->reply[byte] = out->reply[byte];
		/* the reader must not see the count before what it counts */
		__sync_synchronize();
		wire->newsWritten = written + 1;
	}
}

TASK bool mdbWireTake(MdbWire *wire, MdbNews *news)
{
	uint32_t taken = wire->newsTaken;
	if (taken == wire->newsWritten)
		return false;
	__sync_synchronize();
	*news = wire->news[taken % MDB_MAX_NEWS];
	__sync_synchronize();
	wire->newsTaken = taken + 1;
	return true;
}

/* When the timer has to look: not before a burst is over that may bring the words it waits for. */
INTERRUPT static void setAlarm(MdbWire *wire)
{
	uint64_t dueUs = wire->link.nextDueUs;
	if (wire->bursting && dueUs != MDB_NEVER_US && dueUs < wire->burstSinceUs + MDB_BURST_MAX_US)
		dueUs = wire->burstSinceUs + MDB_BURST_MAX_US;
	wire->alarmUs = dueUs;
}

INTERRUPT static void begin(MdbWire *wire)
{
	wire->txRuns = 0;
	wire->breakUs = 0;
}

/* What the link wants done after one call. A burst has many: at most one of them sends. */
INTERRUPT static void carryOut(MdbWire *wire)
{
	const MdbOut *out = &wire->link.out;
	if (out->wordCount > 0)
		wire->txRuns = mdbEncodeWords(out->words, out->wordCount, wire->tx);
	if (out->breakUs > 0)
		wire->breakUs = out->breakUs;
	keepNews(wire);
	setAlarm(wire);
}

TASK void mdbWireReset(MdbWire *wire)
{
	mdbLinkReset(&wire->link);
	begin(wire);
	wire->bursting = false;
	wire->burstSinceUs = 0;
	wire->framingErrors = 0;
	wire->newsLost = 0;
	wire->newsWritten = 0;
	wire->newsTaken = 0;
	setAlarm(wire);
}

INTERRUPT bool mdbWireSend(MdbWire *wire, const uint8_t *block, uint8_t length, MdbReplyClass replyClass,
	const uint8_t *events, bool ackFirst, uint64_t nowUs)
{
	begin(wire);
	bool taken = mdbLinkSend(&wire->link, block, length, replyClass, events, ackFirst, nowUs);
	carryOut(wire);
	return taken;
}

INTERRUPT void mdbWireRelease(MdbWire *wire, uint64_t nowUs)
{
	begin(wire);
	mdbLinkRelease(&wire->link, nowUs);
	carryOut(wire);
}

INTERRUPT void mdbWireBusReset(MdbWire *wire, uint64_t nowUs)
{
	begin(wire);
	mdbLinkBusReset(&wire->link, nowUs);
	carryOut(wire);
}

INTERRUPT void mdbWireBurstBegan(MdbWire *wire, uint64_t atUs)
{
	begin(wire);
	wire->bursting = true;
	wire->burstSinceUs = atUs;
	setAlarm(wire);
}

INTERRUPT void mdbWireTimer(MdbWire *wire, uint64_t nowUs)
{
	begin(wire);
	if (nowUs < wire->alarmUs)
		return;
	mdbLinkTick(&wire->link, nowUs);
	carryOut(wire);
}

/* A word under way: its bits are sampled in their middle, counted from the edge of its start bit. */
typedef struct {
	uint64_t startUs;
	uint16_t bits;
	uint8_t sampled;
	bool inWord;
	/* After a missing stop bit: wait for the line to rest before the next start. */
	bool hunting;
} Sampler;

INTERRUPT static uint32_t sampleUs(uint32_t bit)
{
	return (bit * BIT_CENTI_US + HALF_BIT_CENTI_US) / 100;
}

INTERRUPT static void endWord(MdbWire *wire, Sampler *word, uint64_t nowUs)
{
	word->inWord = false;
	bool start = (word->bits & 1) != 0;
	bool stop = (word->bits >> 10 & 1) != 0;
	if (start || !stop) {
		wire->framingErrors += 1;
		word->hunting = !stop;
		return;
	}
	uint64_t atUs = word->startUs + bitEndUs(MDB_WORD_BITS);
	/* the clocks of two devices differ: what is known cannot be over later than now */
	mdbLinkWord(&wire->link, word->bits >> 1 & 0x1ff, atUs < nowUs ? atUs : nowUs, nowUs);
	carryOut(wire);
}

/* The line was at one level from `fromUs` to `toUs`. */
INTERRUPT static void level(MdbWire *wire, Sampler *word, bool high, uint64_t fromUs, uint64_t toUs, uint64_t nowUs)
{
	if (!word->inWord) {
		if (high)
			word->hunting = false;
		if (high || word->hunting)
			return;
		word->inWord = true;
		word->startUs = fromUs;
		word->bits = 0;
		word->sampled = 0;
	}
	while (word->inWord && word->startUs + sampleUs(word->sampled) < toUs) {
		word->bits = (uint16_t)(word->bits | (high ? 1u << word->sampled : 0));
		word->sampled = (uint8_t)(word->sampled + 1);
		if (word->sampled == MDB_WORD_BITS)
			endWord(wire, word, nowUs);
	}
}

INTERRUPT void mdbWireBurst(MdbWire *wire, const MdbRun *runs, uint16_t count, uint64_t startUs, uint64_t nowUs)
{
	Sampler word;
	uint64_t atUs = startUs;
	/* one by one: a list may become a copy out of flash, or a call of memset */
	word.startUs = 0;
	word.bits = 0;
	word.sampled = 0;
	word.inWord = false;
	word.hunting = false;
	begin(wire);
	wire->bursting = false;
	for (uint16_t i = 0; i < count && (runs[i] & MDB_RUN_US) != 0; i += 1) {
		uint64_t endUs = atUs + (runs[i] & MDB_RUN_US);
		level(wire, &word, (runs[i] & MDB_RUN_HIGH) != 0, atUs, endUs, nowUs);
		atUs = endUs;
	}
	/* since the last edge the line has rested */
	level(wire, &word, true, atUs, atUs + MDB_BURST_IDLE_US, nowUs);
	/* a limit that passed while the burst was on its way */
	if (wire->link.nextDueUs <= nowUs) {
		mdbLinkTick(&wire->link, nowUs);
		carryOut(wire);
	}
	setAlarm(wire);
}
