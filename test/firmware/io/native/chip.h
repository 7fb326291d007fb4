/**
 * A plain ESP32 as far as link and rim see it, behind the stand-in headers, on virtual time: pins, timers, RMT, MCPWM,
 * a machine of XS with its queue. It alone calls interrupts. What is forbidden in an interrupt or under a lock
 * (allocation, entering JavaScript, waking a task the wrong way) ends the program.
 */
#pragma once
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#define CHIP_PINS 40
#define LINE_BYTES 8192

extern xsMachine machine;
extern uint64_t chipNowUs;

/* The call that is under way was made by JavaScript: prints "throws ..." and gives false if it throws. */
bool chipCall(void (*function)(xsMachine *the));
/* Arguments and options of the next call. */
void chipNumber(int argument, double value);
void chipBytes(int argument, uint8_t *bytes, unsigned length);
void chipOptionNumber(xsIdentifier name, double value);
void chipOptionFunction(xsIdentifier name);
void chipOptionList(xsIdentifier name, const char *texts);
void chipForgetOptions(void);
/* What the last call gave: "undefined", a text, a number or the object's fields; then a line break. */
void chipPrintResult(void);
/* Something happens that JavaScript has no hand in: prints what was sent or driven meanwhile. */
void chipAdvance(uint64_t toUs);
void chipSetPin(int pin, bool level, uint64_t atUs);
void chipHear(const uint16_t *runs, unsigned count, uint64_t atUs);
/* JavaScript's task goes round: couriers run, messages are delivered. */
void chipTurn(void);
/* The `nth` call from now that could fail fails; 0: none. */
void chipFailAt(unsigned nth);
bool chipFails(void);
/* Things that are open, pins in use and memory that is held: 0 after everything was closed. */
unsigned chipHeld(void);
/* Handles the commands all programs share; false: it is none of them. */
bool chipCommand(const char *line);
