/** XS as the native side of firmware/io meets it: a machine whose slots are a kind and a value. */
#include <setjmp.h>
#include <stdarg.h>
#include "chip-inside.h"

#define IDS 64

enum { UNDEFINED, BOOLEAN, NUMBER, TEXT, BYTES, FUNCTION, LIST, OBJECT };

typedef struct { uintptr_t kind; double number; const void *pointer; uintptr_t length; } Value;
_Static_assert(sizeof(Value) <= sizeof(xsSlot), "a value fits a slot");

static Value options[IDS], properties[IDS];
static char fields[1024];
static void *hostData;
static xsDestructor hostDestructor;
static jmp_buf thrown;
static bool calling;

static Value valueOf(const xsSlot *slot)
{
	Value value;
	memcpy(&value, slot, sizeof value);
	return value;
}

static void give(xsSlot *slot, Value value)
{
	must(!inInterrupt && !held, "enters XS in an interrupt or under a lock");
	memset(slot, 0, sizeof *slot);
	memcpy(slot, &value, sizeof value);
}

bool chipCall(void (*function)(xsMachine *the))
{
	fields[0] = 0;
	give(&machine.frame[1], (Value) { UNDEFINED, 0, NULL, 0 });
	calling = true;
	bool good = setjmp(thrown) == 0;
	if (good)
		function(&machine);
	calling = false;
	printSent();
	return good;
}

void standInThrow(xsMachine *the, const char *kind, const char *format, ...)
{
	va_list arguments;
	(void)the;
	must(calling && !inInterrupt && !held, "throws where nobody catches");
	printf(" throws %s: ", kind);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	longjmp(thrown, 1);
}

void chipNumber(int argument, double value)
{
	give(&machine.frame[2 + argument], (Value) { NUMBER, value, NULL, 0 });
}

void chipBytes(int argument, uint8_t *bytes, unsigned length)
{
	give(&machine.frame[2 + argument], (Value) { BYTES, 0, bytes, length });
}

void chipOptionNumber(xsIdentifier name, double value)
{
	options[name] = (Value) { NUMBER, value, NULL, 0 };
}

void chipOptionFunction(xsIdentifier name)
{
	options[name] = (Value) { FUNCTION, 0, NULL, 0 };
}

void chipOptionList(xsIdentifier name, const char *texts)
{
	options[name] = (Value) { LIST, 0, texts, 0 };
}

void chipForgetOptions(void)
{
	memset(options, 0, sizeof options);
}

static void printValue(Value value, char *text, size_t size)
{
	static const char *const WORDS[] = { "undefined", "", "", "", "", "function", "list", "object" };
	if (value.kind == BOOLEAN)
		snprintf(text, size, "%s", value.number != 0 ? "true" : "false");
	else if (value.kind == NUMBER)
		snprintf(text, size, "%.0f", value.number);
	else if (value.kind == TEXT)
		snprintf(text, size, "%s", (const char *)value.pointer);
	else if (value.kind == BYTES)
		for (uintptr_t i = 0; i < value.length && 2 * i + 2 < size; i += 1)
			snprintf(text + 2 * i, size - 2 * i, "%02x", ((const uint8_t *)value.pointer)[i]);
	else
		snprintf(text, size, "%s", WORDS[value.kind]);
}

void chipPrintResult(void)
{
	static char text[2 * 4096 + 1];
	text[0] = 0;
	printValue(valueOf(&machine.frame[1]), text, sizeof text);
	printf(" %s%s", text, fields);
}

void standInVars(xsMachine *the, int count)
{
	(void)the;
	must(count <= 8, "few variables");
}

xsIntegerValue standInToInteger(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return (xsIntegerValue)valueOf(slot).number;
}

xsNumberValue standInToNumber(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return valueOf(slot).number;
}

xsBooleanValue standInTest(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return valueOf(slot).number != 0;
}

xsBooleanValue standInIsCallable(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return valueOf(slot).kind == FUNCTION;
}

char *standInToString(xsMachine *the, xsSlot *slot)
{
	(void)the;
	must(valueOf(slot).kind == TEXT, "a text");
	return (char *)valueOf(slot).pointer;
}

void standInSetBoolean(xsMachine *the, xsSlot *slot, xsBooleanValue value)
{
	(void)the;
	give(slot, (Value) { BOOLEAN, value, NULL, 0 });
}

void standInSetInteger(xsMachine *the, xsSlot *slot, xsIntegerValue value)
{
	(void)the;
	give(slot, (Value) { NUMBER, value, NULL, 0 });
}

void standInSetNumber(xsMachine *the, xsSlot *slot, xsNumberValue value)
{
	(void)the;
	give(slot, (Value) { NUMBER, value, NULL, 0 });
}

void standInSetString(xsMachine *the, xsSlot *slot, char *value)
{
	(void)the;
	give(slot, (Value) { TEXT, 0, value, 0 });
}

void standInSetNewObject(xsMachine *the, xsSlot *slot)
{
	(void)the;
	give(slot, (Value) { OBJECT, 0, NULL, 0 });
}

/* A copy, as in XS: what it was made of may be gone. */
void standInSetArrayBuffer(xsMachine *the, xsSlot *slot, void *bytes, xsIntegerValue length)
{
	static uint8_t buffer[4096];
	(void)the;
	must(length >= 0 && (size_t)length <= sizeof buffer, "small buffers");
	memset(buffer, 0, sizeof buffer);
	if (bytes)
		memcpy(buffer, bytes, (size_t)length);
	give(slot, (Value) { BYTES, 0, buffer, (uintptr_t)length });
}

void *standInToArrayBuffer(xsMachine *the, xsSlot *slot)
{
	(void)the;
	must(valueOf(slot).kind == BYTES, "a buffer");
	return (void *)valueOf(slot).pointer;
}

void standInGetBuffer(xsMachine *the, xsSlot *slot, void **bytes, xsUnsignedValue *length)
{
	if (valueOf(slot).kind != BYTES)
		standInThrow(the, "TypeError", "no buffer");
	*bytes = (void *)valueOf(slot).pointer;
	*length = (xsUnsignedValue)valueOf(slot).length;
}

xsBooleanValue standInHas(xsMachine *the, xsSlot *object, xsIdentifier name)
{
	must(object == &the->frame[2], "options are the first argument");
	return options[name].kind != UNDEFINED;
}

/* Of the options, of a list (its length), or of the object itself. */
void standInGet(xsMachine *the, xsSlot *to, xsSlot *object, xsIdentifier name)
{
	Value list = valueOf(object);
	if (object == &the->frame[2]) {
		give(to, options[name]);
	} else if (list.kind == LIST) {
		double count = *(const char *)list.pointer ? 1 : 0;
		for (const char *text = list.pointer; *text; text += 1)
			count += *text == ' ';
		give(to, (Value) { NUMBER, count, NULL, 0 });
	} else {
		give(to, properties[name]);
	}
}

void standInGetIndex(xsMachine *the, xsSlot *to, xsSlot *object, xsIndex index)
{
	static char text[32];
	const char *from = valueOf(object).pointer;
	(void)the;
	for (; index > 0; index -= 1)
		from = strchr(from, ' ') + 1;
	snprintf(text, sizeof text, "%.*s", (int)strcspn(from, " "), from);
	give(to, (Value) { TEXT, 0, text, 0 });
}

void standInSet(xsMachine *the, xsSlot *object, xsIdentifier name, xsSlot *from)
{
	if (object == &the->frame[0]) {
		properties[name] = valueOf(from);
		return;
	}
	must(object == &the->frame[1], "fields are the result's");
	char text[256] = "";
	printValue(valueOf(from), text, sizeof text);
	size_t at = strlen(fields);
	snprintf(fields + at, sizeof fields - at, " %u:%s", name, text);
}

void standInSetHostData(xsMachine *the, xsSlot *slot, void *data)
{
	must(slot == &the->frame[0], "host data are the object's");
	hostData = data;
}

void *standInGetHostData(xsMachine *the, xsSlot *slot, xsDestructor destructor)
{
	must(slot == &the->frame[0] && destructor, "host data are the object's");
	hostDestructor = destructor;
	return hostData;
}

static unsigned remembered;

void standInRemember(xsMachine *the, xsSlot *slot)
{
	(void)the, (void)slot;
	remembered += 1;
}

void standInForget(xsMachine *the, xsSlot *slot)
{
	(void)the, (void)slot;
	must(remembered > 0, "forgets what was not remembered");
	remembered -= 1;
}

void standInCall(xsMachine *the, xsSlot function, xsSlot self)
{
	(void)the, (void)self;
	must(valueOf(&function).kind == FUNCTION && remembered > 0, "calls what is kept");
	printf(" called");
}

void collectObject(void)
{
	if (hostDestructor)
		hostDestructor(hostData);
}
