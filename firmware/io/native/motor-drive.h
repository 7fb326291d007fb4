/**
 * The PWM that feeds the selected motor: one MCPWM generator of 19.5 kHz whose duty may be changed from an interrupt. A
 * duty of 0 is a line that rests for certain: the compare value lies behind the end of the period.
 */
#ifndef SPIRAL_MOTOR_DRIVE_H
#define SPIRAL_MOTOR_DRIVE_H

#include <stdbool.h>
#include <stdint.h>
#include "driver/mcpwm_prelude.h"

typedef struct {
	mcpwm_timer_handle_t timer;
	mcpwm_oper_handle_t operator;
	mcpwm_cmpr_handle_t comparator;
	mcpwm_gen_handle_t generator;
	bool timerEnabled;
} MotorDrive;

/* Duty 0 from the first moment on. `priority`: the interrupt's, of which one MCPWM unit has only one. */
esp_err_t motorDriveOpen(MotorDrive *drive, int group, int pin, bool activeLow, int priority);
void motorDriveClose(MotorDrive *drive);
/* 0 to RIM_DUTY_FULL, from the next period on (51 µs at most). */
void motorDriveDuty(MotorDrive *drive, uint16_t duty);

#endif
