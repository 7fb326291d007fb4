/**
 * The native rim of the delivery side, in C without hardware: a motor's run that ends at its home switch, at its time
 * limit or at a stall, with soft start; edges of home switch and drop beam latched with their times; blinks of the
 * beam's emitter that tell foreign light. It goes on while JavaScript stands still (2 s and more) and decides nothing.
 * No allocation, no blocking; every function may run in interrupt context, all of one rim in the same one, except
 * rimTake, which may run in another (one reader). Times are whole microseconds since power-up and never run backwards.
 */
#ifndef SPIRAL_RIM_H
#define SPIRAL_RIM_H

#include <stdbool.h>
#include <stdint.h>
#include "rim-note.h"

#define RIM_NEVER_US UINT64_MAX
/* A contact that has kept its level for so long has stopped bouncing; its edge counts from when it began. */
#define RIM_HOME_SETTLES_US 3000
/* A motor that draws its stall current for so long cannot move. */
#define RIM_STALL_US 600000
/* A spiral that has not left home by then does not turn, or its switch does not tell: stopped before anything falls. */
#define RIM_LEAVE_US 600000
/* Soft start: full duty after so long, in as many steps. */
#define RIM_RAMP_US 200000
#define RIM_RAMP_STEPS 20
#define RIM_DUTY_FULL 1023
/* The emitter is dark for 1 ms in every 10: shorter than any product's shadow (20 ms). */
#define RIM_BLINK_EVERY_US 10000
#define RIM_BLINK_US 1000
/* The receiver follows its emitter within this time. */
#define RIM_RECEIVER_US 500
/* Events not yet taken by JavaScript: 2 s of stall with one turn, its drop and a babbling beam edge every 50 ms. */
#define RIM_MAX_EVENTS 64

typedef enum { RIM_LEFT_HOME, RIM_STOPPED, RIM_BEAM, RIM_GLARE, RIM_POWER_FAIL } RimEventKind;
typedef enum { RIM_STOP_HOME, RIM_STOP_TIMEOUT, RIM_STOP_STALL, RIM_STOP_ORDERED } RimStop;

typedef struct {
	RimEventKind kind;
	uint8_t column; /* of LEFT_HOME and STOPPED */
	uint8_t value;  /* STOPPED: a RimStop. BEAM: dark. GLARE: present. */
	uint64_t atUs;
} RimEvent;

typedef struct {
	/* To be applied after every call. */
	uint16_t duty;     /* of the motor that runs, 0 to RIM_DUTY_FULL */
	bool emitter;
	uint64_t alarmUs;  /* call rimTimer at this time or later; RIM_NEVER_US: no need */

	bool running;
	uint8_t column;
	uint64_t startedUs, limitUs;
	bool hasLeft;
	/* Home switch of the running column: settled level, and the level seen since `homeSinceUs`. */
	bool homeClosed, homeSeen;
	uint64_t homeSinceUs;
	bool stalling;
	uint64_t stallSinceUs;

	bool emitterOrdered;
	bool blinking;
	uint64_t blinkUs;  /* the next blink's start, or the one's that is under way */
	bool dark;         /* as last told */
	bool darkSeen;     /* what the receiver says now */
	bool sampled;
	bool glare;

	RimNote note;
	/* Set by rimTimer: the note is to be put on flash. The caller takes it back. */
	bool noteDue;
	bool noted;

	uint32_t eventsLost;
	RimEvent events[RIM_MAX_EVENTS];
	volatile uint32_t written, taken;
} Rim;

/* At power-up: emitter on, no motor. `dark`: what the receiver says. */
void rimReset(Rim *rim, bool dark, uint64_t nowUs);

/*
 * JavaScript's orders. `homeClosed`: the switch of `column` as it reads now; one that is away already has left home. A
 * motor that runs is stopped first. `saleNo`: whose product is watched for, to be noted if the mains fail; 0: nobody's.
 */
void rimTurn(Rim *rim, uint8_t column, uint32_t maxMs, uint32_t saleNo, bool homeClosed, uint64_t nowUs);
void rimStop(Rim *rim, uint64_t nowUs);
void rimEmitter(Rim *rim, bool on, uint64_t nowUs);

/* What the pins say. */
void rimHome(Rim *rim, bool closed, uint64_t atUs);
void rimBeam(Rim *rim, bool dark, uint64_t atUs);
void rimStallCurrent(Rim *rim, bool drawn, uint64_t atUs);
/* The mains fail: the motor stops at once, the beam is watched on. */
void rimPowerFail(Rim *rim, uint64_t atUs);
void rimTimer(Rim *rim, uint64_t nowUs);

/* The oldest event not taken yet; false: none. */
bool rimTake(Rim *rim, RimEvent *event);

#endif
