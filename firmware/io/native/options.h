/** What a constructor's options say: of the object in the first argument. Runs in: the task of JavaScript. */
#ifndef SPIRAL_OPTIONS_H
#define SPIRAL_OPTIONS_H

#include <stdbool.h>
#include "xsmc.h"
#include "xsHost.h"

/* `otherwise` where the option is left out. */
int optionNumber(xsMachine *the, xsIdentifier name, int otherwise);
bool optionFlag(xsMachine *the, xsIdentifier name);
/* Keeps the function under the same name in the object that is made; throws if it is none. */
void optionCallback(xsMachine *the, xsIdentifier name);
/* Whether the list of texts under `name` holds `text`; a list that is left out holds nothing. */
bool optionListHas(xsMachine *the, xsIdentifier name, const char *text);

#endif
