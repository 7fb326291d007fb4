/** Stand-in: the two register accesses of the RMT that a transmission is started by. */
#pragma once
#include "soc/rmt_struct.h"
void rmt_ll_tx_reset_pointer(rmt_dev_t *device, uint32_t channel);
void rmt_ll_tx_start(rmt_dev_t *device, uint32_t channel);
