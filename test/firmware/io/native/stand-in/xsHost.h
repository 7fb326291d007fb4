/** Stand-in: messages to a machine, as the Moddable SDK has them for ESP32. */
#pragma once
#include "xsmc.h"
typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
int modMessagePostToMachine(xsMachine *the, uint8_t *message, uint16_t length, modMessageDeliver, void *refcon);
