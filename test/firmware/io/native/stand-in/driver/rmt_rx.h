/** Stand-in: driver/rmt_rx.h of ESP-IDF. */
#pragma once
#include "driver/rmt_types.h"
typedef struct {
	rmt_symbol_word_t *received_symbols;
	size_t num_symbols;
	struct { uint32_t is_last : 1; } flags;
} rmt_rx_done_event_data_t;
typedef bool (*rmt_rx_done_callback_t)(rmt_channel_handle_t, const rmt_rx_done_event_data_t *, void *);
typedef struct { rmt_rx_done_callback_t on_recv_done; } rmt_rx_event_callbacks_t;
typedef struct {
	gpio_num_t gpio_num;
	rmt_clock_source_t clk_src;
	uint32_t resolution_hz;
	size_t mem_block_symbols;
	int intr_priority;
	struct { uint32_t invert_in : 1, with_dma : 1, allow_pd : 1; } flags;
} rmt_rx_channel_config_t;
typedef struct {
	uint32_t signal_range_min_ns, signal_range_max_ns;
	struct { uint32_t en_partial_rx : 1; } flags;
} rmt_receive_config_t;
esp_err_t rmt_new_rx_channel(const rmt_rx_channel_config_t *config, rmt_channel_handle_t *channel);
esp_err_t rmt_receive(rmt_channel_handle_t, void *buffer, size_t bytes, const rmt_receive_config_t *config);
esp_err_t rmt_rx_register_event_callbacks(rmt_channel_handle_t, const rmt_rx_event_callbacks_t *, void *);
