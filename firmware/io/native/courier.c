/** Tells the task of JavaScript that an interrupt has news: see courier.h. */
#include "contexts.h"
#include "courier.h"

#define STACK_BYTES 2048
/* Above the task of JavaScript (4), below the network's. */
#define PRIORITY 10

/* Runs in: the courier's own task, which may wait for room in the machine's queue. */
TASK static void carry(void *refcon)
{
	Courier *courier = refcon;
	for (;;) {
		ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
		xsMachine *the = courier->the;
		if (!the || courier->posted)
			continue;
		courier->posted = true;
		if (modMessagePostToMachine(the, NULL, 0, courier->deliver, courier) != 0)
			courier->posted = false;
	}
}

TASK bool courierOpen(Courier *courier, xsMachine *the, modMessageDeliver deliver)
{
	courier->deliver = deliver;
	courier->posted = false;
	courier->the = the;
	if (courier->task)
		return true;
	return xTaskCreate(carry, "courier", STACK_BYTES, courier, PRIORITY, &courier->task) == pdPASS;
}

TASK void courierClose(Courier *courier)
{
	courier->the = NULL;
}

TASK void courierTaken(Courier *courier)
{
	courier->posted = false;
}

INTERRUPT bool courierRing(Courier *courier)
{
	BaseType_t woken = pdFALSE;
	vTaskNotifyGiveFromISR(courier->task, &woken);
	return woken == pdTRUE;
}

TASK void courierRingFromTask(Courier *courier)
{
	xTaskNotifyGive(courier->task);
}
