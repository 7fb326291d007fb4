/** Puts the rim's note of a turn on flash: see note-keeper.h. */
#include "contexts.h"
#include "note-keeper.h"

#define STACK_BYTES 3072
/* Above JavaScript's and the couriers', for the power is failing. */
#define PRIORITY 12
#define PARTITION "note"

/* Runs in: a task of its own, which waits for flash that is being erased. */
TASK static void keepNotes(void *refcon)
{
	static uint8_t page[RIM_NOTE_BYTES];
	NoteKeeper *keeper = refcon;
	for (;;) {
		ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
		uint32_t length = rimNoteBytes(&keeper->note, page);
		if (length > 0 && keeper->partition)
			esp_partition_write(keeper->partition, 0, page, length);
	}
}

TASK bool noteKeeperOpen(NoteKeeper *keeper)
{
	keeper->partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, PARTITION);
	return keeper->task || xTaskCreate(keepNotes, "note", STACK_BYTES, keeper, PRIORITY, &keeper->task) == pdPASS;
}

INTERRUPT bool noteKeeperWake(NoteKeeper *keeper)
{
	BaseType_t woken = pdFALSE;
	vTaskNotifyGiveFromISR(keeper->task, &woken);
	return woken == pdTRUE;
}
