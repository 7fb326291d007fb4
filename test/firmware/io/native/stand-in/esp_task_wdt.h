/** Stand-in: the task watchdog of ESP-IDF. */
#pragma once
#include "esp_err.h"
typedef struct esp_task_wdt_user_handle_s *esp_task_wdt_user_handle_t;
esp_err_t esp_task_wdt_add_user(const char *name, esp_task_wdt_user_handle_t *user);
esp_err_t esp_task_wdt_reset_user(esp_task_wdt_user_handle_t user);
esp_err_t esp_task_wdt_delete_user(esp_task_wdt_user_handle_t user);
