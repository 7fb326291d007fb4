/** Puts the rim's note of a turn on flash in a task of its own: flash may be busy, and no interrupt waits for it. */
#ifndef SPIRAL_NOTE_KEEPER_H
#define SPIRAL_NOTE_KEEPER_H

#include <stdbool.h>
#include "esp_partition.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "rim-note.h"

typedef struct {
	TaskHandle_t task;
	const esp_partition_t *partition;
	RimNote note; /* what is to be kept: set before noteKeeperWake, once in a power-up */
} NoteKeeper;

/* The task is made once and stays. A board without the partition keeps no notes. False: no memory. */
bool noteKeeperOpen(NoteKeeper *keeper);
/* Keeps its note; gives whether a task of higher priority woke. */
bool noteKeeperWake(NoteKeeper *keeper);

#endif
