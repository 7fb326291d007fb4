/** What a chip keeps: two image slots with their boot table, NVS, an RSA key; its watchdog, and why it started. */
#pragma once
#include <stdbool.h>

/* Handles the commands about it; false: it is none of them. */
bool storeCommand(const char *line);
/* Calls `function` as chipCall does; a restart in it comes back here. */
bool storeCall(void (*function)(xsMachine *the));
