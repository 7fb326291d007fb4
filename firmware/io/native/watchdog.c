/**
 * The machine loop under the task watchdog of ESP-IDF, as a user of its own: the runtime feeds its task also where only
 * its message loop still turns. Opening it ends the watch of the boot loader's RTC watchdog, which covers the start.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "contexts.h"
#include "esp_task_wdt.h"
#include "rtc_wdt.h"
#include "sdkconfig.h"

#if !CONFIG_ESP_TASK_WDT_INIT || !CONFIG_ESP_TASK_WDT_PANIC
#error "the task watchdog is off: the board's sdkconfig.defaults has not been taken"
#endif

static esp_task_wdt_user_handle_t watch;

TASK static void endWatch(void)
{
	if (watch)
		esp_task_wdt_delete_user(watch);
	watch = NULL;
}

TASK void xs_watchdog_destructor(void *data)
{
	if (data)
		endWatch();
}

TASK void xs_watchdog(xsMachine *the)
{
	if (watch)
		xsUnknownError("in use");
	if (esp_task_wdt_add_user("machine", &watch) != ESP_OK) {
		watch = NULL;
		xsUnknownError("no watchdog");
	}
	rtc_wdt_disable();
	xsmcSetHostData(xsThis, &watch);
}

/* Throws for a watchdog that is closed. */
TASK static void needOpen(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_watchdog_destructor))
		xsUnknownError("closed");
}

TASK void xs_watchdog_timeout_ms(xsMachine *the)
{
	needOpen(the);
	xsmcSetInteger(xsResult, CONFIG_ESP_TASK_WDT_TIMEOUT_S * 1000);
}

TASK void xs_watchdog_feed(xsMachine *the)
{
	needOpen(the);
	esp_task_wdt_reset_user(watch);
}

TASK void xs_watchdog_close(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_watchdog_destructor))
		return;
	endWatch();
	xsmcSetHostData(xsThis, NULL);
}
