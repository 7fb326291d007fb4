/** Pulses of the simulated ESP32: RMT, which sends and hears the bus, and MCPWM, which captures edges and drives. */
#include "chip-inside.h"
#include "driver/mcpwm_cap.h"
#include "driver/mcpwm_prelude.h"
#include "driver/rmt_rx.h"
#include "driver/rmt_tx.h"
#include "esp_private/rmt.h"
#include "soc/rmt_struct.h"

#define CAPTURES 6
#define CHANNELS 8
#define BLOCK_SYMBOLS 64

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

void printSent(void)
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

void captureEdge(int pin, bool level)
{
	for (unsigned i = 0; i < CAPTURES; i += 1) {
		if (!captures[i].enabled || captures[i].pin != pin || !(level ? captures[i].rising : captures[i].falling))
			continue;
		mcpwm_capture_event_data_t event = { 0, level ? MCPWM_CAP_EDGE_POS : MCPWM_CAP_EDGE_NEG };
		inInterrupt = true;
		captures[i].onEdge((mcpwm_cap_channel_handle_t)&captures[i].slot, &event, NULL);
		inInterrupt = false;
		printSent();
	}
}
