/** Runs chip.c, watchdog.c, firmware-image.c and device-key.c: one command a line, one line of what came of it. */
#include "chip.h"
#include "store.h"

#define CALL(word, name) { word, name },
#define CALLS(CALL) \
	CALL("cause", xs_chip_restart_cause) CALL("restart", xs_chip_restart) CALL("free", xs_chip_free_bytes) \
	CALL("random", xs_chip_random) CALL("address", xs_chip_hardware_address) \
	CALL("watch", xs_watchdog) CALL("timeout", xs_watchdog_timeout_ms) CALL("feed", xs_watchdog_feed) \
	CALL("unwatch", xs_watchdog_close) \
	CALL("image", xs_image_state) CALL("version", xs_image_version) CALL("confirm", xs_image_confirm) \
	CALL("rollback", xs_image_roll_back) CALL("writer", xs_image_writer) CALL("slot", xs_image_writer_slot_bytes) \
	CALL("position", xs_image_writer_position) CALL("write", xs_image_writer_write) \
	CALL("look", xs_image_writer_read) CALL("complete", xs_image_writer_complete) \
	CALL("endwriter", xs_image_writer_close) \
	CALL("key", xs_device_key) CALL("keystate", xs_device_key_state) CALL("public", xs_device_key_public) \
	CALL("private", xs_device_key_private) CALL("sign", xs_device_key_sign) CALL("endkey", xs_device_key_close)
#define DECLARE(word, name) void name(xsMachine *the);
CALLS(DECLARE)

static const struct { const char *word; void (*function)(xsMachine *); } TABLE[] = { CALLS(CALL) };

/* "WORD NUMBER NUMBER" or "WORD xHEX": numbers or bytes are the arguments. */
static bool call(const char *line)
{
	static uint8_t bytes[LINE_BYTES];
	char word[16] = "";
	double numbers[2] = { 0, 0 };
	int at = 0;
	sscanf(line, "%15s %n", word, &at);
	for (unsigned i = 0; i < sizeof TABLE / sizeof TABLE[0]; i += 1) {
		if (strcmp(word, TABLE[i].word) != 0)
			continue;
		if (line[at] == 'x') {
			unsigned length = 0;
			for (const char *text = line + at + 1; text[0] > ' ' && text[1] > ' '; text += 2) {
				char pair[3] = { text[0], text[1], 0 };
				bytes[length++] = (uint8_t)strtoul(pair, NULL, 16);
			}
			chipBytes(0, bytes, length);
		} else {
			sscanf(line + at, "%lf %lf", &numbers[0], &numbers[1]);
			chipNumber(0, numbers[0]);
			chipNumber(1, numbers[1]);
		}
		if (storeCall(TABLE[i].function))
			chipPrintResult();
		return true;
	}
	return false;
}

int main(void)
{
	static char line[2 * LINE_BYTES];
	chipForgetOptions();
	chipOptionFunction(xsID_onReady);
	while (fgets(line, sizeof line, stdin)) {
		printf("%s", "-");
		if (strncmp(line, "nocallback", 10) == 0)
			chipForgetOptions();
		else if (!call(line) && !storeCommand(line) && !chipCommand(line))
			return 2;
		printf("\n");
	}
	return 0;
}
