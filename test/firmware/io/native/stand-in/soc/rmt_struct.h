/** Stand-in: the registers of the RMT, as far as a transmission is started by them. */
#pragma once
#include <stdint.h>
typedef volatile struct {
	struct {
		struct { uint32_t unused; } conf0;
		struct { uint32_t tx_start : 1, rx_en : 1, mem_wr_rst : 1, mem_rd_rst : 1; } conf1;
	} conf_ch[8];
} rmt_dev_t;
extern rmt_dev_t RMT;
