/**
 * Each function of the native side says in front of its definition where it runs. INTERRUPT: in an interrupt, or in a
 * critical section of the JavaScript task that excludes it; also while flash is programmed or erased and its cache is
 * off. So it lies in RAM, reads no constant that lies in flash, has the compiler call nothing for it (64-bit division),
 * allocates nothing and never waits. TASK: in the task of
 * JavaScript (or one of our own, where its comment says so) and nowhere else.
 * test/firmware/io/contexts.node.test.ts follows every call and holds the code to it.
 */
#ifndef SPIRAL_CONTEXTS_H
#define SPIRAL_CONTEXTS_H

#ifdef ESP_PLATFORM
#include "esp_attr.h"
#define INTERRUPT IRAM_ATTR
#else
#define INTERRUPT
#endif

#define TASK

#endif
