/** Stand-in: flash partitions. */
#pragma once
#include "esp_err.h"
typedef struct { uint32_t address, size, erase_size; char label[17]; } esp_partition_t;
typedef enum { ESP_PARTITION_TYPE_DATA = 1 } esp_partition_type_t;
typedef enum { ESP_PARTITION_SUBTYPE_ANY = 0xff } esp_partition_subtype_t;
const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
	const char *label);
esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *bytes, size_t length);
esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *bytes, size_t length);
