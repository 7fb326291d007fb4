/**
 * What the parts of the simulated chip share with each other, and nobody else: the rules every call is held to, things
 * that are open, pins.
 */
#pragma once
#include "chip.h"
#include "esp_err.h"
#include "freertos/task.h"

/* An interrupt runs; the lock that is held. */
extern bool inInterrupt;
extern portMUX_TYPE *held;
extern bool levels[CHIP_PINS];

/* Ends the program, saying what was forbidden. */
void must(bool good, const char *what);
/* Something that has to be closed again. */
esp_err_t openThing(void **handle, unsigned *slot);
esp_err_t closeThing(void);
/* Calls the capture interrupts that wait for such an edge of the pin. */
void captureEdge(int pin, bool level);
/* What has been put into the memory of a channel whose start bit was set since. */
void printSent(void);
/* XS collects the object: its host data are destroyed. */
void collectObject(void);
