/** A plain ESP32 as far as link and rim see it: see chip.h. */
#include <stdarg.h>
#include "chip.h"
#include "builtinCommon.h"
#include "driver/gpio.h"
#include "driver/gptimer.h"
#include "driver/mcpwm_cap.h"
#include "driver/mcpwm_prelude.h"
#include "driver/rmt_rx.h"
#include "driver/rmt_tx.h"
#include "esp_heap_caps.h"
#include "esp_private/rmt.h"
#include "esp_timer.h"
#include "freertos/task.h"
#include "soc/rmt_struct.h"

#define TIMERS 4
#define CAPTURES 6
#define TASKS 16
#define MESSAGES 10
#define IDS 64
#define CHANNELS 8
#define BLOCK_SYMBOLS 64

xsMachine machine;
uint64_t chipNowUs;

static bool inInterrupt;
static portMUX_TYPE *held;
static unsigned failAt, things;
static bool usedPins[CHIP_PINS];
static bool levels[CHIP_PINS];

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "chip: %s\n", what);
	abort();
}

bool chipFails(void)
{
	return failAt > 0 && --failAt == 0;
}

void chipFailAt(unsigned nth)
{
	failAt = nth;
}

/* Something that has to be closed again. */
static esp_err_t openThing(void **handle, unsigned *slot)
{
	must(!inInterrupt && !held, "opened in an interrupt or under a lock");
	if (chipFails())
		return ESP_FAIL;
	things += 1;
	*handle = slot;
	return ESP_OK;
}

static esp_err_t closeThing(void)
{
	must(things > 0, "closed what was not open");
	things -= 1;
	return ESP_OK;
}

unsigned chipHeld(void)
{
	unsigned count = things;
	for (int pin = 0; pin < CHIP_PINS; pin += 1)
		count += usedPins[pin];
	return count;
}

/* ---- locks and tasks ---- */

void portENTER_CRITICAL(portMUX_TYPE *lock)
{
	must(!inInterrupt && !held, "a task's lock, taken twice or in an interrupt");
	held = lock;
}

void portEXIT_CRITICAL(portMUX_TYPE *lock)
{
	must(!inInterrupt && held == lock, "let go of a lock that was not held");
	held = NULL;
}

void portENTER_CRITICAL_ISR(portMUX_TYPE *lock)
{
	must(inInterrupt && !held, "an interrupt's lock, taken twice or outside of one");
	held = lock;
}

void portEXIT_CRITICAL_ISR(portMUX_TYPE *lock)
{
	must(inInterrupt && held == lock, "let go of a lock that was not held");
	held = NULL;
}

static struct { TaskFunction_t code; void *parameters; unsigned notified; } tasks[TASKS];
static unsigned taskCount, running;
static jmp_buf idle;
static struct { modMessageDeliver deliver; void *refcon; } messages[MESSAGES];
static unsigned messageCount;

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stackBytes, void *parameters,
	UBaseType_t priority, TaskHandle_t *task)
{
	(void)name, (void)stackBytes, (void)priority;
	must(!inInterrupt && !held && taskCount < TASKS, "no task can be made here");
	if (chipFails())
		return pdFALSE;
	tasks[taskCount].code = code;
	tasks[taskCount].parameters = parameters;
	taskCount += 1;
	if (task)
		*task = (TaskHandle_t)&tasks[taskCount - 1];
	return pdPASS;
}

/* A task that ends itself; its place is not used again. */
void vTaskDelete(TaskHandle_t task)
{
	must(!task && running < taskCount, "a task ends itself only");
	tasks[running].code = NULL;
	longjmp(idle, 1);
}

static unsigned taskOf(TaskHandle_t task)
{
	for (unsigned i = 0; i < taskCount; i += 1)
		if (task == (TaskHandle_t)&tasks[i])
			return i;
	must(false, "no such task");
	return 0;
}

void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken)
{
	must(inInterrupt && !held, "woken as from an interrupt, but not from one");
	tasks[taskOf(task)].notified += 1;
	*woken = pdTRUE;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
	must(!inInterrupt && !held, "woken as from a task, but not from one");
	tasks[taskOf(task)].notified += 1;
	return pdPASS;
}

/* A task that has nothing to do goes back to chipTurn; it begins anew next time, which its loop does not notice. */
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks)
{
	(void)ticks;
	must(clear == pdTRUE, "notifications are taken all at once");
	if (tasks[running].notified == 0)
		longjmp(idle, 1);
	uint32_t count = tasks[running].notified;
	tasks[running].notified = 0;
	return count;
}

int modMessagePostToMachine(xsMachine *the, uint8_t *message, uint16_t length, modMessageDeliver deliver, void *refcon)
{
	must(!inInterrupt && !held && the == &machine && !message && length == 0, "a message out of place");
	must(messageCount < MESSAGES, "the machine's queue is full: a courier has at most one message in it");
	messages[messageCount].deliver = deliver;
	messages[messageCount].refcon = refcon;
	messageCount += 1;
	return 0;
}

void chipTurn(void)
{
	for (running = 0; running < taskCount; running += 1)
		if (tasks[running].code && setjmp(idle) == 0)
			tasks[running].code(tasks[running].parameters);
	unsigned count = messageCount;
	messageCount = 0;
	for (unsigned i = 0; i < count; i += 1)
		messages[i].deliver(&machine, messages[i].refcon, NULL, 0);
}

void *heap_caps_malloc(size_t bytes, uint32_t caps)
{
	must(!inInterrupt && !held, "allocates in an interrupt or under a lock");
	must((caps & MALLOC_CAP_INTERNAL) != 0, "memory that an interrupt reads is internal");
	if (chipFails())
		return NULL;
	things += 1;
	return malloc(bytes);
}

void heap_caps_free(void *memory)
{
	must(!inInterrupt && !held, "frees in an interrupt or under a lock");
	if (memory)
		closeThing();
	free(memory);
}

/* ---- pins and time ---- */

int64_t esp_timer_get_time(void)
{
	return (int64_t)chipNowUs;
}

uint8_t builtinIsPinFree(uint32_t pin)
{
	return pin < CHIP_PINS && !usedPins[pin];
}

uint8_t builtinUsePin(uint32_t pin)
{
	must(builtinIsPinFree(pin), "took a pin that is not free");
	usedPins[pin] = true;
	return 1;
}

void builtinFreePin(uint32_t pin)
{
	must(pin < CHIP_PINS && usedPins[pin], "freed a pin that was not in use");
	usedPins[pin] = false;
}

esp_err_t gpio_config(const gpio_config_t *config)
{
	(void)config;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

/* A beam: its receiver shows 0 some time after its emitter is lit, unless something is in the way. */
#define BEAM_FOLLOWS_US 200
static struct { int emitter, receiver; bool shadow; uint64_t changesAt; } beam = { -1, -1, false, UINT64_MAX };

esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level)
{
	if (levels[pin] != (level != 0))
		printf(" pin%d=%u@%" PRIu64, (int)pin, level != 0, chipNowUs);
	levels[pin] = level != 0;
	if ((int)pin == beam.emitter)
		beam.changesAt = chipNowUs + BEAM_FOLLOWS_US;
	return ESP_OK;
}

int gpio_get_level(gpio_num_t pin)
{
	return levels[pin];
}

static struct {
	unsigned slot;
	bool open, enabled, runs, alarmOn;
	uint64_t startUs, alarmAt;
	gptimer_alarm_cb_t onAlarm;
} timers[TIMERS];

static unsigned timerOf(gptimer_handle_t timer)
{
	for (unsigned i = 0; i < TIMERS; i += 1)
		if (timer == (gptimer_handle_t)&timers[i].slot && timers[i].open)
			return i;
	must(false, "no such timer");
	return 0;
}

esp_err_t gptimer_new_timer(const gptimer_config_t *config, gptimer_handle_t *timer)
{
	must(config->resolution_hz == 1000000 && config->intr_priority == 3, "counts microseconds at priority 3");
	for (unsigned i = 0; i < TIMERS; i += 1) {
		if (timers[i].open)
			continue;
		memset(&timers[i], 0, sizeof timers[i]);
		timers[i].open = openThing((void **)timer, &timers[i].slot) == ESP_OK;
		return timers[i].open ? ESP_OK : ESP_FAIL;
	}
	return ESP_FAIL;
}

esp_err_t gptimer_del_timer(gptimer_handle_t timer)
{
	unsigned i = timerOf(timer);
	must(!timers[i].enabled, "deleted while enabled");
	timers[i].open = false;
	return closeThing();
}

esp_err_t gptimer_register_event_callbacks(gptimer_handle_t timer, const gptimer_event_callbacks_t *it, void *refcon)
{
	(void)refcon;
	timers[timerOf(timer)].onAlarm = it->on_alarm;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t gptimer_enable(gptimer_handle_t timer)
{
	if (chipFails())
		return ESP_FAIL;
	timers[timerOf(timer)].enabled = true;
	return ESP_OK;
}

esp_err_t gptimer_disable(gptimer_handle_t timer)
{
	unsigned i = timerOf(timer);
	must(timers[i].enabled && !timers[i].runs, "disabled while it runs");
	timers[i].enabled = false;
	return ESP_OK;
}

esp_err_t gptimer_start(gptimer_handle_t timer)
{
	unsigned i = timerOf(timer);
	must(timers[i].enabled, "started while disabled");
	if (chipFails())
		return ESP_FAIL;
	timers[i].runs = true;
	timers[i].startUs = chipNowUs;
	return ESP_OK;
}

esp_err_t gptimer_stop(gptimer_handle_t timer)
{
	timers[timerOf(timer)].runs = false;
	return ESP_OK;
}

esp_err_t gptimer_get_raw_count(gptimer_handle_t timer, uint64_t *count)
{
	*count = chipNowUs - timers[timerOf(timer)].startUs;
	return ESP_OK;
}

esp_err_t gptimer_set_alarm_action(gptimer_handle_t timer, const gptimer_alarm_config_t *alarm)
{
	unsigned i = timerOf(timer);
	timers[i].alarmOn = alarm != NULL;
	if (alarm)
		timers[i].alarmAt = timers[i].startUs + alarm->alarm_count;
	return ESP_OK;
}

/* ---- RMT ---- */

rmt_dev_t RMT;
volatile uint32_t RMTMEM[CHANNELS * BLOCK_SYMBOLS];

static struct { unsigned slot; bool open, enabled, armed; void *buffer; size_t bytes; rmt_rx_done_callback_t onDone; }
	receiver;
static struct { unsigned slot; bool open, enabled; } sender;

esp_err_t rmt_new_tx_channel(const rmt_tx_channel_config_t *config, rmt_channel_handle_t *channel)
{
	must(config->resolution_hz == 1000000 && config->mem_block_symbols == 4 * BLOCK_SYMBOLS, "four blocks, in us");
	must(config->intr_priority == 3 && config->flags.init_level == 1, "priority 3, rests high");
	sender.open = openThing((void **)channel, &sender.slot) == ESP_OK;
	return sender.open ? ESP_OK : ESP_FAIL;
}

esp_err_t rmt_new_rx_channel(const rmt_rx_channel_config_t *config, rmt_channel_handle_t *channel)
{
	must(config->resolution_hz == 1000000 && config->mem_block_symbols == 4 * BLOCK_SYMBOLS, "four blocks, in us");
	must(config->intr_priority == 3, "priority 3");
	receiver.open = openThing((void **)channel, &receiver.slot) == ESP_OK;
	return receiver.open ? ESP_OK : ESP_FAIL;
}

esp_err_t rmt_get_channel_id(rmt_channel_handle_t channel, int *id)
{
	*id = channel == (rmt_channel_handle_t)&sender.slot ? 0 : 4;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t rmt_enable(rmt_channel_handle_t channel)
{
	if (chipFails())
		return ESP_FAIL;
	*(channel == (rmt_channel_handle_t)&sender.slot ? &sender.enabled : &receiver.enabled) = true;
	return ESP_OK;
}

/* As the driver: an error, not more, where the channel was never enabled. */
esp_err_t rmt_disable(rmt_channel_handle_t channel)
{
	bool *enabled = channel == (rmt_channel_handle_t)&sender.slot ? &sender.enabled : &receiver.enabled;
	if (!*enabled)
		return ESP_FAIL;
	*enabled = false;
	receiver.armed = receiver.armed && receiver.enabled;
	return ESP_OK;
}

esp_err_t rmt_del_channel(rmt_channel_handle_t channel)
{
	bool *enabled = channel == (rmt_channel_handle_t)&sender.slot ? &sender.enabled : &receiver.enabled;
	must(!*enabled, "deleted while enabled");
	return closeThing();
}

esp_err_t rmt_rx_register_event_callbacks(rmt_channel_handle_t channel, const rmt_rx_event_callbacks_t *it,
	void *refcon)
{
	(void)channel, (void)refcon;
	receiver.onDone = it->on_recv_done;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t rmt_receive(rmt_channel_handle_t channel, void *buffer, size_t bytes, const rmt_receive_config_t *config)
{
	must(channel == (rmt_channel_handle_t)&receiver.slot && receiver.enabled && !receiver.armed, "cannot listen");
	must(config->signal_range_min_ns <= 3187, "the filter counts to 255 ticks of 80 MHz");
	must(config->signal_range_max_ns >= 1200000 && config->signal_range_max_ns <= 1400000, "a burst's end");
	must(!inInterrupt || buffer != receiver.buffer, "listens into what is still to be read");
	if (chipFails())
		return ESP_FAIL;
	receiver.armed = true;
	receiver.buffer = buffer;
	receiver.bytes = bytes;
	return ESP_OK;
}

/* What has been put into the memory of a channel whose start bit was set since. */
static void printSent(void)
{
	for (unsigned channel = 0; channel < CHANNELS; channel += 1) {
		if (!RMT.conf_ch[channel].conf1.tx_start)
			continue;
		RMT.conf_ch[channel].conf1.tx_start = 0;
		must(channel == 0 && sender.enabled, "sends on its own channel");
		printf(" t@%" PRIu64 ":", chipNowUs);
		for (unsigned half = 0;; half += 1) {
			must(half < 8 * BLOCK_SYMBOLS, "a transmission without end");
			uint32_t run = RMTMEM[half / 2] >> (half % 2 * 16) & 0xffff;
			if ((run & 0x7fff) == 0)
				break;
			printf("%04" PRIx32, run);
		}
	}
}

void chipHear(const uint16_t *runs, unsigned count, uint64_t atUs)
{
	static rmt_symbol_word_t heard[4 * BLOCK_SYMBOLS];
	chipAdvance(atUs);
	if (!receiver.armed) {
		printf(" deaf");
		return;
	}
	unsigned symbols = (count + 1) / 2;
	if (symbols * sizeof heard[0] > receiver.bytes)
		symbols = (unsigned)(receiver.bytes / sizeof heard[0]);
	for (unsigned i = 0; i < symbols; i += 1)
		heard[i].val = runs[2 * i] | (uint32_t)(2 * i + 1 < count ? runs[2 * i + 1] : 0) << 16;
	memcpy(receiver.buffer, heard, symbols * sizeof heard[0]);
	rmt_rx_done_event_data_t event = { receiver.buffer, symbols, { 1 } };
	receiver.armed = false;
	inInterrupt = true;
	receiver.onDone((rmt_channel_handle_t)&receiver.slot, &event, NULL);
	inInterrupt = false;
	printSent();
}

/* ---- MCPWM ---- */

/* As the driver: the first one to name a priority names it for its whole unit. */
static void priorityOf(int priority)
{
	must(priority == 3, "an MCPWM unit has one interrupt priority: 3");
}

static unsigned captureTimers[2];
static bool captureTimerOpen[2], captureTimerOn[2];
static struct { unsigned slot; bool open, enabled, rising, falling; int pin; mcpwm_capture_event_cb_t onEdge; }
	captures[CAPTURES];
static unsigned pwm[4];
static uint32_t period, compared;

esp_err_t mcpwm_new_capture_timer(const mcpwm_capture_timer_config_t *config, mcpwm_cap_timer_handle_t *timer)
{
	must(!captureTimerOpen[config->group_id], "a unit has one capture timer");
	captureTimerOpen[config->group_id] = openThing((void **)timer, &captureTimers[config->group_id]) == ESP_OK;
	return captureTimerOpen[config->group_id] ? ESP_OK : ESP_FAIL;
}

static unsigned captureTimerOf(mcpwm_cap_timer_handle_t timer)
{
	return timer == (mcpwm_cap_timer_handle_t)&captureTimers[1];
}

esp_err_t mcpwm_del_capture_timer(mcpwm_cap_timer_handle_t timer)
{
	must(!captureTimerOn[captureTimerOf(timer)], "deleted while enabled");
	captureTimerOpen[captureTimerOf(timer)] = false;
	return closeThing();
}

esp_err_t mcpwm_capture_timer_enable(mcpwm_cap_timer_handle_t timer)
{
	if (chipFails())
		return ESP_FAIL;
	captureTimerOn[captureTimerOf(timer)] = true;
	return ESP_OK;
}

esp_err_t mcpwm_capture_timer_disable(mcpwm_cap_timer_handle_t timer)
{
	captureTimerOn[captureTimerOf(timer)] = false;
	return ESP_OK;
}

esp_err_t mcpwm_capture_timer_start(mcpwm_cap_timer_handle_t timer)
{
	must(captureTimerOn[captureTimerOf(timer)], "started while disabled");
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t mcpwm_capture_timer_stop(mcpwm_cap_timer_handle_t timer)
{
	(void)timer;
	return ESP_OK;
}

static unsigned captureOf(mcpwm_cap_channel_handle_t channel)
{
	for (unsigned i = 0; i < CAPTURES; i += 1)
		if (channel == (mcpwm_cap_channel_handle_t)&captures[i].slot && captures[i].open)
			return i;
	must(false, "no such capture");
	return 0;
}

esp_err_t mcpwm_new_capture_channel(mcpwm_cap_timer_handle_t timer, const mcpwm_capture_channel_config_t *config,
	mcpwm_cap_channel_handle_t *channel)
{
	priorityOf(config->intr_priority);
	unsigned from = 3 * captureTimerOf(timer);
	for (unsigned i = from; i < from + 3; i += 1) {
		if (captures[i].open)
			continue;
		captures[i].open = openThing((void **)channel, &captures[i].slot) == ESP_OK;
		captures[i].pin = config->gpio_num;
		captures[i].rising = config->flags.pos_edge;
		captures[i].falling = config->flags.neg_edge;
		return captures[i].open ? ESP_OK : ESP_FAIL;
	}
	must(false, "a unit has three captures");
	return ESP_FAIL;
}

esp_err_t mcpwm_del_capture_channel(mcpwm_cap_channel_handle_t channel)
{
	must(!captures[captureOf(channel)].enabled, "deleted while enabled");
	captures[captureOf(channel)].open = false;
	return closeThing();
}

esp_err_t mcpwm_capture_channel_register_event_callbacks(mcpwm_cap_channel_handle_t channel,
	const mcpwm_capture_event_callbacks_t *callbacks, void *refcon)
{
	(void)refcon;
	captures[captureOf(channel)].onEdge = callbacks->on_cap;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t mcpwm_capture_channel_enable(mcpwm_cap_channel_handle_t channel)
{
	if (chipFails())
		return ESP_FAIL;
	captures[captureOf(channel)].enabled = true;
	return ESP_OK;
}

esp_err_t mcpwm_capture_channel_disable(mcpwm_cap_channel_handle_t channel)
{
	captures[captureOf(channel)].enabled = false;
	return ESP_OK;
}

esp_err_t mcpwm_new_timer(const mcpwm_timer_config_t *config, mcpwm_timer_handle_t *timer)
{
	priorityOf(config->intr_priority);
	period = config->period_ticks;
	compared = 0;
	return openThing((void **)timer, &pwm[0]);
}

esp_err_t mcpwm_del_timer(mcpwm_timer_handle_t timer)
{
	(void)timer;
	return closeThing();
}

esp_err_t mcpwm_timer_enable(mcpwm_timer_handle_t timer)
{
	(void)timer;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t mcpwm_timer_disable(mcpwm_timer_handle_t timer)
{
	(void)timer;
	return ESP_OK;
}

esp_err_t mcpwm_timer_start_stop(mcpwm_timer_handle_t timer, mcpwm_timer_start_stop_cmd_t command)
{
	(void)timer;
	must(command != MCPWM_TIMER_START_NO_STOP || compared == period, "the motor rests when its PWM starts");
	return command == MCPWM_TIMER_START_NO_STOP && chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t mcpwm_new_operator(const mcpwm_operator_config_t *config, mcpwm_oper_handle_t *oper)
{
	priorityOf(config->intr_priority);
	return openThing((void **)oper, &pwm[1]);
}

esp_err_t mcpwm_del_operator(mcpwm_oper_handle_t oper)
{
	(void)oper;
	return closeThing();
}

esp_err_t mcpwm_operator_connect_timer(mcpwm_oper_handle_t oper, mcpwm_timer_handle_t timer)
{
	(void)oper, (void)timer;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t mcpwm_new_comparator(mcpwm_oper_handle_t oper, const mcpwm_comparator_config_t *config,
	mcpwm_cmpr_handle_t *comparator)
{
	(void)oper;
	priorityOf(config->intr_priority);
	must(config->flags.update_cmp_on_tez, "a duty changes between two periods");
	return openThing((void **)comparator, &pwm[2]);
}

esp_err_t mcpwm_del_comparator(mcpwm_cmpr_handle_t comparator)
{
	(void)comparator;
	return closeThing();
}

/* Active from the compare value to the end of the period. */
esp_err_t mcpwm_comparator_set_compare_value(mcpwm_cmpr_handle_t comparator, uint32_t ticks)
{
	(void)comparator;
	must(ticks > 0 && ticks <= period, "a compare value that is neither the beginning nor beyond the end");
	if (!inInterrupt && !held && chipFails())
		return ESP_FAIL;
	if (inInterrupt || held)
		printf(" duty=%" PRIu32 "@%" PRIu64, period - ticks, chipNowUs);
	compared = ticks;
	return ESP_OK;
}

esp_err_t mcpwm_new_generator(mcpwm_oper_handle_t oper, const mcpwm_generator_config_t *config,
	mcpwm_gen_handle_t *generator)
{
	(void)oper, (void)config;
	must(compared == period, "the motor rests before its pin is driven");
	return openThing((void **)generator, &pwm[3]);
}

esp_err_t mcpwm_del_generator(mcpwm_gen_handle_t generator)
{
	(void)generator;
	return closeThing();
}

esp_err_t mcpwm_generator_set_force_level(mcpwm_gen_handle_t generator, int level, bool hold)
{
	(void)generator;
	must(level == 0 && hold, "forced to rest");
	return ESP_OK;
}

esp_err_t mcpwm_generator_set_action_on_timer_event(mcpwm_gen_handle_t it, mcpwm_gen_timer_event_action_t action)
{
	(void)it;
	must(action.event == MCPWM_TIMER_EVENT_EMPTY && action.action == MCPWM_GEN_ACTION_LOW, "a period begins at rest");
	return chipFails() ? ESP_FAIL : ESP_OK;
}

esp_err_t mcpwm_generator_set_action_on_compare_event(mcpwm_gen_handle_t it, mcpwm_gen_compare_event_action_t action)
{
	(void)it;
	must(action.action == MCPWM_GEN_ACTION_HIGH, "active from the compare value on");
	return chipFails() ? ESP_FAIL : ESP_OK;
}

/* ---- what happens ---- */

static void setPin(int pin, bool level)
{
	bool changed = levels[pin] != level;
	levels[pin] = level;
	for (unsigned i = 0; changed && i < CAPTURES; i += 1) {
		if (!captures[i].enabled || captures[i].pin != pin || !(level ? captures[i].rising : captures[i].falling))
			continue;
		mcpwm_capture_event_data_t event = { 0, level ? MCPWM_CAP_EDGE_POS : MCPWM_CAP_EDGE_NEG };
		inInterrupt = true;
		captures[i].onEdge((mcpwm_cap_channel_handle_t)&captures[i].slot, &event, NULL);
		inInterrupt = false;
		printSent();
	}
}

static void moveBeam(void)
{
	if (beam.changesAt > chipNowUs)
		chipNowUs = beam.changesAt;
	beam.changesAt = UINT64_MAX;
	setPin(beam.receiver, beam.shadow || !levels[beam.emitter]);
}

void chipAdvance(uint64_t toUs)
{
	for (;;) {
		int due = -1;
		for (int i = 0; i < TIMERS; i += 1)
			if (timers[i].open && timers[i].runs && timers[i].alarmOn && timers[i].alarmAt <= toUs
				&& (due < 0 || timers[i].alarmAt < timers[due].alarmAt))
				due = i;
		if (beam.changesAt <= toUs && (due < 0 || beam.changesAt <= timers[due].alarmAt)) {
			moveBeam();
			continue;
		}
		if (due < 0)
			break;
		if (timers[due].alarmAt > chipNowUs)
			chipNowUs = timers[due].alarmAt;
		gptimer_alarm_event_data_t event = { chipNowUs - timers[due].startUs, 0 };
		timers[due].alarmOn = false;
		inInterrupt = true;
		timers[due].onAlarm((gptimer_handle_t)&timers[due].slot, &event, NULL);
		inInterrupt = false;
		printSent();
	}
	if (toUs > chipNowUs)
		chipNowUs = toUs;
}

void chipSetPin(int pin, bool level, uint64_t atUs)
{
	chipAdvance(atUs);
	setPin(pin, level);
}

/* ---- XS: slots are a kind and a value ---- */

enum { UNDEFINED, BOOLEAN, NUMBER, TEXT, BYTES, FUNCTION, LIST, OBJECT };

typedef struct { uintptr_t kind; double number; const void *pointer; uintptr_t length; } Value;
_Static_assert(sizeof(Value) <= sizeof(xsSlot), "a value fits a slot");

static Value options[IDS], properties[IDS];
static char fields[1024];
static void *hostData;
static xsDestructor hostDestructor;
static jmp_buf thrown;
static bool calling;

static Value valueOf(const xsSlot *slot)
{
	Value value;
	memcpy(&value, slot, sizeof value);
	return value;
}

static void give(xsSlot *slot, Value value)
{
	must(!inInterrupt && !held, "enters XS in an interrupt or under a lock");
	memset(slot, 0, sizeof *slot);
	memcpy(slot, &value, sizeof value);
}

bool chipCall(void (*function)(xsMachine *the))
{
	fields[0] = 0;
	give(&machine.frame[1], (Value) { UNDEFINED, 0, NULL, 0 });
	calling = true;
	bool good = setjmp(thrown) == 0;
	if (good)
		function(&machine);
	calling = false;
	printSent();
	return good;
}

void standInThrow(xsMachine *the, const char *kind, const char *format, ...)
{
	va_list arguments;
	(void)the;
	must(calling && !inInterrupt && !held, "throws where nobody catches");
	printf(" throws %s: ", kind);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	longjmp(thrown, 1);
}

void chipNumber(int argument, double value)
{
	give(&machine.frame[2 + argument], (Value) { NUMBER, value, NULL, 0 });
}

void chipBytes(int argument, uint8_t *bytes, unsigned length)
{
	give(&machine.frame[2 + argument], (Value) { BYTES, 0, bytes, length });
}

void chipOptionNumber(xsIdentifier name, double value)
{
	options[name] = (Value) { NUMBER, value, NULL, 0 };
}

void chipOptionFunction(xsIdentifier name)
{
	options[name] = (Value) { FUNCTION, 0, NULL, 0 };
}

void chipOptionList(xsIdentifier name, const char *texts)
{
	options[name] = (Value) { LIST, 0, texts, 0 };
}

void chipForgetOptions(void)
{
	memset(options, 0, sizeof options);
}

static void printValue(Value value, char *text, size_t size)
{
	static const char *const WORDS[] = { "undefined", "", "", "", "", "function", "list", "object" };
	if (value.kind == BOOLEAN)
		snprintf(text, size, "%s", value.number != 0 ? "true" : "false");
	else if (value.kind == NUMBER)
		snprintf(text, size, "%.0f", value.number);
	else if (value.kind == TEXT)
		snprintf(text, size, "%s", (const char *)value.pointer);
	else if (value.kind == BYTES)
		for (uintptr_t i = 0; i < value.length && 2 * i + 2 < size; i += 1)
			snprintf(text + 2 * i, size - 2 * i, "%02x", ((const uint8_t *)value.pointer)[i]);
	else
		snprintf(text, size, "%s", WORDS[value.kind]);
}

void chipPrintResult(void)
{
	static char text[2 * 4096 + 1];
	text[0] = 0;
	printValue(valueOf(&machine.frame[1]), text, sizeof text);
	printf(" %s%s", text, fields);
}

void standInVars(xsMachine *the, int count)
{
	(void)the;
	must(count <= 8, "few variables");
}

xsIntegerValue standInToInteger(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return (xsIntegerValue)valueOf(slot).number;
}

xsNumberValue standInToNumber(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return valueOf(slot).number;
}

xsBooleanValue standInTest(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return valueOf(slot).number != 0;
}

xsBooleanValue standInIsCallable(xsMachine *the, xsSlot *slot)
{
	(void)the;
	return valueOf(slot).kind == FUNCTION;
}

char *standInToString(xsMachine *the, xsSlot *slot)
{
	(void)the;
	must(valueOf(slot).kind == TEXT, "a text");
	return (char *)valueOf(slot).pointer;
}

void standInSetBoolean(xsMachine *the, xsSlot *slot, xsBooleanValue value)
{
	(void)the;
	give(slot, (Value) { BOOLEAN, value, NULL, 0 });
}

void standInSetInteger(xsMachine *the, xsSlot *slot, xsIntegerValue value)
{
	(void)the;
	give(slot, (Value) { NUMBER, value, NULL, 0 });
}

void standInSetNumber(xsMachine *the, xsSlot *slot, xsNumberValue value)
{
	(void)the;
	give(slot, (Value) { NUMBER, value, NULL, 0 });
}

void standInSetString(xsMachine *the, xsSlot *slot, char *value)
{
	(void)the;
	give(slot, (Value) { TEXT, 0, value, 0 });
}

void standInSetNewObject(xsMachine *the, xsSlot *slot)
{
	(void)the;
	give(slot, (Value) { OBJECT, 0, NULL, 0 });
}

/* A copy, as in XS: what it was made of may be gone. */
void standInSetArrayBuffer(xsMachine *the, xsSlot *slot, void *bytes, xsIntegerValue length)
{
	static uint8_t buffer[4096];
	(void)the;
	must(length >= 0 && (size_t)length <= sizeof buffer, "small buffers");
	memset(buffer, 0, sizeof buffer);
	if (bytes)
		memcpy(buffer, bytes, (size_t)length);
	give(slot, (Value) { BYTES, 0, buffer, (uintptr_t)length });
}

void *standInToArrayBuffer(xsMachine *the, xsSlot *slot)
{
	(void)the;
	must(valueOf(slot).kind == BYTES, "a buffer");
	return (void *)valueOf(slot).pointer;
}

void standInGetBuffer(xsMachine *the, xsSlot *slot, void **bytes, xsUnsignedValue *length)
{
	if (valueOf(slot).kind != BYTES)
		standInThrow(the, "TypeError", "no buffer");
	*bytes = (void *)valueOf(slot).pointer;
	*length = (xsUnsignedValue)valueOf(slot).length;
}

xsBooleanValue standInHas(xsMachine *the, xsSlot *object, xsIdentifier name)
{
	must(object == &the->frame[2], "options are the first argument");
	return options[name].kind != UNDEFINED;
}

/* Of the options, of a list (its length), or of the object itself. */
void standInGet(xsMachine *the, xsSlot *to, xsSlot *object, xsIdentifier name)
{
	Value list = valueOf(object);
	if (object == &the->frame[2]) {
		give(to, options[name]);
	} else if (list.kind == LIST) {
		double count = *(const char *)list.pointer ? 1 : 0;
		for (const char *text = list.pointer; *text; text += 1)
			count += *text == ' ';
		give(to, (Value) { NUMBER, count, NULL, 0 });
	} else {
		give(to, properties[name]);
	}
}

void standInGetIndex(xsMachine *the, xsSlot *to, xsSlot *object, xsIndex index)
{
	static char text[32];
	const char *from = valueOf(object).pointer;
	(void)the;
	for (; index > 0; index -= 1)
		from = strchr(from, ' ') + 1;
	snprintf(text, sizeof text, "%.*s", (int)strcspn(from, " "), from);
	give(to, (Value) { TEXT, 0, text, 0 });
}

void standInSet(xsMachine *the, xsSlot *object, xsIdentifier name, xsSlot *from)
{
	if (object == &the->frame[0]) {
		properties[name] = valueOf(from);
		return;
	}
	must(object == &the->frame[1], "fields are the result's");
	char text[256] = "";
	printValue(valueOf(from), text, sizeof text);
	size_t at = strlen(fields);
	snprintf(fields + at, sizeof fields - at, " %u:%s", name, text);
}

void standInSetHostData(xsMachine *the, xsSlot *slot, void *data)
{
	must(slot == &the->frame[0], "host data are the object's");
	hostData = data;
}

void *standInGetHostData(xsMachine *the, xsSlot *slot, xsDestructor destructor)
{
	must(slot == &the->frame[0] && destructor, "host data are the object's");
	hostDestructor = destructor;
	return hostData;
}

static unsigned remembered;

void standInRemember(xsMachine *the, xsSlot *slot)
{
	(void)the, (void)slot;
	remembered += 1;
}

void standInForget(xsMachine *the, xsSlot *slot)
{
	(void)the, (void)slot;
	must(remembered > 0, "forgets what was not remembered");
	remembered -= 1;
}

void standInCall(xsMachine *the, xsSlot function, xsSlot self)
{
	(void)the, (void)self;
	must(valueOf(&function).kind == FUNCTION && remembered > 0, "calls what is kept");
	printf(" called");
}

bool chipCommand(const char *line)
{
	static uint16_t runs[LINE_BYTES / 4];
	uint64_t atUs = 0;
	int pin = 0, level = 0, at = 0;
	unsigned nth = 0;
	if (sscanf(line, "at %" SCNu64, &atUs) == 1) {
		chipAdvance(atUs);
	} else if (sscanf(line, "pin %d %d %" SCNu64, &pin, &level, &atUs) == 3) {
		chipSetPin(pin, level != 0, atUs);
	} else if (sscanf(line, "hear %" SCNu64 " %n", &atUs, &at) == 1) {
		unsigned count = 0;
		for (const char *text = line + at; count < LINE_BYTES / 4 && text[0] > ' '; text += 4) {
			char four[5] = { text[0], text[1], text[2], text[3], 0 };
			runs[count++] = (uint16_t)strtoul(four, NULL, 16);
		}
		chipHear(runs, count, atUs);
	} else if (sscanf(line, "beam %d %d", &beam.emitter, &beam.receiver) == 2) {
		levels[beam.receiver] = !levels[beam.emitter];
	} else if (sscanf(line, "shadow %d %" SCNu64, &level, &atUs) == 2) {
		chipAdvance(atUs);
		beam.shadow = level != 0;
		setPin(beam.receiver, beam.shadow || !levels[beam.emitter]);
	} else if (strncmp(line, "turn", 4) == 0 && line[4] < ' ') {
		chipTurn();
	} else if (sscanf(line, "fail %u", &nth) == 1) {
		chipFailAt(nth);
	} else if (strncmp(line, "held", 4) == 0) {
		printf(" %u", chipHeld());
	} else if (strncmp(line, "collect", 7) == 0) {
		if (hostDestructor)
			hostDestructor(hostData);
	} else {
		return false;
	}
	return true;
}
