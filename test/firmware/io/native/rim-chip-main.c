/** Runs delivery-rim.c on the simulated chip: one command a line, one line of what came of it. Times in µs. */
#include "chip.h"
#include "esp_partition.h"

void xs_delivery_rim(xsMachine *the);
void xs_delivery_rim_turn(xsMachine *the);
void xs_delivery_rim_stop(xsMachine *the);
void xs_delivery_rim_emitter(xsMachine *the);
void xs_delivery_rim_read(xsMachine *the);
void xs_delivery_rim_home_closed(xsMachine *the);
void xs_delivery_rim_dark(xsMachine *the);
void xs_delivery_rim_mains_failing(xsMachine *the);
void xs_delivery_rim_stalling(xsMachine *the);
void xs_delivery_rim_now_us(xsMachine *the);
void xs_delivery_rim_events_lost(xsMachine *the);
void xs_delivery_rim_close(xsMachine *the);

/* The partition of notes, and what is written into it. */
static const esp_partition_t NOTES = { 0x740000, 0x1000, 0x1000, "note" };
static bool hasNotes = true;

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
	const char *label)
{
	(void)type, (void)subtype;
	return hasNotes && strcmp(label, NOTES.label) == 0 ? &NOTES : NULL;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *bytes, size_t length)
{
	if (partition != &NOTES || offset != 0 || length > 256 || length % 4 != 0)
		abort();
	printf(" note=");
	for (size_t at = 0; at < length; at += 1)
		printf("%02x", ((const uint8_t *)bytes)[at]);
	return ESP_OK;
}

/* "open MOTOR HOME STALL EMITTER BEAM POWERFAIL LINES...": the lines that are active when low. */
static void openRim(const char *line)
{
	static const xsIdentifier NAMES[] = {
		xsID_motor, xsID_home, xsID_stall, xsID_emitter, xsID_beam, xsID_powerFail
	};
	static char low[128];
	int pins[6] = { -1, -1, -1, -1, -1, -1 }, at = 0;
	sscanf(line, "open %d %d %d %d %d %d %n", &pins[0], &pins[1], &pins[2], &pins[3], &pins[4], &pins[5], &at);
	snprintf(low, sizeof low, "%.*s", (int)strcspn(line + at, "\n"), line + at);
	chipForgetOptions();
	for (int i = 0; i < 6; i += 1)
		if (pins[i] >= -1 && !((i == 2 || i == 5) && pins[i] == -1))
			chipOptionNumber(NAMES[i], pins[i]);
	chipOptionList(xsID_activeLow, low);
	chipOptionFunction(xsID_onReadable);
	chipCall(xs_delivery_rim);
}

static bool call(const char *line)
{
	static const struct { const char *word; void (*function)(xsMachine *); int numbers; } CALLS[] = {
		{ "go", xs_delivery_rim_turn, 3 }, { "stop", xs_delivery_rim_stop, 0 },
		{ "emitter", xs_delivery_rim_emitter, 1 }, { "read", xs_delivery_rim_read, 0 },
		{ "home", xs_delivery_rim_home_closed, 0 }, { "dark", xs_delivery_rim_dark, 0 },
		{ "mains", xs_delivery_rim_mains_failing, 0 }, { "stalling", xs_delivery_rim_stalling, 0 },
		{ "now", xs_delivery_rim_now_us, 0 }, { "lost", xs_delivery_rim_events_lost, 0 },
		{ "close", xs_delivery_rim_close, 0 },
	};
	double numbers[3] = { 0, 0, 0 };
	char word[16] = "";
	sscanf(line, "%15s %lf %lf %lf", word, &numbers[0], &numbers[1], &numbers[2]);
	for (unsigned i = 0; i < sizeof CALLS / sizeof CALLS[0]; i += 1) {
		if (strcmp(word, CALLS[i].word) != 0)
			continue;
		for (int argument = 0; argument < CALLS[i].numbers; argument += 1)
			chipNumber(argument, numbers[argument]);
		if (chipCall(CALLS[i].function))
			chipPrintResult();
		return true;
	}
	return false;
}

int main(void)
{
	static char line[LINE_BYTES];
	while (fgets(line, sizeof line, stdin)) {
		printf("%s", "-");
		if (strncmp(line, "open", 4) == 0)
			openRim(line);
		else if (strncmp(line, "no notes", 8) == 0)
			hasNotes = false;
		else if (!call(line) && !chipCommand(line))
			return 2;
		printf("\n");
	}
	return 0;
}
