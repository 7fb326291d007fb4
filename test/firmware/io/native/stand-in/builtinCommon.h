/** Stand-in: the Moddable SDK's list of pins in use. */
#pragma once
#include <stdint.h>
uint8_t builtinIsPinFree(uint32_t pin);
uint8_t builtinUsePin(uint32_t pin);
void builtinFreePin(uint32_t pin);
