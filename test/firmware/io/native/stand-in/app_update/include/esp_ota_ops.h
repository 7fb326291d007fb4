/** Stand-in: over-the-air images of ESP-IDF. */
#pragma once
#include "esp_partition.h"
#define OTA_WITH_SEQUENTIAL_WRITES 0xfffffffe
#define ESP_ERR_OTA_VALIDATE_FAILED 0x1503
typedef uint32_t esp_ota_handle_t;
typedef enum {
	ESP_OTA_IMG_NEW, ESP_OTA_IMG_PENDING_VERIFY, ESP_OTA_IMG_VALID, ESP_OTA_IMG_INVALID, ESP_OTA_IMG_ABORTED,
	ESP_OTA_IMG_UNDEFINED = -1
} esp_ota_img_states_t;
const esp_partition_t *esp_ota_get_running_partition(void);
const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from);
esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *state);
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void);
esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void);
bool esp_ota_check_rollback_is_possible(void);
esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t bytes, esp_ota_handle_t *session);
esp_err_t esp_ota_resume(const esp_partition_t *, size_t erase, size_t offset, esp_ota_handle_t *session);
esp_err_t esp_ota_write(esp_ota_handle_t session, const void *bytes, size_t length);
esp_err_t esp_ota_end(esp_ota_handle_t session);
esp_err_t esp_ota_abort(esp_ota_handle_t session);
esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition);
