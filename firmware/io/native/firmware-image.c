/**
 * The running image confirmed or rolled back, the other slot written: esp_ota_ops of ESP-IDF, with
 * CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE. Decides nothing: health and signature are judged in TypeScript. See
 * firmware-image.d.ts.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "contexts.h"
#include "app_update/include/esp_ota_ops.h"
#include "esp_app_desc.h"
#include "esp_partition.h"
#include "sdkconfig.h"

#if !CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE
#error "roll-back is off: the board's sdkconfig.defaults has not been taken"
#endif

#define SECTOR_BYTES 4096

typedef struct {
	esp_ota_handle_t session;
	const esp_partition_t *slot;
	uint32_t position;
	bool open;
} Writer;

static Writer writer;

/* As flashed by cable, the boot table is empty and no state is known. */
TASK static esp_ota_img_states_t runningState(void)
{
	esp_ota_img_states_t state = ESP_OTA_IMG_UNDEFINED;
	if (esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) != ESP_OK)
		return ESP_OTA_IMG_UNDEFINED;
	return state;
}

TASK static bool onTrial(void)
{
	esp_ota_img_states_t state = runningState();
	return state == ESP_OTA_IMG_PENDING_VERIFY || state == ESP_OTA_IMG_NEW;
}

TASK void xs_image_state(xsMachine *the)
{
	const char *text = onTrial() ? "trial" : runningState() == ESP_OTA_IMG_VALID ? "confirmed" : "sole";
	xsmcSetString(xsResult, (char *)text);
}

TASK void xs_image_version(xsMachine *the)
{
	xsmcSetString(xsResult, (char *)esp_app_get_description()->version);
}

TASK void xs_image_confirm(xsMachine *the)
{
	xsmcSetBoolean(xsResult, esp_ota_mark_app_valid_cancel_rollback() == ESP_OK);
}

/* Returns only if there is nothing to go back to. */
TASK void xs_image_roll_back(xsMachine *the)
{
	if (esp_ota_check_rollback_is_possible())
		esp_ota_mark_app_invalid_rollback_and_reboot();
	xsmcSetFalse(xsResult);
}

TASK static void endSession(void)
{
	if (writer.session)
		esp_ota_abort(writer.session);
	writer.session = 0;
	writer.open = false;
}

TASK void xs_image_writer_destructor(void *data)
{
	if (data)
		endSession();
}

TASK void xs_image_writer(xsMachine *the)
{
	xsNumberValue resumeAt = xsmcToNumber(xsArg(0));
	if (writer.open)
		xsUnknownError("in use");
	/* the other slot holds the image to go back to */
	if (onTrial())
		xsUnknownError("on trial");
	writer.slot = esp_ota_get_next_update_partition(NULL);
	if (!writer.slot)
		xsUnknownError("no slot");
	if (!(resumeAt >= 0 && resumeAt <= writer.slot->size) || (uint32_t)resumeAt % SECTOR_BYTES != 0)
		xsRangeError("not a whole sector");
	writer.position = (uint32_t)resumeAt;
	/* a new session also strikes the slot's old image out of the boot table; sectors are erased as they are reached */
	esp_err_t problem = writer.position == 0
		? esp_ota_begin(writer.slot, OTA_WITH_SEQUENTIAL_WRITES, &writer.session)
		: esp_ota_resume(writer.slot, OTA_WITH_SEQUENTIAL_WRITES, writer.position, &writer.session);
	if (problem != ESP_OK) {
		writer.session = 0;
		xsUnknownError("the slot cannot be written: %d", (int)problem);
	}
	writer.open = true;
	xsmcSetHostData(xsThis, &writer);
}

/* Throws for a writer that is closed. */
TASK static void needOpen(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_image_writer_destructor))
		xsUnknownError("closed");
}

TASK void xs_image_writer_slot_bytes(xsMachine *the)
{
	needOpen(the);
	xsmcSetNumber(xsResult, writer.slot->size);
}

TASK void xs_image_writer_position(xsMachine *the)
{
	needOpen(the);
	xsmcSetNumber(xsResult, writer.position);
}

TASK void xs_image_writer_write(xsMachine *the)
{
	void *bytes = NULL;
	xsUnsignedValue length = 0;
	needOpen(the);
	if (!writer.session)
		xsUnknownError("complete");
	xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	if (length < 1 || length > SECTOR_BYTES)
		xsRangeError("1 to 4096 bytes");
	if (length > writer.slot->size - writer.position) {
		xsmcSetString(xsResult, "tooLong");
		return;
	}
	esp_err_t problem = esp_ota_write(writer.session, bytes, length);
	if (problem == ESP_ERR_OTA_VALIDATE_FAILED)
		xsmcSetString(xsResult, "notAnImage");
	else if (problem != ESP_OK)
		xsmcSetString(xsResult, "flash");
	else
		writer.position += length;
}

TASK void xs_image_writer_read(xsMachine *the)
{
	needOpen(the);
	xsNumberValue offset = xsmcToNumber(xsArg(0));
	xsNumberValue length = xsmcToNumber(xsArg(1));
	if (!(offset >= 0 && length >= 1 && length <= SECTOR_BYTES && offset + length <= writer.slot->size))
		xsRangeError("outside the slot");
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)length);
	/* no allocation between here and the read: the buffer stays where it is */
	if (esp_partition_read(writer.slot, (size_t)offset, xsmcToArrayBuffer(xsResult), (size_t)length) != ESP_OK)
		xsUnknownError("flash cannot be read");
}

TASK void xs_image_writer_complete(xsMachine *the)
{
	needOpen(the);
	if (!writer.session)
		xsUnknownError("complete");
	esp_err_t problem = esp_ota_end(writer.session);
	writer.session = 0;
	if (problem == ESP_OK)
		problem = esp_ota_set_boot_partition(writer.slot);
	if (problem == ESP_ERR_OTA_VALIDATE_FAILED)
		xsmcSetString(xsResult, "notAnImage");
	else if (problem != ESP_OK)
		xsmcSetString(xsResult, "flash");
}

TASK void xs_image_writer_close(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_image_writer_destructor))
		return;
	endSession();
	xsmcSetHostData(xsThis, NULL);
}
