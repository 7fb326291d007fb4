/**
 * Sends level runs by the RMT at once, from any context. The driver's own transmit function takes its orders through
 * queues whose functions lie in flash and may not be called from an interrupt; an ACK that is due within 5 ms cannot
 * wait for them. So the channel is made, clocked and wired by the driver (driver/rmt_tx.h), and only the start of a
 * transmission goes to the registers: the whole of it lies in the channel's memory beforehand, nothing is refilled.
 */
#ifndef SPIRAL_MDB_SEND_H
#define SPIRAL_MDB_SEND_H

#include "driver/rmt_tx.h"
#include "esp_err.h"
#include "mdb-wire.h"

/* Two runs are one symbol, and one symbol ends them. */
#define MDB_SEND_SYMBOLS 256

typedef struct {
	rmt_channel_handle_t channel;
	int id;
} MdbSender;

/* The line rests high, low if `inverted`. */
esp_err_t mdbSenderOpen(MdbSender *sender, int pin, bool inverted, int priority);
void mdbSenderClose(MdbSender *sender);
/* `runs` after which the line rests; nothing may be under way: the link sees to that. */
void mdbSend(MdbSender *sender, const MdbRun *runs, uint16_t count);

#endif
