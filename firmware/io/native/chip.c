/** What the chip alone knows: why the board started, its restart, its memory, its noise, its address. See chip.d.ts. */
#include "xsmc.h"
#include "xsHost.h"
#include "contexts.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_mac.h"
#include "esp_random.h"
#include "esp_system.h"

#define MOST_RANDOM_BYTES 256
#define ADDRESS_BYTES 6
/* Any pattern that memory does not hold by chance at power-up. */
#define ORDERED 0x5e11b0f7u

/* Outlives a restart, not a loss of power: tells a restart that was ordered from one after an uncaught exception. */
static RTC_NOINIT_ATTR uint32_t restartMark;

/* Reads the mark once, before the first restart of this run can set it anew. */
TASK static const char *causeOf(esp_reset_reason_t reason, bool ordered)
{
	switch (reason) {
	case ESP_RST_POWERON:
	case ESP_RST_BROWNOUT:
	case ESP_RST_PWR_GLITCH:
		return "power";
	case ESP_RST_SW:
		return ordered ? "order" : "assert";
	case ESP_RST_PANIC:
		return "assert";
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
	case ESP_RST_CPU_LOCKUP:
		return "watchdog";
	default:
		return "reset";
	}
}

TASK void xs_chip_restart_cause(xsMachine *the)
{
	static const char *cause;
	if (!cause) {
		cause = causeOf(esp_reset_reason(), restartMark == ORDERED);
		restartMark = 0;
	}
	xsmcSetString(xsResult, (char *)cause);
}

TASK void xs_chip_restart(xsMachine *the)
{
	(void)the;
	restartMark = ORDERED;
	esp_restart();
}

TASK void xs_chip_free_bytes(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)heap_caps_get_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT));
}

TASK void xs_chip_random(xsMachine *the)
{
	uint8_t noise[MOST_RANDOM_BYTES];
	int length = xsmcToInteger(xsArg(0));
	if (length < 1 || length > MOST_RANDOM_BYTES)
		xsRangeError("1 to 256 bytes");
	esp_fill_random(noise, (size_t)length);
	xsmcSetArrayBuffer(xsResult, noise, length);
}

TASK void xs_chip_hardware_address(xsMachine *the)
{
	uint8_t address[ADDRESS_BYTES];
	if (esp_efuse_mac_get_default(address) != ESP_OK)
		xsUnknownError("no address");
	xsmcSetArrayBuffer(xsResult, address, ADDRESS_BYTES);
}
