/** Stand-in: the registers of the RMT. */
#pragma once
#include <stdint.h>
typedef struct { uint32_t registers[64]; } rmt_dev_t;
extern rmt_dev_t RMT;
