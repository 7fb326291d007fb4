/** The native rim of the delivery side: see rim.h. */
#include "contexts.h"
#include "rim.h"

INTERRUPT static void tell(Rim *rim, RimEventKind kind, uint8_t value, uint64_t atUs)
{
	rimNoteEvent(&rim->note, (uint8_t)kind, value, atUs);
	uint32_t written = rim->written;
	if (written - rim->taken >= RIM_MAX_EVENTS) {
		rim->eventsLost += 1;
		return;
	}
	RimEvent *event = &rim->events[written % RIM_MAX_EVENTS];
	event->kind = kind;
	event->column = rim->column;
	event->value = value;
	event->atUs = atUs;
	/* the reader must not see the count before what it counts */
	__sync_synchronize();
	rim->written = written + 1;
}

TASK bool rimTake(Rim *rim, RimEvent *event)
{
	uint32_t taken = rim->taken;
	if (taken == rim->written)
		return false;
	__sync_synchronize();
	*event = rim->events[taken % RIM_MAX_EVENTS];
	__sync_synchronize();
	rim->taken = taken + 1;
	return true;
}

INTERRUPT static uint64_t sooner(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

INTERRUPT static bool ramping(const Rim *rim)
{
	return rim->running && rim->duty < RIM_DUTY_FULL;
}

/* The next time at which something happens by itself. */
INTERRUPT static void setAlarm(Rim *rim)
{
	uint64_t alarmUs = RIM_NEVER_US;
	if (rim->running) {
		alarmUs = rim->limitUs;
		if (!rim->hasLeft)
			alarmUs = sooner(alarmUs, rim->startedUs + RIM_LEAVE_US);
		if (rim->homeSeen != rim->homeClosed)
			alarmUs = sooner(alarmUs, rim->homeSinceUs + RIM_HOME_SETTLES_US);
		if (rim->stalling)
			alarmUs = sooner(alarmUs, rim->stallSinceUs + RIM_STALL_US);
	}
	if (ramping(rim)) {
		uint32_t step = (uint32_t)rim->duty * RIM_RAMP_STEPS / RIM_DUTY_FULL + 1;
		alarmUs = sooner(alarmUs, rim->startedUs + step * (RIM_RAMP_US / RIM_RAMP_STEPS));
	}
	if (rim->emitterOrdered) {
		uint64_t us = rim->blinkUs;
		if (rim->blinking)
			us += rim->sampled ? RIM_BLINK_US + RIM_RECEIVER_US : RIM_BLINK_US;
		alarmUs = sooner(alarmUs, us);
	}
	if (!rim->noted)
		alarmUs = sooner(alarmUs, rimNoteDueUs(&rim->note));
	rim->alarmUs = alarmUs;
}

INTERRUPT static void halt(Rim *rim, RimStop why, uint64_t atUs)
{
	if (!rim->running)
		return;
	rim->running = false;
	rim->duty = 0;
	tell(rim, RIM_STOPPED, (uint8_t)why, atUs);
}

/* The edge that the receiver has shown since, unless it is the doing of a blink. */
INTERRUPT static void tellBeam(Rim *rim, uint64_t atUs)
{
	if (rim->blinking || rim->darkSeen == rim->dark)
		return;
	rim->dark = rim->darkSeen;
	tell(rim, RIM_BEAM, rim->dark, atUs);
}

/* A home switch that has settled. */
INTERRUPT static void homeSettled(Rim *rim)
{
	rim->homeClosed = rim->homeSeen;
	if (!rim->homeClosed && !rim->hasLeft) {
		rim->hasLeft = true;
		tell(rim, RIM_LEFT_HOME, 0, rim->homeSinceUs);
	} else if (rim->homeClosed && rim->hasLeft) {
		halt(rim, RIM_STOP_HOME, rim->homeSinceUs);
	}
}

INTERRUPT static void runDue(Rim *rim, uint64_t nowUs)
{
	if (rim->running && rim->homeSeen != rim->homeClosed && nowUs >= rim->homeSinceUs + RIM_HOME_SETTLES_US)
		homeSettled(rim);
	if (rim->running && rim->stalling && nowUs >= rim->stallSinceUs + RIM_STALL_US)
		halt(rim, RIM_STOP_STALL, nowUs);
	if (rim->running && !rim->hasLeft && nowUs >= rim->startedUs + RIM_LEAVE_US)
		halt(rim, RIM_STOP_STALL, nowUs);
	if (rim->running && nowUs >= rim->limitUs)
		halt(rim, RIM_STOP_TIMEOUT, nowUs);
	if (ramping(rim)) {
		uint64_t sinceUs = nowUs - rim->startedUs;
		/* divided in 32 bits: to divide 64 the compiler calls a function */
		uint32_t rampUs = sinceUs < RIM_RAMP_US ? (uint32_t)sinceUs : RIM_RAMP_US - 1;
		uint32_t steps = rampUs / (RIM_RAMP_US / RIM_RAMP_STEPS) + 1;
		rim->duty = (uint16_t)(steps * RIM_DUTY_FULL / RIM_RAMP_STEPS);
	}
}

/* One blink: emitter off, look, emitter on, and edges count again when the receiver has followed. */
INTERRUPT static void blinkDue(Rim *rim, uint64_t nowUs)
{
	if (!rim->emitterOrdered || nowUs < rim->blinkUs)
		return;
	if (!rim->blinking) {
		rim->blinking = true;
		rim->sampled = false;
		rim->emitter = false;
		/* a late timer must not make the blink shorter */
		rim->blinkUs = nowUs;
	} else if (!rim->sampled) {
		if (nowUs < rim->blinkUs + RIM_BLINK_US)
			return;
		rim->sampled = true;
		rim->emitter = true;
		if (rim->glare == rim->darkSeen) {
			rim->glare = !rim->darkSeen;
			tell(rim, RIM_GLARE, rim->glare, nowUs);
		}
		/* from now on the receiver needs its time */
		rim->blinkUs = nowUs - RIM_BLINK_US;
	} else if (nowUs >= rim->blinkUs + RIM_BLINK_US + RIM_RECEIVER_US) {
		rim->blinking = false;
		tellBeam(rim, rim->blinkUs);
		rim->blinkUs += RIM_BLINK_EVERY_US;
	}
}

TASK void rimReset(Rim *rim, bool dark, uint64_t nowUs)
{
	rim->duty = 0;
	rim->emitter = true;
	rim->running = false;
	rim->column = 0;
	rim->startedUs = 0;
	rim->limitUs = 0;
	rim->hasLeft = false;
	rim->homeClosed = true;
	rim->homeSeen = true;
	rim->homeSinceUs = nowUs;
	rim->stalling = false;
	rim->stallSinceUs = 0;
	rim->emitterOrdered = true;
	rim->blinking = false;
	rim->blinkUs = nowUs + RIM_BLINK_EVERY_US;
	rim->dark = dark;
	rim->darkSeen = dark;
	rim->sampled = false;
	rim->glare = false;
	rimNoteTurn(&rim->note, 0, 0, false, false, nowUs);
	rim->noted = false;
	rim->noteDue = false;
	rim->eventsLost = 0;
	rim->written = 0;
	rim->taken = 0;
	setAlarm(rim);
}

INTERRUPT void rimTurn(Rim *rim, uint8_t column, uint32_t maxMs, uint32_t saleNo, bool homeClosed, uint64_t nowUs)
{
	halt(rim, RIM_STOP_ORDERED, nowUs);
	rimNoteTurn(&rim->note, saleNo, column, rim->dark, rim->glare, nowUs);
	rim->running = true;
	rim->column = column;
	rim->startedUs = nowUs;
	rim->limitUs = nowUs + (uint64_t)maxMs * 1000;
	/* away from home already: a turn that power broke off goes on to its home */
	rim->hasLeft = !homeClosed;
	rim->homeClosed = homeClosed;
	rim->homeSeen = homeClosed;
	rim->homeSinceUs = nowUs;
	rim->duty = RIM_DUTY_FULL / RIM_RAMP_STEPS;
	if (rim->hasLeft)
		tell(rim, RIM_LEFT_HOME, 0, nowUs);
	setAlarm(rim);
}

INTERRUPT void rimStop(Rim *rim, uint64_t nowUs)
{
	halt(rim, RIM_STOP_ORDERED, nowUs);
	setAlarm(rim);
}

INTERRUPT void rimEmitter(Rim *rim, bool on, uint64_t nowUs)
{
	rim->emitterOrdered = on;
	rim->emitter = on;
	rim->blinking = false;
	rim->blinkUs = nowUs + RIM_BLINK_EVERY_US;
	tellBeam(rim, nowUs);
	setAlarm(rim);
}

INTERRUPT void rimHome(Rim *rim, bool closed, uint64_t atUs)
{
	runDue(rim, atUs);
	/* each bounce begins the settling anew */
	if (rim->running && closed != rim->homeSeen) {
		rim->homeSeen = closed;
		rim->homeSinceUs = atUs;
	}
	setAlarm(rim);
}

INTERRUPT void rimBeam(Rim *rim, bool dark, uint64_t atUs)
{
	rim->darkSeen = dark;
	tellBeam(rim, atUs);
	setAlarm(rim);
}

INTERRUPT void rimStallCurrent(Rim *rim, bool drawn, uint64_t atUs)
{
	if (drawn && !rim->stalling)
		rim->stallSinceUs = atUs;
	rim->stalling = drawn;
	setAlarm(rim);
}

INTERRUPT void rimPowerFail(Rim *rim, uint64_t atUs)
{
	halt(rim, RIM_STOP_ORDERED, atUs);
	tell(rim, RIM_POWER_FAIL, 0, atUs);
	rimNoteFailed(&rim->note, atUs);
	setAlarm(rim);
}

INTERRUPT void rimTimer(Rim *rim, uint64_t nowUs)
{
	runDue(rim, nowUs);
	blinkDue(rim, nowUs);
	if (!rim->noted && nowUs >= rimNoteDueUs(&rim->note)) {
		rim->noted = true;
		rim->noteDue = true;
	}
	setAlarm(rim);
}
