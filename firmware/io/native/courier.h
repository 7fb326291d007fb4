/**
 * Tells the task of JavaScript that an interrupt has news. The runtime's own post from an interrupt lies in flash and
 * must not be called while the cache is off; so a small task of ours is notified (ESP-IDF keeps that in RAM) and posts.
 * At most one message of each courier waits in the machine's queue. It never carries the news itself.
 */
#ifndef SPIRAL_COURIER_H
#define SPIRAL_COURIER_H

#include <stdbool.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "xsmc.h"
#include "xsHost.h"

typedef struct {
	TaskHandle_t task;        /* made once, never ended */
	xsMachine *volatile the;  /* NULL: closed */
	volatile bool posted;
	modMessageDeliver deliver;
} Courier;

/* `deliver` is called in the task of JavaScript after each ring; false: no memory for the task. */
bool courierOpen(Courier *courier, xsMachine *the, modMessageDeliver deliver);
/* What is already on its way is still delivered: `deliver` has to look whether it is open. */
void courierClose(Courier *courier);
/* First thing in `deliver`: what is told from now on is worth a message again. */
void courierTaken(Courier *courier);
/* From an interrupt; gives whether a task has to be switched to. */
bool courierRing(Courier *courier);
/* The same from the task of JavaScript. */
void courierRingFromTask(Courier *courier);

#endif
