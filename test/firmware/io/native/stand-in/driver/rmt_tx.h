/** Stand-in: driver/rmt_tx.h of ESP-IDF. */
#pragma once
#include "driver/rmt_types.h"
typedef struct {
	gpio_num_t gpio_num;
	rmt_clock_source_t clk_src;
	uint32_t resolution_hz;
	size_t mem_block_symbols, trans_queue_depth;
	int intr_priority;
	struct { uint32_t invert_out : 1, with_dma : 1, allow_pd : 1, init_level : 1; } flags;
} rmt_tx_channel_config_t;
esp_err_t rmt_new_tx_channel(const rmt_tx_channel_config_t *config, rmt_channel_handle_t *channel);
