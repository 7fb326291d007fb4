/** Stand-in: the RTC watchdog of the plain ESP32. */
#pragma once
void rtc_wdt_disable(void);
