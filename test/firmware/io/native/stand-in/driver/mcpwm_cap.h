/** Stand-in: driver/mcpwm_cap.h of ESP-IDF. */
#pragma once
#include "driver/mcpwm_types.h"
typedef struct {
	int group_id;
	mcpwm_capture_clock_source_t clk_src;
	uint32_t resolution_hz;
	struct { uint32_t allow_pd : 1; } flags;
} mcpwm_capture_timer_config_t;
typedef struct {
	int gpio_num, intr_priority;
	uint32_t prescale;
	struct { uint32_t pos_edge : 1, neg_edge : 1, invert_cap_signal : 1; } flags;
} mcpwm_capture_channel_config_t;
typedef struct { mcpwm_capture_event_cb_t on_cap; } mcpwm_capture_event_callbacks_t;
esp_err_t mcpwm_new_capture_timer(const mcpwm_capture_timer_config_t *config, mcpwm_cap_timer_handle_t *timer);
esp_err_t mcpwm_del_capture_timer(mcpwm_cap_timer_handle_t timer);
esp_err_t mcpwm_capture_timer_enable(mcpwm_cap_timer_handle_t timer);
esp_err_t mcpwm_capture_timer_disable(mcpwm_cap_timer_handle_t timer);
esp_err_t mcpwm_capture_timer_start(mcpwm_cap_timer_handle_t timer);
esp_err_t mcpwm_capture_timer_stop(mcpwm_cap_timer_handle_t timer);
esp_err_t mcpwm_new_capture_channel(mcpwm_cap_timer_handle_t timer, const mcpwm_capture_channel_config_t *config,
	mcpwm_cap_channel_handle_t *channel);
esp_err_t mcpwm_del_capture_channel(mcpwm_cap_channel_handle_t channel);
esp_err_t mcpwm_capture_channel_enable(mcpwm_cap_channel_handle_t channel);
esp_err_t mcpwm_capture_channel_disable(mcpwm_cap_channel_handle_t channel);
esp_err_t mcpwm_capture_channel_register_event_callbacks(mcpwm_cap_channel_handle_t channel,
	const mcpwm_capture_event_callbacks_t *callbacks, void *refcon);
