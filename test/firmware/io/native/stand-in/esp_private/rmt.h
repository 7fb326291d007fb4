/** Stand-in: which channel of the chip a handle is. */
#pragma once
#include "driver/rmt_types.h"
esp_err_t rmt_get_channel_id(rmt_channel_handle_t channel, int *id);
