/** A plain ESP32 as far as link and rim see it: see chip.h. */
#include "chip-inside.h"
#include "builtinCommon.h"
#include "driver/gpio.h"
#include "driver/gptimer.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"
#include "freertos/task.h"

#define TIMERS 4
#define TASKS 16
#define MESSAGES 10

xsMachine machine;
uint64_t chipNowUs;

bool inInterrupt;
portMUX_TYPE *held;
static unsigned failAt, things;
static bool usedPins[CHIP_PINS];
bool levels[CHIP_PINS];

void must(bool good, const char *what)
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

esp_err_t openThing(void **handle, unsigned *slot)
{
	must(!inInterrupt && !held, "opened in an interrupt or under a lock");
	if (chipFails())
		return ESP_FAIL;
	things += 1;
	*handle = slot;
	return ESP_OK;
}

esp_err_t closeThing(void)
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

/* ---- what happens ---- */

static void setPin(int pin, bool level)
{
	bool changed = levels[pin] != level;
	levels[pin] = level;
	if (changed)
		captureEdge(pin, level);
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
		collectObject();
	} else {
		return false;
	}
	return true;
}
