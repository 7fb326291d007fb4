/** Stand-in: flash partitions. */
#pragma once
#include "esp_err.h"
typedef struct { uint32_t address, size, erase_size; char label[17]; } esp_partition_t;
esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *bytes, size_t length);
