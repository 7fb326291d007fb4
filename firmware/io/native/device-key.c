/**
 * The RSA-2048 key of this board: made by PSA Crypto, kept as RSAPrivateKey (RFC 8017 A.1.2) in the NVS partition
 * `keys`. The flash is not encrypted, so whoever holds the board can read the key: what it proves is the board, and the
 * fleet revokes its certificate when a board is lost. See device-key.d.ts.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "contexts.h"
#include "options.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "psa/crypto.h"

#define PARTITION "keys"
#define NAMESPACE "device"
#define ENTRY "rsa"
#define KEY_BITS 2048
#define MODULUS_BYTES (KEY_BITS / 8)
/* RSAPrivateKey of 2,048 bits takes 1,193 bytes at most, RSAPublicKey 270. */
#define MOST_PRIVATE_BYTES 1280
#define MOST_PUBLIC_BYTES 288
#define DIGEST_BYTES 32
#define MAKER_STACK_BYTES 8192
/* Below the task of JavaScript: a machine that sells goes on selling. */
#define MAKER_PRIORITY 2

typedef enum { KEY_CLOSED, KEY_MAKING, KEY_READY, KEY_FAILED } KeyState;

typedef struct {
	volatile KeyState state;
	psa_key_id_t id;
	xsMachine *volatile the;
	volatile bool making;
	xsSlot object;
} Key;

static Key key;

/* Imports the key that is kept; false: there is none, or it is damaged. Runs in: the maker's task. */
TASK static bool load(uint8_t *bytes, const psa_key_attributes_t *attributes)
{
	nvs_handle_t entry;
	size_t length = MOST_PRIVATE_BYTES;
	if (nvs_open_from_partition(PARTITION, NAMESPACE, NVS_READONLY, &entry) != ESP_OK)
		return false;
	bool found = nvs_get_blob(entry, ENTRY, bytes, &length) == ESP_OK;
	nvs_close(entry);
	return found && psa_import_key(attributes, bytes, length, &key.id) == PSA_SUCCESS;
}

/* Makes a key and keeps it; a key that could not be kept is none. Runs in: the maker's task. */
TASK static bool make(uint8_t *bytes, const psa_key_attributes_t *attributes)
{
	nvs_handle_t entry;
	size_t length = 0;
	if (psa_generate_key(attributes, &key.id) != PSA_SUCCESS)
		return false;
	bool kept = false;
	if (psa_export_key(key.id, bytes, MOST_PRIVATE_BYTES, &length) == PSA_SUCCESS
		&& nvs_open_from_partition(PARTITION, NAMESPACE, NVS_READWRITE, &entry) == ESP_OK) {
		kept = nvs_set_blob(entry, ENTRY, bytes, length) == ESP_OK && nvs_commit(entry) == ESP_OK;
		nvs_close(entry);
	}
	if (!kept)
		psa_destroy_key(key.id);
	return kept;
}

/* An NVS partition that was never written, or of another version, begins anew: there is no key in it to lose. */
TASK static bool openStore(void)
{
	esp_err_t problem = nvs_flash_init_partition(PARTITION);
	if (problem == ESP_ERR_NVS_NO_FREE_PAGES || problem == ESP_ERR_NVS_NEW_VERSION_FOUND) {
		if (nvs_flash_erase_partition(PARTITION) != ESP_OK)
			return false;
		problem = nvs_flash_init_partition(PARTITION);
	}
	return problem == ESP_OK;
}

/* Runs in: the task of JavaScript, by the maker's message. */
TASK static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	(void)refcon, (void)message, (void)length;
	if (key.state == KEY_CLOSED)
		return;
	xsBeginHost((xsMachine *)machine);
	xsmcVars(1);
	xsmcGet(xsVar(0), key.object, xsID_onReady);
	xsCallFunction0(xsVar(0), key.object);
	xsEndHost(machine);
}

/* Runs in: a task of its own, which ends with it. */
TASK static void maker(void *refcon)
{
	(void)refcon;
	/* the private key passes through here; nobody else's buffer shall hold it afterwards */
	uint8_t bytes[MOST_PRIVATE_BYTES];
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_RSA_KEY_PAIR);
	psa_set_key_bits(&attributes, KEY_BITS);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
	psa_set_key_algorithm(&attributes, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256));
	bool good = psa_crypto_init() == PSA_SUCCESS && openStore();
	good = good && (load(bytes, &attributes) || make(bytes, &attributes));
	for (volatile uint8_t *byte = bytes; byte < bytes + sizeof bytes; byte += 1)
		*byte = 0;
	if (key.state == KEY_MAKING)
		key.state = good ? KEY_READY : KEY_FAILED;
	else if (good)
		psa_destroy_key(key.id);
	key.making = false;
	xsMachine *the = key.the;
	if (the)
		modMessagePostToMachine(the, NULL, 0, deliver, NULL);
	vTaskDelete(NULL);
}

TASK static void closeKey(void)
{
	if (key.state == KEY_READY)
		psa_destroy_key(key.id);
	key.state = KEY_CLOSED;
	key.the = NULL;
}

TASK void xs_device_key_destructor(void *data)
{
	if (data)
		closeKey();
}

TASK void xs_device_key(xsMachine *the)
{
	optionCallback(the, xsID_onReady);
	/* a maker that was closed over goes on to its end */
	if (key.state != KEY_CLOSED || key.making)
		xsUnknownError("in use");
	key.the = the;
	key.state = KEY_MAKING;
	key.making = true;
	key.object = xsThis;
	if (xTaskCreate(maker, "key", MAKER_STACK_BYTES, NULL, MAKER_PRIORITY, NULL) != pdPASS) {
		key.making = false;
		closeKey();
		xsUnknownError("no memory");
	}
	xsRemember(key.object);
	xsmcSetHostData(xsThis, &key);
}

/* Throws for a key that is closed. */
TASK static void needOpen(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_device_key_destructor))
		xsUnknownError("closed");
}

TASK static void needReady(xsMachine *the)
{
	needOpen(the);
	if (key.state != KEY_READY)
		xsUnknownError("not ready");
}

TASK void xs_device_key_state(xsMachine *the)
{
	needOpen(the);
	xsmcSetString(xsResult, key.state == KEY_READY ? "ready" : key.state == KEY_FAILED ? "failed" : "making");
}

TASK void xs_device_key_public(xsMachine *the)
{
	uint8_t bytes[MOST_PUBLIC_BYTES];
	size_t length = 0;
	needReady(the);
	if (psa_export_public_key(key.id, bytes, sizeof bytes, &length) != PSA_SUCCESS)
		xsUnknownError("no public key");
	xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)length);
}

TASK void xs_device_key_private(xsMachine *the)
{
	uint8_t bytes[MOST_PRIVATE_BYTES];
	size_t length = 0;
	needReady(the);
	if (psa_export_key(key.id, bytes, sizeof bytes, &length) != PSA_SUCCESS)
		xsUnknownError("no private key");
	xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)length);
	for (volatile uint8_t *byte = bytes; byte < bytes + sizeof bytes; byte += 1)
		*byte = 0;
}

TASK void xs_device_key_sign(xsMachine *the)
{
	uint8_t digest[DIGEST_BYTES], signature[MODULUS_BYTES];
	void *bytes = NULL;
	xsUnsignedValue count = 0;
	size_t length = 0;
	needReady(the);
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	if (count != DIGEST_BYTES)
		xsRangeError("not a SHA-256 digest");
	for (unsigned i = 0; i < DIGEST_BYTES; i += 1)
		digest[i] = ((const uint8_t *)bytes)[i];
	if (psa_sign_hash(key.id, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256), digest, sizeof digest, signature,
		sizeof signature, &length) != PSA_SUCCESS)
		xsUnknownError("cannot sign");
	xsmcSetArrayBuffer(xsResult, signature, (xsIntegerValue)length);
}

TASK void xs_device_key_close(xsMachine *the)
{
	if (!xsmcGetHostDataValidate(xsThis, xs_device_key_destructor))
		return;
	closeKey();
	xsForget(key.object);
	xsmcSetHostData(xsThis, NULL);
}
