/** The PWM that feeds the selected motor: see motor-drive.h. */
#include "contexts.h"
#include "motor-drive.h"
#include "rim.h"

#define RESOLUTION_HZ 20000000
#define PERIOD_TICKS (RIM_DUTY_FULL + 1)

/*
 * The line is inactive from the beginning of a period and active from the compare value to its end. So it rests for
 * certain where the compare value is never reached; the other way round, a compare value of 0 would meet the beginning
 * of the period, and which of the two wins is the chip's affair.
 */
TASK static esp_err_t shape(MotorDrive *drive)
{
	esp_err_t problem = mcpwm_generator_set_action_on_timer_event(drive->generator, (mcpwm_gen_timer_event_action_t) {
		.direction = MCPWM_TIMER_DIRECTION_UP, .event = MCPWM_TIMER_EVENT_EMPTY, .action = MCPWM_GEN_ACTION_LOW });
	if (problem != ESP_OK)
		return problem;
	return mcpwm_generator_set_action_on_compare_event(drive->generator, (mcpwm_gen_compare_event_action_t) {
		.direction = MCPWM_TIMER_DIRECTION_UP, .comparator = drive->comparator, .action = MCPWM_GEN_ACTION_HIGH });
}

TASK esp_err_t motorDriveOpen(MotorDrive *drive, int group, int pin, bool activeLow, int priority)
{
	mcpwm_timer_config_t timer = {
		.group_id = group,
		.clk_src = MCPWM_TIMER_CLK_SRC_DEFAULT,
		.resolution_hz = RESOLUTION_HZ,
		.count_mode = MCPWM_TIMER_COUNT_MODE_UP,
		.period_ticks = PERIOD_TICKS,
		.intr_priority = priority,
	};
	mcpwm_operator_config_t operator = { .group_id = group, .intr_priority = priority };
	mcpwm_comparator_config_t comparator = { .intr_priority = priority, .flags = { .update_cmp_on_tez = true } };
	mcpwm_generator_config_t generator = { .gen_gpio_num = pin, .flags = { .invert_pwm = activeLow } };
	esp_err_t problem = mcpwm_new_timer(&timer, &drive->timer);
	if (problem == ESP_OK)
		problem = mcpwm_new_operator(&operator, &drive->operator);
	if (problem == ESP_OK)
		problem = mcpwm_operator_connect_timer(drive->operator, drive->timer);
	if (problem == ESP_OK)
		problem = mcpwm_new_comparator(drive->operator, &comparator, &drive->comparator);
	if (problem == ESP_OK)
		problem = mcpwm_comparator_set_compare_value(drive->comparator, PERIOD_TICKS);
	if (problem == ESP_OK)
		problem = mcpwm_new_generator(drive->operator, &generator, &drive->generator);
	if (problem == ESP_OK)
		problem = shape(drive);
	if (problem == ESP_OK)
		problem = mcpwm_timer_enable(drive->timer);
	drive->timerEnabled = problem == ESP_OK;
	if (problem == ESP_OK)
		problem = mcpwm_timer_start_stop(drive->timer, MCPWM_TIMER_START_NO_STOP);
	return problem;
}

/* Low first, and held so until the pin is let go: then the resistor on the board keeps the motor at rest. */
TASK void motorDriveClose(MotorDrive *drive)
{
	if (drive->generator)
		mcpwm_generator_set_force_level(drive->generator, 0, true);
	if (drive->timerEnabled) {
		mcpwm_timer_start_stop(drive->timer, MCPWM_TIMER_STOP_EMPTY);
		mcpwm_timer_disable(drive->timer);
	}
	if (drive->generator)
		mcpwm_del_generator(drive->generator);
	if (drive->comparator)
		mcpwm_del_comparator(drive->comparator);
	if (drive->operator)
		mcpwm_del_operator(drive->operator);
	if (drive->timer)
		mcpwm_del_timer(drive->timer);
	drive->generator = NULL;
	drive->comparator = NULL;
	drive->operator = NULL;
	drive->timer = NULL;
	drive->timerEnabled = false;
}

INTERRUPT void motorDriveDuty(MotorDrive *drive, uint16_t duty)
{
	mcpwm_comparator_set_compare_value(drive->comparator, (uint32_t)(PERIOD_TICKS - duty));
}
