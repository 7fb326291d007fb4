/** What a constructor's options say: see options.h. */
#include <string.h>
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "contexts.h"
#include "options.h"

TASK int optionNumber(xsMachine *the, xsIdentifier name, int otherwise)
{
	xsSlot value;
	if (!xsmcHas(xsArg(0), name))
		return otherwise;
	xsmcGet(value, xsArg(0), name);
	return xsmcToInteger(value);
}

TASK bool optionFlag(xsMachine *the, xsIdentifier name)
{
	xsSlot value;
	if (!xsmcHas(xsArg(0), name))
		return false;
	xsmcGet(value, xsArg(0), name);
	return xsmcTest(value);
}

TASK void optionCallback(xsMachine *the, xsIdentifier name)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), name);
	if (!xsmcIsCallable(value))
		xsTypeError("no function to call");
	xsmcSet(xsThis, name, value);
}

TASK bool optionListHas(xsMachine *the, xsIdentifier name, const char *text)
{
	xsSlot list, value;
	if (!xsmcHas(xsArg(0), name))
		return false;
	xsmcGet(list, xsArg(0), name);
	xsmcGet(value, list, xsID_length);
	int length = xsmcToInteger(value);
	for (int i = 0; i < length; i += 1) {
		xsmcGetIndex(value, list, (xsIndex)i);
		if (strcmp(xsmcToString(value), text) == 0)
			return true;
	}
	return false;
}
