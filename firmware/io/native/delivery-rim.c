/**
 * Motor, home switch, drop beam and power-fail input on the plain ESP32: rim.c between MCPWM, a timer and JavaScript.
 * MCPWM captures tell the edges (in RAM, while the runtime's GPIO interrupts stand still for flash) and one of its
 * generators drives the motor; a GPTimer keeps ramps, limits and blinks. All interrupts and every order of JavaScript
 * exclude each other by one spinlock, so the rim sees one context. Decides nothing.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "chip-pin.h"
#include "contexts.h"
#include "courier.h"
#include "motor-drive.h"
#include "note-keeper.h"
#include "options.h"
#include "rim.h"
#include "driver/gpio.h"
#include "driver/gptimer.h"
#include "driver/mcpwm_cap.h"
#include "esp_timer.h"

#define MICROSECOND_HZ 1000000
/* As in mdb-line.c: the highest at which FreeRTOS may be called, equal for all. */
#define INTERRUPT_PRIORITY 3
#define ALARM_LEAST_US 10
/* Each MCPWM unit has three captures on one timer; mdb-line.c has unit 1. */
#define CAPTURE_GROUP 0
#define MOTOR_GROUP 0
#define MAX_TURN_MS 60000
/* Stall current has to last for RIM_STALL_US, so looking at it so often is enough, and saves a capture. */
#define STALL_LOOK_US 10000

typedef enum { MOTOR, HOME, STALL, EMITTER, BEAM, POWER_FAIL, LINES } RimLine;

typedef struct {
	Rim rim;
	Courier courier;
	MotorDrive motor;
	gptimer_handle_t timer;
	bool timerEnabled, timerRuns;
	mcpwm_cap_timer_handle_t captureTimer;
	bool captureTimerEnabled;
	mcpwm_cap_channel_handle_t captures[LINES];
	bool captureEnabled[LINES];
	ChipPin pins[LINES];
	bool activeLow[LINES];
	/* What was driven last. */
	uint16_t duty;
	bool emitter;
	/* Told once: whatever the mains do then, the board restarts. */
	bool mainsFailed;
	NoteKeeper notes;
	xsSlot object;
	bool open;
} Side;

/* In internal memory, where interrupts find it also while the cache is off. */
static Side side;
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;

INTERRUPT static uint64_t now(void)
{
	return (uint64_t)esp_timer_get_time();
}

INTERRUPT static bool active(RimLine which)
{
	if (!side.pins[which].taken)
		return false;
	return (gpio_get_level((gpio_num_t)side.pins[which].number) != 0) != side.activeLow[which];
}

INTERRUPT static void setTimer(uint64_t nowUs)
{
	uint64_t atUs = side.rim.alarmUs;
	if (side.rim.running && atUs > nowUs + STALL_LOOK_US)
		atUs = nowUs + STALL_LOOK_US;
	if (atUs == RIM_NEVER_US) {
		gptimer_set_alarm_action(side.timer, NULL);
		return;
	}
	uint64_t inUs = atUs > nowUs + ALARM_LEAST_US ? atUs - nowUs : ALARM_LEAST_US;
	uint64_t count = 0;
	gptimer_alarm_config_t alarm;
	gptimer_get_raw_count(side.timer, &count);
	alarm.alarm_count = count + inUs;
	alarm.reload_count = 0;
	alarm.flags.auto_reload_on_alarm = false;
	gptimer_set_alarm_action(side.timer, &alarm);
}

/* Drives what the rim wants after one call of it; gives whether JavaScript has something to read. */
INTERRUPT static bool act(uint64_t nowUs)
{
	if (side.rim.duty != side.duty)
		motorDriveDuty(&side.motor, side.rim.duty);
	side.duty = side.rim.duty;
	if (side.rim.emitter != side.emitter)
		gpio_set_level((gpio_num_t)side.pins[EMITTER].number, side.rim.emitter != side.activeLow[EMITTER]);
	side.emitter = side.rim.emitter;
	setTimer(nowUs);
	return side.rim.written != side.rim.taken;
}

INTERRUPT static bool timeCame(gptimer_handle_t timer, const gptimer_alarm_event_data_t *event, void *refcon)
{
	(void)timer, (void)event, (void)refcon;
	portENTER_CRITICAL_ISR(&lock);
	uint64_t nowUs = now();
	/* an edge that was lost, as the second of two close ones can be, is seen here: blinks come every 10 ms */
	rimHome(&side.rim, active(HOME), nowUs);
	rimBeam(&side.rim, active(BEAM), nowUs);
	rimStallCurrent(&side.rim, active(STALL), nowUs);
	rimTimer(&side.rim, nowUs);
	bool news = act(nowUs);
	bool noteDue = side.rim.noteDue;
	side.rim.noteDue = false;
	if (noteDue)
		side.notes.note = side.rim.note;
	portEXIT_CRITICAL_ISR(&lock);
	bool woken = noteDue && noteKeeperWake(&side.notes);
	return (news && courierRing(&side.courier)) || woken;
}

/* One line has changed: `which` is the capture's. A spike shorter than this interrupt's delay changes nothing. */
INTERRUPT static bool edge(RimLine which)
{
	portENTER_CRITICAL_ISR(&lock);
	uint64_t nowUs = now();
	bool isActive = active(which);
	if (which == HOME)
		rimHome(&side.rim, isActive, nowUs);
	else if (which == BEAM)
		rimBeam(&side.rim, isActive, nowUs);
	else if (isActive && !side.mainsFailed) {
		side.mainsFailed = true;
		rimPowerFail(&side.rim, nowUs);
	}
	bool news = act(nowUs);
	portEXIT_CRITICAL_ISR(&lock);
	return news && courierRing(&side.courier);
}

INTERRUPT static bool homeChanged(mcpwm_cap_channel_handle_t it, const mcpwm_capture_event_data_t *event, void *refcon)
{
	(void)it, (void)event, (void)refcon;
	return edge(HOME);
}

INTERRUPT static bool beamChanged(mcpwm_cap_channel_handle_t it, const mcpwm_capture_event_data_t *event, void *refcon)
{
	(void)it, (void)event, (void)refcon;
	return edge(BEAM);
}

INTERRUPT static bool mainsChanged(mcpwm_cap_channel_handle_t it, const mcpwm_capture_event_data_t *event, void *refcon)
{
	(void)it, (void)event, (void)refcon;
	return edge(POWER_FAIL);
}

/* Runs in: the task of JavaScript, by the courier's message. */
TASK static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	(void)refcon, (void)message, (void)length;
	courierTaken(&side.courier);
	if (!side.open)
		return;
	xsBeginHost((xsMachine *)machine);
	xsmcVars(1);
	xsmcGet(xsVar(0), side.object, xsID_onReadable);
	xsCallFunction0(xsVar(0), side.object);
	xsEndHost(machine);
}

TASK static esp_err_t openTimer(void)
{
	gptimer_config_t config = {
		.clk_src = GPTIMER_CLK_SRC_DEFAULT,
		.direction = GPTIMER_COUNT_UP,
		.resolution_hz = MICROSECOND_HZ,
		.intr_priority = INTERRUPT_PRIORITY,
	};
	gptimer_event_callbacks_t callbacks = { .on_alarm = timeCame };
	esp_err_t problem = gptimer_new_timer(&config, &side.timer);
	if (problem == ESP_OK)
		problem = gptimer_register_event_callbacks(side.timer, &callbacks, NULL);
	if (problem == ESP_OK)
		problem = gptimer_enable(side.timer);
	side.timerEnabled = problem == ESP_OK;
	if (problem == ESP_OK)
		problem = gptimer_start(side.timer);
	side.timerRuns = problem == ESP_OK;
	return problem;
}

TASK static esp_err_t openCapture(RimLine which, mcpwm_capture_event_cb_t onEdge)
{
	mcpwm_capture_channel_config_t config = {
		.gpio_num = side.pins[which].number,
		.intr_priority = INTERRUPT_PRIORITY,
		.prescale = 1,
		.flags = { .pos_edge = true, .neg_edge = true },
	};
	mcpwm_capture_event_callbacks_t callbacks = { .on_cap = onEdge };
	if (!side.pins[which].taken)
		return ESP_OK;
	esp_err_t problem = mcpwm_new_capture_channel(side.captureTimer, &config, &side.captures[which]);
	if (problem == ESP_OK)
		problem = mcpwm_capture_channel_register_event_callbacks(side.captures[which], &callbacks, NULL);
	if (problem == ESP_OK)
		problem = mcpwm_capture_channel_enable(side.captures[which]);
	side.captureEnabled[which] = problem == ESP_OK;
	return problem;
}

TASK static esp_err_t openCaptures(void)
{
	mcpwm_capture_timer_config_t timer = { .group_id = CAPTURE_GROUP, .clk_src = MCPWM_CAPTURE_CLK_SRC_DEFAULT };
	esp_err_t problem = mcpwm_new_capture_timer(&timer, &side.captureTimer);
	if (problem == ESP_OK)
		problem = mcpwm_capture_timer_enable(side.captureTimer);
	side.captureTimerEnabled = problem == ESP_OK;
	if (problem == ESP_OK)
		problem = mcpwm_capture_timer_start(side.captureTimer);
	if (problem == ESP_OK)
		problem = openCapture(HOME, homeChanged);
	if (problem == ESP_OK)
		problem = openCapture(BEAM, beamChanged);
	if (problem == ESP_OK)
		problem = openCapture(POWER_FAIL, mainsChanged);
	return problem;
}

/* Inputs as they are wired: each line has its resistor on the board (pins 34 to 39 have none inside). */
TASK static esp_err_t openPins(void)
{
	gpio_config_t inputs = { .mode = GPIO_MODE_INPUT };
	gpio_config_t outputs = { .mode = GPIO_MODE_OUTPUT };
	outputs.pin_bit_mask = 1ULL << side.pins[EMITTER].number;
	for (int which = 0; which < LINES; which += 1)
		if (side.pins[which].taken && which != MOTOR && which != EMITTER)
			inputs.pin_bit_mask |= 1ULL << side.pins[which].number;
	gpio_set_level((gpio_num_t)side.pins[EMITTER].number, !side.activeLow[EMITTER]);
	side.emitter = true;
	esp_err_t problem = gpio_config(&outputs);
	return problem == ESP_OK ? gpio_config(&inputs) : problem;
}

TASK static void closeCaptures(void)
{
	for (int which = 0; which < LINES; which += 1) {
		if (side.captureEnabled[which])
			mcpwm_capture_channel_disable(side.captures[which]);
		if (side.captures[which])
			mcpwm_del_capture_channel(side.captures[which]);
		side.captureEnabled[which] = false;
		side.captures[which] = NULL;
	}
	if (side.captureTimerEnabled) {
		mcpwm_capture_timer_stop(side.captureTimer);
		mcpwm_capture_timer_disable(side.captureTimer);
	}
	if (side.captureTimer)
		mcpwm_del_capture_timer(side.captureTimer);
	side.captureTimerEnabled = false;
	side.captureTimer = NULL;
}

TASK static void closeTimer(void)
{
	if (side.timerRuns)
		gptimer_stop(side.timer);
	if (side.timerEnabled)
		gptimer_disable(side.timer);
	if (side.timer)
		gptimer_del_timer(side.timer);
	side.timerRuns = side.timerEnabled = false;
	side.timer = NULL;
}

/* Undoes whatever of an opening has been done: motor first, emitter last. */
TASK static void closeSide(void)
{
	courierClose(&side.courier);
	motorDriveClose(&side.motor);
	closeTimer();
	closeCaptures();
	if (side.pins[EMITTER].taken)
		gpio_set_level((gpio_num_t)side.pins[EMITTER].number, side.activeLow[EMITTER]);
	for (int which = 0; which < LINES; which += 1)
		chipPinFree(&side.pins[which]);
	side.open = false;
}

TASK void xs_delivery_rim_destructor(void *data)
{
	if (data)
		closeSide();
}

/* Takes the pins of the options; those of stall and power fail may be left out. */
TASK static void takePins(xsMachine *the)
{
	static const xsIdentifier OPTIONS[LINES] = {
		xsID_motor, xsID_home, xsID_stall, xsID_emitter, xsID_beam, xsID_powerFail
	};
	static const char *const NAMES[LINES] = { "motor", "home", "stall", "emitter", "beam", "powerFail" };
	for (int which = 0; which < LINES; which += 1) {
		int pin = optionNumber(the, OPTIONS[which], -1);
		bool optional = which == STALL || which == POWER_FAIL;
		side.activeLow[which] = optionListHas(the, xsID_activeLow, NAMES[which]);
		if (optional && pin < 0)
			continue;
		if (!chipPinTake(&side.pins[which], pin)) {
			closeSide();
			xsUnknownError("pin in use");
		}
	}
}

TASK void xs_delivery_rim(xsMachine *the)
{
	optionCallback(the, xsID_onReadable);
	if (side.open)
		xsUnknownError("in use");
	takePins(the);
	side.duty = 0;
	side.mainsFailed = false;
	esp_err_t problem = courierOpen(&side.courier, the, deliver) ? ESP_OK : ESP_ERR_NO_MEM;
	if (problem == ESP_OK)
		problem = noteKeeperOpen(&side.notes) ? ESP_OK : ESP_ERR_NO_MEM;
	if (problem == ESP_OK)
		problem = motorDriveOpen(&side.motor, MOTOR_GROUP, side.pins[MOTOR].number, side.activeLow[MOTOR],
			INTERRUPT_PRIORITY);
	if (problem == ESP_OK)
		problem = openPins();
	if (problem == ESP_OK) {
		rimReset(&side.rim, active(BEAM), now());
		problem = openTimer();
	}
	if (problem == ESP_OK)
		problem = openCaptures();
	if (problem != ESP_OK) {
		closeSide();
		xsUnknownError("the rim cannot be opened: %d", (int)problem);
	}
	portENTER_CRITICAL(&lock);
	setTimer(now());
	portEXIT_CRITICAL(&lock);
	side.object = xsThis;
	xsRemember(side.object);
	side.open = true;
	xsmcSetHostData(xsThis, &side);
}

/* Throws for a rim that is closed. */
TASK static void needOpen(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_delivery_rim_destructor))
		xsUnknownError("closed");
}

TASK void xs_delivery_rim_close(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_delivery_rim_destructor))
		return;
	closeSide();
	xsForget(side.object);
	xsmcSetHostData(xsThis, NULL);
}

TASK void xs_delivery_rim_turn(xsMachine *the)
{
	needOpen(the);
	int column = xsmcToInteger(xsArg(0));
	int maxMs = xsmcToInteger(xsArg(1));
	double saleNo = xsmcToNumber(xsArg(2));
	if (column < 0 || column > UINT8_MAX || maxMs <= 0 || maxMs > MAX_TURN_MS || !(saleNo >= 0 && saleNo <= UINT32_MAX))
		xsRangeError("no such turn");
	portENTER_CRITICAL(&lock);
	uint64_t nowUs = now();
	rimTurn(&side.rim, (uint8_t)column, (uint32_t)maxMs, (uint32_t)saleNo, active(HOME), nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL(&lock);
	if (news)
		courierRingFromTask(&side.courier);
}

TASK void xs_delivery_rim_stop(xsMachine *the)
{
	needOpen(the);
	portENTER_CRITICAL(&lock);
	uint64_t nowUs = now();
	rimStop(&side.rim, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL(&lock);
	if (news)
		courierRingFromTask(&side.courier);
}

TASK void xs_delivery_rim_emitter(xsMachine *the)
{
	needOpen(the);
	bool on = xsmcTest(xsArg(0));
	portENTER_CRITICAL(&lock);
	uint64_t nowUs = now();
	rimEmitter(&side.rim, on, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL(&lock);
	if (news)
		courierRingFromTask(&side.courier);
}

TASK static void setFlag(xsMachine *the, xsIdentifier name, bool flag)
{
	xsmcSetBoolean(xsVar(0), flag);
	xsmcSet(xsResult, name, xsVar(0));
}

TASK static void setText(xsMachine *the, xsIdentifier name, const char *text)
{
	xsmcSetString(xsVar(0), (char *)text);
	xsmcSet(xsResult, name, xsVar(0));
}

TASK static void setCount(xsMachine *the, xsIdentifier name, uint64_t count)
{
	xsmcSetNumber(xsVar(0), (double)count);
	xsmcSet(xsResult, name, xsVar(0));
}

TASK void xs_delivery_rim_read(xsMachine *the)
{
	static const char *const KINDS[] = { "leftHome", "stopped", "beam", "glare", "powerFail" };
	static const char *const STOPS[] = { "home", "timeout", "stall", "ordered" };
	RimEvent event;
	needOpen(the);
	if (!rimTake(&side.rim, &event))
		return;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	setText(the, xsID_kind, KINDS[event.kind]);
	setCount(the, xsID_atUs, event.atUs);
	if (event.kind == RIM_LEFT_HOME || event.kind == RIM_STOPPED)
		setCount(the, xsID_column, event.column);
	if (event.kind == RIM_STOPPED)
		setText(the, xsID_why, STOPS[event.value]);
	else if (event.kind == RIM_BEAM)
		setFlag(the, xsID_dark, event.value != 0);
	else if (event.kind == RIM_GLARE)
		setFlag(the, xsID_present, event.value != 0);
}

TASK void xs_delivery_rim_home_closed(xsMachine *the)
{
	needOpen(the);
	xsmcSetBoolean(xsResult, active(HOME));
}

TASK void xs_delivery_rim_dark(xsMachine *the)
{
	needOpen(the);
	xsmcSetBoolean(xsResult, active(BEAM));
}

TASK void xs_delivery_rim_mains_failing(xsMachine *the)
{
	needOpen(the);
	xsmcSetBoolean(xsResult, active(POWER_FAIL));
}

TASK void xs_delivery_rim_stalling(xsMachine *the)
{
	needOpen(the);
	xsmcSetBoolean(xsResult, active(STALL));
}

TASK void xs_delivery_rim_now_us(xsMachine *the)
{
	needOpen(the);
	xsmcSetNumber(xsResult, (double)now());
}

TASK void xs_delivery_rim_events_lost(xsMachine *the)
{
	needOpen(the);
	xsmcSetNumber(xsResult, side.rim.eventsLost);
}
