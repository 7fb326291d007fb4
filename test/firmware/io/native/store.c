/** What a chip keeps: see store.h. Flash is erased by the sector and programmed from 1 to 0, as the driver does it. */
#include <setjmp.h>
#include "chip.h"
#include "store.h"
#include "app_update/include/esp_ota_ops.h"
#include "esp_app_desc.h"
#include "esp_mac.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "psa/crypto.h"
#include "rtc_wdt.h"

#define SECTOR 4096
#define SLOT_BYTES (8 * SECTOR)
#define IMAGE_MAGIC 0xe9

static esp_reset_reason_t reason = ESP_RST_POWERON;
static jmp_buf restarted;

bool storeCall(void (*function)(xsMachine *the))
{
	if (setjmp(restarted) != 0) {
		printf(" restarted");
		return false;
	}
	return chipCall(function);
}

esp_reset_reason_t esp_reset_reason(void)
{
	return reason;
}

void esp_restart(void)
{
	reason = ESP_RST_SW;
	longjmp(restarted, 1);
}

void esp_fill_random(void *bytes, size_t length)
{
	memset(bytes, 0x5a, length);
}

esp_err_t esp_efuse_mac_get_default(uint8_t *address)
{
	for (int i = 0; i < 6; i += 1)
		address[i] = (uint8_t)(0x20 + i);
	return chipFails() ? ESP_FAIL : ESP_OK;
}

size_t heap_caps_get_free_size(uint32_t caps)
{
	(void)caps;
	return 123456;
}

/* ---- watchdogs ---- */

static int user;
static bool watching;

esp_err_t esp_task_wdt_add_user(const char *name, esp_task_wdt_user_handle_t *handle)
{
	if (chipFails())
		return ESP_FAIL;
	printf(" watch:%s", name);
	watching = true;
	*handle = (esp_task_wdt_user_handle_t)&user;
	return ESP_OK;
}

esp_err_t esp_task_wdt_reset_user(esp_task_wdt_user_handle_t handle)
{
	(void)handle;
	printf(" fed");
	return ESP_OK;
}

esp_err_t esp_task_wdt_delete_user(esp_task_wdt_user_handle_t handle)
{
	(void)handle;
	printf(" unwatched");
	watching = false;
	return ESP_OK;
}

void rtc_wdt_disable(void)
{
	printf(watching ? " bootWatchEnds" : " unguarded");
}

/* ---- images ---- */

static uint8_t slot[SLOT_BYTES];
static const esp_partition_t RUNNING = { 0x20000, SLOT_BYTES, SECTOR, "ota_0" };
static const esp_partition_t OTHER = { 0x320000, SLOT_BYTES, SECTOR, "ota_1" };
static esp_ota_img_states_t state = ESP_OTA_IMG_UNDEFINED;
static bool otherBoots, canRollBack, session;
static uint32_t wrote;

const esp_partition_t *esp_ota_get_running_partition(void)
{
	return &RUNNING;
}

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from)
{
	(void)from;
	return &OTHER;
}

esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *result)
{
	(void)partition;
	*result = state;
	return state == ESP_OTA_IMG_UNDEFINED ? ESP_FAIL : ESP_OK;
}

esp_err_t esp_ota_mark_app_valid_cancel_rollback(void)
{
	if (chipFails())
		return ESP_FAIL;
	state = ESP_OTA_IMG_VALID;
	return ESP_OK;
}

bool esp_ota_check_rollback_is_possible(void)
{
	return canRollBack;
}

esp_err_t esp_ota_mark_app_invalid_rollback_and_reboot(void)
{
	state = ESP_OTA_IMG_INVALID;
	esp_restart();
}

const esp_app_desc_t *esp_app_get_description(void)
{
	static const esp_app_desc_t DESCRIPTION = { "0.1.0" };
	return &DESCRIPTION;
}

esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t bytes, esp_ota_handle_t *handle)
{
	if (chipFails() || bytes != OTA_WITH_SEQUENTIAL_WRITES || partition != &OTHER)
		return ESP_FAIL;
	otherBoots = false;
	wrote = 0;
	session = true;
	*handle = 7;
	return ESP_OK;
}

esp_err_t esp_ota_resume(const esp_partition_t *partition, size_t erase, size_t offset, esp_ota_handle_t *handle)
{
	if (chipFails() || erase != OTA_WITH_SEQUENTIAL_WRITES || partition != &OTHER)
		return ESP_FAIL;
	wrote = (uint32_t)offset;
	session = true;
	*handle = 7;
	return ESP_OK;
}

esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;
	if (handle != 7 || chipFails())
		return ESP_FAIL;
	if (wrote == 0 && from[0] != IMAGE_MAGIC)
		return ESP_ERR_OTA_VALIDATE_FAILED;
	for (size_t i = 0; i < length; i += 1) {
		if (wrote % SECTOR == 0)
			memset(slot + wrote, 0xff, SECTOR);
		slot[wrote] &= from[i];
		wrote += 1;
	}
	return ESP_OK;
}

/* An image is whole if it begins as one and its last byte is the magic again. */
esp_err_t esp_ota_end(esp_ota_handle_t handle)
{
	session = false;
	return handle == 7 && wrote > 1 && slot[wrote - 1] == IMAGE_MAGIC ? ESP_OK : ESP_ERR_OTA_VALIDATE_FAILED;
}

esp_err_t esp_ota_abort(esp_ota_handle_t handle)
{
	(void)handle;
	session = false;
	return ESP_OK;
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition)
{
	if (chipFails())
		return ESP_FAIL;
	otherBoots = partition == &OTHER;
	return ESP_OK;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *bytes, size_t length)
{
	if (chipFails() || partition != &OTHER || offset + length > SLOT_BYTES)
		return ESP_FAIL;
	memcpy(bytes, slot + offset, length);
	return ESP_OK;
}

/* ---- NVS and the key ---- */

static uint8_t blob[2048];
static size_t blobLength;
static bool storeOpen;
static unsigned nvsHandles, keys, made;

esp_err_t nvs_flash_init_partition(const char *partition)
{
	storeOpen = strcmp(partition, "keys") == 0 && !chipFails();
	return storeOpen ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_flash_erase_partition(const char *partition)
{
	(void)partition;
	blobLength = 0;
	return ESP_OK;
}

esp_err_t nvs_open_from_partition(const char *partition, const char *space, nvs_open_mode_t mode, nvs_handle_t *handle)
{
	(void)partition, (void)space;
	if (!storeOpen || (mode == NVS_READONLY && blobLength == 0) || chipFails())
		return ESP_FAIL;
	nvsHandles += 1;
	*handle = 3;
	return ESP_OK;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *entry, void *bytes, size_t *length)
{
	(void)handle, (void)entry;
	if (blobLength == 0 || *length < blobLength || chipFails())
		return ESP_FAIL;
	memcpy(bytes, blob, blobLength);
	*length = blobLength;
	return ESP_OK;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *entry, const void *bytes, size_t length)
{
	(void)handle, (void)entry;
	if (chipFails())
		return ESP_FAIL;
	memcpy(blob, bytes, length);
	blobLength = length;
	return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
	(void)handle;
	return chipFails() ? ESP_FAIL : ESP_OK;
}

void nvs_close(nvs_handle_t handle)
{
	(void)handle;
	nvsHandles -= 1;
}

psa_status_t psa_crypto_init(void)
{
	return chipFails() ? -1 : PSA_SUCCESS;
}

void psa_set_key_type(psa_key_attributes_t *attributes, psa_key_type_t type)
{
	attributes->type = type;
}

void psa_set_key_bits(psa_key_attributes_t *attributes, size_t bits)
{
	attributes->bits = bits;
}

void psa_set_key_usage_flags(psa_key_attributes_t *attributes, psa_key_usage_t usage)
{
	attributes->usage = usage;
}

void psa_set_key_algorithm(psa_key_attributes_t *attributes, psa_algorithm_t algorithm)
{
	attributes->algorithm = algorithm;
}

psa_status_t psa_generate_key(const psa_key_attributes_t *attributes, psa_key_id_t *key)
{
	if (attributes->bits != 2048 || attributes->type != PSA_KEY_TYPE_RSA_KEY_PAIR || chipFails())
		return -1;
	keys += 1;
	made += 1;
	*key = 11;
	return PSA_SUCCESS;
}

psa_status_t psa_import_key(const psa_key_attributes_t *attributes, const uint8_t *bytes, size_t length,
	psa_key_id_t *key)
{
	(void)attributes;
	if (length != 1190 || bytes[0] != 0x30 || chipFails())
		return -1;
	keys += 1;
	*key = 11;
	return PSA_SUCCESS;
}

static psa_status_t put(uint8_t first, size_t bytes, uint8_t *to, size_t size, size_t *length)
{
	if (size < bytes || chipFails())
		return -1;
	memset(to, 0x42, bytes);
	to[0] = first;
	*length = bytes;
	return PSA_SUCCESS;
}

psa_status_t psa_export_key(psa_key_id_t key, uint8_t *bytes, size_t size, size_t *length)
{
	return key == 11 && keys > 0 ? put(0x30, 1190, bytes, size, length) : -1;
}

psa_status_t psa_export_public_key(psa_key_id_t key, uint8_t *bytes, size_t size, size_t *length)
{
	return key == 11 && keys > 0 ? put(0x30, 270, bytes, size, length) : -1;
}

psa_status_t psa_sign_hash(psa_key_id_t key, psa_algorithm_t algorithm, const uint8_t *hash, size_t hashLength,
	uint8_t *signature, size_t size, size_t *length)
{
	if (algorithm != PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256) || hashLength != 32 || key != 11 || keys == 0)
		return -1;
	return put(hash[0], 256, signature, size, length);
}

psa_status_t psa_destroy_key(psa_key_id_t key)
{
	if (key != 11 || keys == 0)
		abort();
	keys -= 1;
	return PSA_SUCCESS;
}

bool storeCommand(const char *line)
{
	int number = 0;
	if (sscanf(line, "reason %d", &number) == 1)
		reason = (esp_reset_reason_t)number;
	else if (sscanf(line, "state %d", &number) == 1)
		state = (esp_ota_img_states_t)number;
	else if (sscanf(line, "other %d", &number) == 1)
		canRollBack = number != 0;
	else if (strncmp(line, "kept", 4) == 0)
		printf(" blob:%zu keys:%u made:%u handles:%u session:%d boots:%s", blobLength, keys, made, nvsHandles, session,
			otherBoots ? "other" : "running");
	else
		return false;
	return true;
}
