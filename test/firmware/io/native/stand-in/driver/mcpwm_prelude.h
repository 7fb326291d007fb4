/** Stand-in: timers, operators, comparators and generators of the MCPWM driver of ESP-IDF. */
#pragma once
#include "driver/mcpwm_types.h"
typedef struct {
	int group_id;
	mcpwm_timer_clock_source_t clk_src;
	uint32_t resolution_hz;
	mcpwm_timer_count_mode_t count_mode;
	uint32_t period_ticks;
	int intr_priority;
	struct { uint32_t update_period_on_empty : 1, update_period_on_sync : 1, allow_pd : 1; } flags;
} mcpwm_timer_config_t;
typedef struct { int group_id, intr_priority; struct { uint32_t update_gen_action_on_tez : 1; } flags; }
	mcpwm_operator_config_t;
typedef struct { int intr_priority; struct { uint32_t update_cmp_on_tez : 1, update_cmp_on_tep : 1; } flags; }
	mcpwm_comparator_config_t;
typedef struct { int gen_gpio_num; struct { uint32_t invert_pwm : 1; } flags; } mcpwm_generator_config_t;
typedef struct {
	mcpwm_timer_direction_t direction;
	mcpwm_timer_event_t event;
	mcpwm_generator_action_t action;
} mcpwm_gen_timer_event_action_t;
typedef struct {
	mcpwm_timer_direction_t direction;
	mcpwm_cmpr_handle_t comparator;
	mcpwm_generator_action_t action;
} mcpwm_gen_compare_event_action_t;
esp_err_t mcpwm_new_timer(const mcpwm_timer_config_t *config, mcpwm_timer_handle_t *timer);
esp_err_t mcpwm_del_timer(mcpwm_timer_handle_t timer);
esp_err_t mcpwm_timer_enable(mcpwm_timer_handle_t timer);
esp_err_t mcpwm_timer_disable(mcpwm_timer_handle_t timer);
esp_err_t mcpwm_timer_start_stop(mcpwm_timer_handle_t timer, mcpwm_timer_start_stop_cmd_t command);
esp_err_t mcpwm_new_operator(const mcpwm_operator_config_t *config, mcpwm_oper_handle_t *oper);
esp_err_t mcpwm_del_operator(mcpwm_oper_handle_t oper);
esp_err_t mcpwm_operator_connect_timer(mcpwm_oper_handle_t oper, mcpwm_timer_handle_t timer);
esp_err_t mcpwm_new_comparator(mcpwm_oper_handle_t, const mcpwm_comparator_config_t *, mcpwm_cmpr_handle_t *);
esp_err_t mcpwm_del_comparator(mcpwm_cmpr_handle_t comparator);
esp_err_t mcpwm_comparator_set_compare_value(mcpwm_cmpr_handle_t comparator, uint32_t ticks);
esp_err_t mcpwm_new_generator(mcpwm_oper_handle_t, const mcpwm_generator_config_t *, mcpwm_gen_handle_t *);
esp_err_t mcpwm_del_generator(mcpwm_gen_handle_t generator);
esp_err_t mcpwm_generator_set_force_level(mcpwm_gen_handle_t generator, int level, bool hold);
esp_err_t mcpwm_generator_set_action_on_timer_event(mcpwm_gen_handle_t, mcpwm_gen_timer_event_action_t);
esp_err_t mcpwm_generator_set_action_on_compare_event(mcpwm_gen_handle_t, mcpwm_gen_compare_event_action_t);
