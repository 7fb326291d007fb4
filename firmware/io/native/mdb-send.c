/** Sends level runs by the RMT at once: see mdb-send.h. */
#include "contexts.h"
#include "mdb-send.h"
#include "driver/gpio.h"
#include "esp_private/rmt.h"
#include "sdkconfig.h"
#include "soc/rmt_struct.h"

#if !CONFIG_IDF_TARGET_ESP32
#error "the registers below are the plain ESP32's"
#endif

#define MICROSECOND_HZ 1000000
/* Words of a memory block of the plain ESP32; a channel takes as many blocks as its symbols need, from its own on. */
#define BLOCK_SYMBOLS 64

_Static_assert(MDB_MAX_RUNS / 2 + 1 <= MDB_SEND_SYMBOLS, "the longest block and its end lie in the channel's memory");

/* The memory of all channels, one block after the other; its address is given by the chip's linker script. */
extern volatile uint32_t RMTMEM[];

TASK esp_err_t mdbSenderOpen(MdbSender *sender, int pin, bool inverted, int priority)
{
	rmt_tx_channel_config_t config = {
		.gpio_num = (gpio_num_t)pin,
		.clk_src = RMT_CLK_SRC_DEFAULT,
		.resolution_hz = MICROSECOND_HZ,
		.mem_block_symbols = MDB_SEND_SYMBOLS,
		.trans_queue_depth = 1,
		.intr_priority = priority,
		.flags = { .invert_out = inverted, .init_level = 1 },
	};
	esp_err_t problem = rmt_new_tx_channel(&config, &sender->channel);
	if (problem != ESP_OK) {
		sender->channel = NULL;
		return problem;
	}
	problem = rmt_get_channel_id(sender->channel, &sender->id);
	if (problem == ESP_OK)
		problem = rmt_enable(sender->channel);
	return problem;
}

TASK void mdbSenderClose(MdbSender *sender)
{
	if (!sender->channel)
		return;
	rmt_disable(sender->channel);
	rmt_del_channel(sender->channel);
	sender->channel = NULL;
}

INTERRUPT void mdbSend(MdbSender *sender, const MdbRun *runs, uint16_t count)
{
	volatile uint32_t *memory = RMTMEM + sender->id * BLOCK_SYMBOLS;
	for (uint16_t i = 0; i < count; i = (uint16_t)(i + 2)) {
		uint32_t second = i + 1 < count ? runs[i + 1] : 0;
		memory[i / 2] = runs[i] | second << 16;
	}
	/* a half of 0 µs ends it; an odd count has one already */
	memory[(count + 1) / 2] = 0;
	RMT.conf_ch[sender->id].conf1.mem_rd_rst = 1;
	RMT.conf_ch[sender->id].conf1.mem_rd_rst = 0;
	RMT.conf_ch[sender->id].conf1.tx_start = 1;
}
