/** Stand-in: the chip's noise. */
#pragma once
#include <stddef.h>
void esp_fill_random(void *bytes, size_t length);
