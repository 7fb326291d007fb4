/** A pin taken from the runtime's own list: see chip-pin.h. */
#include "xsmc.h"
#include "xsHost.h"
#include "builtinCommon.h"
#include "chip-pin.h"
#include "contexts.h"

TASK bool chipPinTake(ChipPin *pin, int number)
{
	uint32_t bit = (uint32_t)number;
	if (number < 0 || !builtinIsPinFree(bit) || !builtinUsePin(bit))
		return false;
	pin->number = number;
	pin->taken = true;
	return true;
}

TASK void chipPinFree(ChipPin *pin)
{
	if (pin->taken)
		builtinFreePin((uint32_t)pin->number);
	pin->taken = false;
}
