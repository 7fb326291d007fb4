/**
 * The nine-bit line of the multi-drop bus on the plain ESP32 (MDB 4.2 §2): mdb-wire.c between two RMT channels, a timer
 * and JavaScript. The RMT hears bursts of levels and says when the line has rested; an MCPWM capture tells when a burst
 * begins; a GPTimer keeps the limits. All three interrupts and every order of JavaScript exclude each other by one
 * spinlock, so the wire sees one context. Never decides what an answer means.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "chip-pin.h"
#include "contexts.h"
#include "courier.h"
#include "mdb-send.h"
#include "mdb-wire.h"
#include "options.h"
#include "driver/gpio.h"
#include "driver/gptimer.h"
#include "driver/mcpwm_cap.h"
#include "driver/rmt_rx.h"
#include "esp_heap_caps.h"
#include "esp_timer.h"

#define MICROSECOND_HZ 1000000
/* Of all our interrupts: above Wi-Fi's, the highest at which FreeRTOS may be called; equal, so that none breaks in. */
#define INTERRUPT_PRIORITY 3
/* A pulse shorter than this is a spike. The filter counts to 255 ticks of 80 MHz, 3.18 µs. */
#define SPIKE_NS 2000
#define LISTEN_SYMBOLS 256
/* MCPWM unit of the capture; delivery-rim.c has the other one. */
#define CAPTURE_GROUP 1
/* An alarm that is due already is set a moment ahead, so that the timer does not miss it. */
#define ALARM_LEAST_US 10
#define DEVICES 32

typedef struct {
	MdbWire wire;
	MdbSender sender;
	Courier courier;
	rmt_channel_handle_t receiver;
	rmt_receive_config_t listening;
	/* One is filled while the other is read. */
	rmt_symbol_word_t heard[2][LISTEN_SYMBOLS];
	uint8_t filling;
	gptimer_handle_t timer;
	bool timerEnabled, timerRuns;
	mcpwm_cap_timer_handle_t captureTimer;
	mcpwm_cap_channel_handle_t capture;
	bool captureTimerEnabled, captureEnabled;
	ChipPin receivePin, transmitPin;
	int restLevel;
	uint8_t *events[DEVICES];
	xsSlot object;
	bool open;
} Line;

/* In internal memory, where interrupts find it also while the cache is off. */
static Line line;
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;

INTERRUPT static uint64_t now(void)
{
	return (uint64_t)esp_timer_get_time();
}

INTERRUPT static void setTimer(uint64_t nowUs)
{
	if (line.wire.alarmUs == MDB_NEVER_US) {
		gptimer_set_alarm_action(line.timer, NULL);
		return;
	}
	uint64_t inUs = line.wire.alarmUs > nowUs + ALARM_LEAST_US ? line.wire.alarmUs - nowUs : ALARM_LEAST_US;
	uint64_t count = 0;
	gptimer_alarm_config_t alarm;
	gptimer_get_raw_count(line.timer, &count);
	alarm.alarm_count = count + inUs;
	alarm.reload_count = 0;
	alarm.flags.auto_reload_on_alarm = false;
	gptimer_set_alarm_action(line.timer, &alarm);
}

/* Does what the wire wants after one call of it; gives whether JavaScript has something to read. */
INTERRUPT static bool act(uint64_t nowUs)
{
	if (line.wire.breakUs > 0)
		line.wire.txRuns = mdbEncodeBreak(line.wire.breakUs, line.wire.tx);
	if (line.wire.txRuns > 0)
		mdbSend(&line.sender, line.wire.tx, line.wire.txRuns);
	setTimer(nowUs);
	return line.wire.newsWritten != line.wire.newsTaken;
}

INTERRUPT static bool limitPassed(gptimer_handle_t timer, const gptimer_alarm_event_data_t *event, void *refcon)
{
	(void)timer, (void)event, (void)refcon;
	portENTER_CRITICAL_ISR(&lock);
	uint64_t nowUs = now();
	mdbWireTimer(&line.wire, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL_ISR(&lock);
	return news && courierRing(&line.courier);
}

INTERRUPT static bool lineFell(mcpwm_cap_channel_handle_t it, const mcpwm_capture_event_data_t *event, void *refcon)
{
	(void)it, (void)event, (void)refcon;
	/* every start bit comes here; only a burst's first one counts, and a spike is over by now */
	if (line.wire.bursting || gpio_get_level((gpio_num_t)line.receivePin.number) == line.restLevel)
		return false;
	portENTER_CRITICAL_ISR(&lock);
	uint64_t nowUs = now();
	mdbWireBurstBegan(&line.wire, nowUs);
	setTimer(nowUs);
	portEXIT_CRITICAL_ISR(&lock);
	return false;
}

INTERRUPT static bool burstEnded(rmt_channel_handle_t channel, const rmt_rx_done_event_data_t *event, void *refcon)
{
	(void)refcon;
	uint64_t nowUs = now();
	const MdbRun *runs = (const MdbRun *)event->received_symbols;
	uint16_t count = (uint16_t)(event->num_symbols * 2);
	/* first of all listen again: the next word may begin at any moment */
	line.filling ^= 1;
	rmt_receive(channel, line.heard[line.filling], sizeof line.heard[0], &line.listening);
	portENTER_CRITICAL_ISR(&lock);
	uint64_t startUs = nowUs - MDB_BURST_IDLE_US - mdbRunsUs(runs, count);
	mdbWireBurst(&line.wire, runs, count, startUs, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL_ISR(&lock);
	return news && courierRing(&line.courier);
}

/* Runs in: the task of JavaScript, by the courier's message. */
TASK static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	(void)refcon, (void)message, (void)length;
	courierTaken(&line.courier);
	if (!line.open)
		return;
	xsBeginHost((xsMachine *)machine);
	xsmcVars(1);
	xsmcGet(xsVar(0), line.object, xsID_onReadable);
	xsCallFunction0(xsVar(0), line.object);
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
	gptimer_event_callbacks_t callbacks = { .on_alarm = limitPassed };
	esp_err_t problem = gptimer_new_timer(&config, &line.timer);
	if (problem == ESP_OK)
		problem = gptimer_register_event_callbacks(line.timer, &callbacks, NULL);
	if (problem == ESP_OK)
		problem = gptimer_enable(line.timer);
	line.timerEnabled = problem == ESP_OK;
	if (problem == ESP_OK)
		problem = gptimer_start(line.timer);
	line.timerRuns = problem == ESP_OK;
	return problem;
}

TASK static esp_err_t openReceiver(bool inverted)
{
	rmt_rx_channel_config_t config = {
		.gpio_num = (gpio_num_t)line.receivePin.number,
		.clk_src = RMT_CLK_SRC_DEFAULT,
		.resolution_hz = MICROSECOND_HZ,
		.mem_block_symbols = LISTEN_SYMBOLS,
		.intr_priority = INTERRUPT_PRIORITY,
		.flags = { .invert_in = inverted },
	};
	rmt_rx_event_callbacks_t callbacks = { .on_recv_done = burstEnded };
	line.listening.signal_range_min_ns = SPIKE_NS;
	line.listening.signal_range_max_ns = MDB_BURST_IDLE_US * 1000;
	line.filling = 0;
	esp_err_t problem = rmt_new_rx_channel(&config, &line.receiver);
	if (problem != ESP_OK) {
		line.receiver = NULL;
		return problem;
	}
	problem = rmt_rx_register_event_callbacks(line.receiver, &callbacks, NULL);
	if (problem == ESP_OK)
		problem = rmt_enable(line.receiver);
	if (problem == ESP_OK)
		problem = rmt_receive(line.receiver, line.heard[0], sizeof line.heard[0], &line.listening);
	return problem;
}

TASK static esp_err_t openCapture(bool inverted)
{
	mcpwm_capture_timer_config_t timer = { .group_id = CAPTURE_GROUP, .clk_src = MCPWM_CAPTURE_CLK_SRC_DEFAULT };
	mcpwm_capture_channel_config_t config = {
		.gpio_num = line.receivePin.number,
		.intr_priority = INTERRUPT_PRIORITY,
		.prescale = 1,
		.flags = { .pos_edge = inverted, .neg_edge = !inverted },
	};
	mcpwm_capture_event_callbacks_t callbacks = { .on_cap = lineFell };
	esp_err_t problem = mcpwm_new_capture_timer(&timer, &line.captureTimer);
	if (problem == ESP_OK)
		problem = mcpwm_new_capture_channel(line.captureTimer, &config, &line.capture);
	if (problem == ESP_OK)
		problem = mcpwm_capture_channel_register_event_callbacks(line.capture, &callbacks, NULL);
	if (problem == ESP_OK)
		problem = mcpwm_capture_timer_enable(line.captureTimer);
	line.captureTimerEnabled = problem == ESP_OK;
	if (problem == ESP_OK)
		problem = mcpwm_capture_timer_start(line.captureTimer);
	if (problem == ESP_OK)
		problem = mcpwm_capture_channel_enable(line.capture);
	line.captureEnabled = problem == ESP_OK;
	return problem;
}

TASK static void closeCapture(void)
{
	if (line.captureEnabled)
		mcpwm_capture_channel_disable(line.capture);
	if (line.capture)
		mcpwm_del_capture_channel(line.capture);
	if (line.captureTimerEnabled) {
		mcpwm_capture_timer_stop(line.captureTimer);
		mcpwm_capture_timer_disable(line.captureTimer);
	}
	if (line.captureTimer)
		mcpwm_del_capture_timer(line.captureTimer);
	line.captureEnabled = line.captureTimerEnabled = false;
	line.capture = NULL;
	line.captureTimer = NULL;
}

TASK static void closeTimer(void)
{
	if (line.timerRuns)
		gptimer_stop(line.timer);
	if (line.timerEnabled)
		gptimer_disable(line.timer);
	if (line.timer)
		gptimer_del_timer(line.timer);
	line.timerRuns = line.timerEnabled = false;
	line.timer = NULL;
}

/* Undoes whatever of an opening has been done. */
TASK static void closeLine(void)
{
	courierClose(&line.courier);
	closeTimer();
	closeCapture();
	if (line.receiver) {
		rmt_disable(line.receiver);
		rmt_del_channel(line.receiver);
		line.receiver = NULL;
	}
	mdbSenderClose(&line.sender);
	chipPinFree(&line.receivePin);
	chipPinFree(&line.transmitPin);
	for (unsigned device = 0; device < DEVICES; device += 1) {
		heap_caps_free(line.events[device]);
		line.events[device] = NULL;
	}
	line.open = false;
}

TASK void xs_mdb_line_destructor(void *data)
{
	if (data)
		closeLine();
}

TASK void xs_mdb_line(xsMachine *the)
{
	int receivePin = optionNumber(the, xsID_receive, -1);
	int transmitPin = optionNumber(the, xsID_transmit, -1);
	bool invertReceive = optionFlag(the, xsID_invertReceive);
	bool invertTransmit = optionFlag(the, xsID_invertTransmit);
	optionCallback(the, xsID_onReadable);
	if (line.open)
		xsUnknownError("in use");
	if (!chipPinTake(&line.receivePin, receivePin) || !chipPinTake(&line.transmitPin, transmitPin)) {
		closeLine();
		xsUnknownError("pin in use");
	}
	mdbWireReset(&line.wire);
	line.restLevel = invertReceive ? 0 : 1;
	esp_err_t problem = courierOpen(&line.courier, the, deliver) ? ESP_OK : ESP_ERR_NO_MEM;
	if (problem == ESP_OK)
		problem = mdbSenderOpen(&line.sender, transmitPin, invertTransmit, INTERRUPT_PRIORITY);
	if (problem == ESP_OK)
		problem = openTimer();
	if (problem == ESP_OK)
		problem = openReceiver(invertReceive);
	if (problem == ESP_OK)
		problem = openCapture(invertReceive);
	if (problem != ESP_OK) {
		closeLine();
		xsUnknownError("the line cannot be opened: %d", (int)problem);
	}
	line.object = xsThis;
	xsRemember(line.object);
	line.open = true;
	xsmcSetHostData(xsThis, &line);
}

/* Throws for a line that is closed. */
TASK static void needOpen(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_mdb_line_destructor))
		xsUnknownError("closed");
}

TASK void xs_mdb_line_close(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_mdb_line_destructor))
		return;
	closeLine();
	xsForget(line.object);
	xsmcSetHostData(xsThis, NULL);
}

/* The wire keeps the pointer through the exchange, so the table has to lie still, in internal memory. */
TASK static const uint8_t *keepEvents(uint8_t address, const uint8_t *events)
{
	uint8_t **kept = &line.events[address / (256 / DEVICES)];
	if (!*kept)
		*kept = heap_caps_malloc(MDB_EVENT_CODES, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
	for (unsigned code = 0; *kept && code < MDB_EVENT_CODES; code += 1)
		(*kept)[code] = events[code];
	return *kept;
}

TASK void xs_mdb_line_send(xsMachine *the)
{
	void *bytes = NULL;
	xsUnsignedValue length = 0, eventCount = 0;
	const uint8_t *events = NULL;
	uint8_t block[MDB_MAX_BLOCK_BYTES];
	needOpen(the);
	MdbReplyClass replyClass = (MdbReplyClass)xsmcToInteger(xsArg(1));
	bool ackFirst = xsmcTest(xsArg(3));
	xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	if (length == 0 || length > sizeof block) {
		xsmcSetFalse(xsResult);
		return;
	}
	for (xsUnsignedValue i = 0; i < length; i += 1)
		block[i] = ((const uint8_t *)bytes)[i];
	if (replyClass == MDB_REPLY_EVENTS) {
		xsmcGetBufferReadable(xsArg(2), &bytes, &eventCount);
		if (eventCount != MDB_EVENT_CODES)
			xsRangeError("events: not one code a byte");
		events = keepEvents(block[0], bytes);
		if (!events)
			xsUnknownError("no memory");
	} else if (replyClass != MDB_REPLY_FREE && replyClass != MDB_REPLY_HELD) {
		xsRangeError("no such class");
	}
	portENTER_CRITICAL(&lock);
	uint64_t nowUs = now();
	bool taken = mdbWireSend(&line.wire, block, (uint8_t)length, replyClass, events, ackFirst, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL(&lock);
	if (news)
		courierRingFromTask(&line.courier);
	xsmcSetBoolean(xsResult, taken);
}

TASK void xs_mdb_line_release(xsMachine *the)
{
	needOpen(the);
	portENTER_CRITICAL(&lock);
	uint64_t nowUs = now();
	mdbWireRelease(&line.wire, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL(&lock);
	if (news)
		courierRingFromTask(&line.courier);
}

TASK void xs_mdb_line_bus_reset(xsMachine *the)
{
	needOpen(the);
	portENTER_CRITICAL(&lock);
	uint64_t nowUs = now();
	mdbWireBusReset(&line.wire, nowUs);
	bool news = act(nowUs);
	portEXIT_CRITICAL(&lock);
	if (news)
		courierRingFromTask(&line.courier);
}

TASK void xs_mdb_line_read(xsMachine *the)
{
	static const char *const KINDS[] = {
		"ack", "nak", "data", "silent", "garbled", "ackSent", "ackWithheld", "busReset"
	};
	static const char *const REASONS[] = { "checksum", "noEnd", "overLong", "conflict", "late", "" };
	MdbNews news;
	needOpen(the);
	if (!mdbWireTake(&line.wire, &news))
		return;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	xsmcSetString(xsVar(0), (char *)KINDS[news.result.kind]);
	xsmcSet(xsResult, xsID_kind, xsVar(0));
	if (news.result.kind == MDB_RESULT_GARBLED) {
		xsmcSetString(xsVar(0), (char *)REASONS[news.result.reason]);
		xsmcSet(xsResult, xsID_reason, xsVar(0));
	} else if (news.result.kind == MDB_RESULT_DATA) {
		xsmcSetArrayBuffer(xsVar(0), news.reply, news.replyLength);
		xsmcSet(xsResult, xsID_bytes, xsVar(0));
		xsmcSetBoolean(xsVar(0), news.result.held);
		xsmcSet(xsResult, xsID_held, xsVar(0));
	}
}

TASK static void setCount(xsMachine *the, xsIdentifier name, uint32_t count)
{
	xsmcSetNumber(xsVar(0), count);
	xsmcSet(xsResult, name, xsVar(0));
}

TASK void xs_mdb_line_counters(xsMachine *the)
{
	needOpen(the);
	const MdbCounters *counters = &line.wire.link.counters;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	setCount(the, xsID_blocks, counters->blocks);
	setCount(the, xsID_rets, counters->rets);
	setCount(the, xsID_naks, counters->naks);
	setCount(the, xsID_garbled, counters->garbled);
	setCount(the, xsID_strays, counters->strays);
	setCount(the, xsID_lateReleases, counters->lateReleases);
	setCount(the, xsID_framingErrors, line.wire.framingErrors);
	setCount(the, xsID_newsLost, line.wire.newsLost);
}
