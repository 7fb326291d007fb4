/** Stand-in: the RTC watchdog. */
#pragma once
typedef struct { int instance; } wdt_hal_context_t;
#define RWDT_HAL_CONTEXT_DEFAULT() { 2 }
void wdt_hal_write_protect_disable(wdt_hal_context_t *hal);
void wdt_hal_write_protect_enable(wdt_hal_context_t *hal);
void wdt_hal_feed(wdt_hal_context_t *hal);
void wdt_hal_disable(wdt_hal_context_t *hal);
