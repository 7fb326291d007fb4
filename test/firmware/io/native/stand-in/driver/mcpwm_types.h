/** Stand-in: types of the MCPWM driver of ESP-IDF. */
#pragma once
#include "esp_err.h"
typedef enum { MCPWM_TIMER_CLK_SRC_DEFAULT = 4 } mcpwm_timer_clock_source_t;
typedef enum { MCPWM_CAPTURE_CLK_SRC_DEFAULT = 4 } mcpwm_capture_clock_source_t;
typedef enum { MCPWM_TIMER_COUNT_MODE_PAUSE, MCPWM_TIMER_COUNT_MODE_UP } mcpwm_timer_count_mode_t;
typedef enum { MCPWM_TIMER_DIRECTION_UP, MCPWM_TIMER_DIRECTION_DOWN } mcpwm_timer_direction_t;
typedef enum { MCPWM_TIMER_EVENT_EMPTY, MCPWM_TIMER_EVENT_FULL } mcpwm_timer_event_t;
typedef enum {
	MCPWM_GEN_ACTION_KEEP, MCPWM_GEN_ACTION_LOW, MCPWM_GEN_ACTION_HIGH, MCPWM_GEN_ACTION_TOGGLE
} mcpwm_generator_action_t;
typedef enum {
	MCPWM_TIMER_STOP_EMPTY, MCPWM_TIMER_STOP_FULL, MCPWM_TIMER_START_NO_STOP
} mcpwm_timer_start_stop_cmd_t;
typedef enum { MCPWM_CAP_EDGE_POS, MCPWM_CAP_EDGE_NEG } mcpwm_capture_edge_t;
typedef struct mcpwm_timer_t *mcpwm_timer_handle_t;
typedef struct mcpwm_oper_t *mcpwm_oper_handle_t;
typedef struct mcpwm_cmpr_t *mcpwm_cmpr_handle_t;
typedef struct mcpwm_gen_t *mcpwm_gen_handle_t;
typedef struct mcpwm_cap_timer_t *mcpwm_cap_timer_handle_t;
typedef struct mcpwm_cap_channel_t *mcpwm_cap_channel_handle_t;
typedef struct { uint32_t cap_value; mcpwm_capture_edge_t cap_edge; } mcpwm_capture_event_data_t;
typedef bool (*mcpwm_capture_event_cb_t)(mcpwm_cap_channel_handle_t, const mcpwm_capture_event_data_t *, void *);
