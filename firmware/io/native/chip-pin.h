/** A pin taken from the runtime's own list, so that its IO classes and ours never share one. Runs in: task. */
#ifndef SPIRAL_CHIP_PIN_H
#define SPIRAL_CHIP_PIN_H

#include <stdbool.h>

typedef struct {
	int number;
	bool taken;
} ChipPin;

/* False: there is no such pin, or somebody has it. */
bool chipPinTake(ChipPin *pin, int number);
void chipPinFree(ChipPin *pin);

#endif
