/** Stand-in: XS in C, the calls for microcontrollers. Slots are lvalues; a call that takes one takes its address. */
#pragma once
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
typedef struct { void *data[4]; } xsSlot;
typedef struct xsMachineRecord { xsSlot frame[32]; xsSlot *stack; } xsMachine;
typedef int32_t xsIntegerValue;
typedef uint32_t xsUnsignedValue;
typedef double xsNumberValue;
typedef uint8_t xsBooleanValue;
typedef uint16_t xsIdentifier;
typedef uint32_t xsIndex;
typedef void (*xsDestructor)(void *);
#define xsThis (the->frame[0])
#define xsResult (the->frame[1])
#define xsArg(index) (the->frame[2 + (index)])
#define xsVar(index) (the->frame[16 + (index)])
void standInVars(xsMachine *the, int count);
#define xsmcVars(count) standInVars(the, count)
xsIntegerValue standInToInteger(xsMachine *the, xsSlot *slot);
#define xsmcToInteger(slot) standInToInteger(the, &(slot))
xsNumberValue standInToNumber(xsMachine *the, xsSlot *slot);
#define xsmcToNumber(slot) standInToNumber(the, &(slot))
xsBooleanValue standInTest(xsMachine *the, xsSlot *slot);
#define xsmcTest(slot) standInTest(the, &(slot))
xsBooleanValue standInIsCallable(xsMachine *the, xsSlot *slot);
#define xsmcIsCallable(slot) standInIsCallable(the, &(slot))
void standInSetBoolean(xsMachine *the, xsSlot *slot, xsBooleanValue value);
#define xsmcSetBoolean(slot, value) standInSetBoolean(the, &(slot), value)
#define xsmcSetFalse(slot) standInSetBoolean(the, &(slot), 0)
void standInSetInteger(xsMachine *the, xsSlot *slot, xsIntegerValue value);
#define xsmcSetInteger(slot, value) standInSetInteger(the, &(slot), value)
void standInSetNumber(xsMachine *the, xsSlot *slot, xsNumberValue value);
#define xsmcSetNumber(slot, value) standInSetNumber(the, &(slot), value)
void standInSetString(xsMachine *the, xsSlot *slot, char *value);
#define xsmcSetString(slot, value) standInSetString(the, &(slot), value)
void standInSetNewObject(xsMachine *the, xsSlot *slot);
#define xsmcSetNewObject(slot) standInSetNewObject(the, &(slot))
void standInSetArrayBuffer(xsMachine *the, xsSlot *slot, void *bytes, xsIntegerValue length);
#define xsmcSetArrayBuffer(slot, bytes, length) standInSetArrayBuffer(the, &(slot), bytes, length)
void *standInToArrayBuffer(xsMachine *the, xsSlot *slot);
#define xsmcToArrayBuffer(slot) standInToArrayBuffer(the, &(slot))
void standInGetBuffer(xsMachine *the, xsSlot *slot, void **bytes, xsUnsignedValue *length);
#define xsmcGetBufferReadable(slot, bytes, length) standInGetBuffer(the, &(slot), bytes, length)
xsBooleanValue standInHas(xsMachine *the, xsSlot *object, xsIdentifier name);
#define xsmcHas(object, name) standInHas(the, &(object), name)
void standInGetIndex(xsMachine *the, xsSlot *to, xsSlot *object, xsIndex index);
#define xsmcGetIndex(to, object, index) standInGetIndex(the, &(to), &(object), index)
char *standInToString(xsMachine *the, xsSlot *slot);
#define xsmcToString(slot) standInToString(the, &(slot))
void standInGet(xsMachine *the, xsSlot *to, xsSlot *object, xsIdentifier name);
#define xsmcGet(to, object, name) standInGet(the, &(to), &(object), name)
void standInSet(xsMachine *the, xsSlot *object, xsIdentifier name, xsSlot *from);
#define xsmcSet(object, name, from) standInSet(the, &(object), name, &(from))
void standInSetHostData(xsMachine *the, xsSlot *slot, void *data);
#define xsmcSetHostData(slot, data) standInSetHostData(the, &(slot), data)
void *standInGetHostData(xsMachine *the, xsSlot *slot, xsDestructor destructor);
#define xsmcGetHostDataValidate(slot, destructor) standInGetHostData(the, &(slot), destructor)
void standInRemember(xsMachine *the, xsSlot *slot);
#define xsRemember(slot) standInRemember(the, &(slot))
void standInForget(xsMachine *the, xsSlot *slot);
#define xsForget(slot) standInForget(the, &(slot))
void standInCall(xsMachine *the, xsSlot function, xsSlot self);
#define xsCallFunction0(function, self) standInCall(the, function, self)
void standInThrow(xsMachine *the, const char *kind, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
#define xsUnknownError(...) standInThrow(the, "Error", __VA_ARGS__)
#define xsRangeError(...) standInThrow(the, "RangeError", __VA_ARGS__)
#define xsTypeError(...) standInThrow(the, "TypeError", __VA_ARGS__)
#define xsBeginHost(machine) do { xsMachine *the = (machine)
#define xsEndHost(machine) (void)the; } while (0)
