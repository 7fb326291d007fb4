/** Stand-in: PSA Crypto 1.x (Arm IHI 0086), what a signing key needs. */
#pragma once
#include <stddef.h>
#include <stdint.h>
typedef int32_t psa_status_t;
typedef uint32_t psa_key_id_t, psa_algorithm_t, psa_key_usage_t;
typedef uint16_t psa_key_type_t;
typedef struct { psa_key_type_t type; size_t bits; psa_key_usage_t usage; psa_algorithm_t algorithm; }
	psa_key_attributes_t;
#define PSA_SUCCESS 0
#define PSA_KEY_ATTRIBUTES_INIT { 0, 0, 0, 0 }
#define PSA_KEY_TYPE_RSA_KEY_PAIR 0x7001
#define PSA_KEY_USAGE_EXPORT 0x00000001
#define PSA_KEY_USAGE_SIGN_HASH 0x00001000
#define PSA_ALG_SHA_256 0x02000009
#define PSA_ALG_RSA_PKCS1V15_SIGN(hash) (0x06000200 | ((hash) & 0xff))
psa_status_t psa_crypto_init(void);
void psa_set_key_type(psa_key_attributes_t *attributes, psa_key_type_t type);
void psa_set_key_bits(psa_key_attributes_t *attributes, size_t bits);
void psa_set_key_usage_flags(psa_key_attributes_t *attributes, psa_key_usage_t usage);
void psa_set_key_algorithm(psa_key_attributes_t *attributes, psa_algorithm_t algorithm);
psa_status_t psa_generate_key(const psa_key_attributes_t *attributes, psa_key_id_t *key);
psa_status_t psa_import_key(const psa_key_attributes_t *, const uint8_t *bytes, size_t length, psa_key_id_t *key);
psa_status_t psa_export_key(psa_key_id_t key, uint8_t *bytes, size_t size, size_t *length);
psa_status_t psa_export_public_key(psa_key_id_t key, uint8_t *bytes, size_t size, size_t *length);
psa_status_t psa_sign_hash(psa_key_id_t key, psa_algorithm_t, const uint8_t *hash, size_t hashLength,
	uint8_t *signature, size_t size, size_t *length);
psa_status_t psa_destroy_key(psa_key_id_t key);
