/** Stand-in: types of the RMT driver of ESP-IDF. */
#pragma once
#include "driver/gpio.h"
#include "esp_err.h"
typedef enum { RMT_CLK_SRC_DEFAULT = 4 } rmt_clock_source_t;
typedef struct rmt_channel_t *rmt_channel_handle_t;
typedef union {
	struct { uint16_t duration0 : 15, level0 : 1, duration1 : 15, level1 : 1; };
	uint32_t val;
} rmt_symbol_word_t;
esp_err_t rmt_enable(rmt_channel_handle_t channel);
esp_err_t rmt_disable(rmt_channel_handle_t channel);
esp_err_t rmt_del_channel(rmt_channel_handle_t channel);
