/** Runs mdb-line.c on the simulated chip: one command a line, one line of what came of it. Times in microseconds. */
#include "chip.h"

void xs_mdb_line(xsMachine *the);
void xs_mdb_line_send(xsMachine *the);
void xs_mdb_line_release(xsMachine *the);
void xs_mdb_line_bus_reset(xsMachine *the);
void xs_mdb_line_read(xsMachine *the);
void xs_mdb_line_counters(xsMachine *the);
void xs_mdb_line_close(xsMachine *the);

static unsigned hexBytes(const char *text, uint8_t *bytes, unsigned most)
{
	unsigned length = 0;
	for (; length < most && text[0] > ' ' && text[1] > ' '; text += 2) {
		char pair[3] = { text[0], text[1], 0 };
		bytes[length++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return length;
}

/* "open RECEIVE TRANSMIT INVERT CALLBACK" */
static void openLine(const char *line)
{
	int receive = -1, transmit = -1, invert = 0, callback = 1;
	sscanf(line, "open %d %d %d %d", &receive, &transmit, &invert, &callback);
	chipForgetOptions();
	chipOptionNumber(xsID_receive, receive);
	chipOptionNumber(xsID_transmit, transmit);
	chipOptionNumber(xsID_invertReceive, invert & 1);
	chipOptionNumber(xsID_invertTransmit, invert >> 1);
	if (callback)
		chipOptionFunction(xsID_onReadable);
	chipCall(xs_mdb_line);
}

/* "send CLASS ACKFIRST HEX": as JavaScript would, with the events of the device it addresses. */
static void sendBlock(const char *line, uint8_t (*events)[256])
{
	static uint8_t block[LINE_BYTES / 2];
	int replyClass = 0, ackFirst = 0, at = 0;
	sscanf(line, "send %d %d %n", &replyClass, &ackFirst, &at);
	unsigned length = hexBytes(line + at, block, sizeof block);
	chipBytes(0, block, length);
	chipNumber(1, replyClass);
	chipBytes(2, events[length > 0 ? block[0] >> 3 : 0], 256);
	chipNumber(3, ackFirst);
	if (chipCall(xs_mdb_line_send))
		chipPrintResult();
}

int main(void)
{
	static char line[LINE_BYTES];
	static uint8_t events[32][256];
	unsigned device = 0;
	int at = 0;
	while (fgets(line, sizeof line, stdin)) {
		printf("%s", "-");
		if (sscanf(line, "e %u %n", &device, &at) == 1)
			hexBytes(line + at, events[device % 32], 256);
		else if (strncmp(line, "open", 4) == 0)
			openLine(line);
		else if (strncmp(line, "send", 4) == 0)
			sendBlock(line, events);
		else if (strncmp(line, "release", 7) == 0)
			chipCall(xs_mdb_line_release);
		else if (strncmp(line, "reset", 5) == 0)
			chipCall(xs_mdb_line_bus_reset);
		else if (strncmp(line, "close", 5) == 0)
			chipCall(xs_mdb_line_close);
		else if (strncmp(line, "read", 4) == 0) {
			if (chipCall(xs_mdb_line_read))
				chipPrintResult();
		} else if (strncmp(line, "counters", 8) == 0) {
			if (chipCall(xs_mdb_line_counters))
				chipPrintResult();
		} else if (!chipCommand(line)) {
			return 2;
		}
		printf("\n");
	}
	return 0;
}
