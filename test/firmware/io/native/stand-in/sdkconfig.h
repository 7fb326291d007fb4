/** Stand-in: options that the boards' sdkconfig.defaults set. */
#pragma once
#define CONFIG_IDF_TARGET_ESP32 1
#define CONFIG_ESP_TASK_WDT_EN 1
#define CONFIG_ESP_TASK_WDT_INIT 1
#define CONFIG_ESP_TASK_WDT_PANIC 1
#define CONFIG_ESP_TASK_WDT_TIMEOUT_S 10
#define CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE 1
