#pragma once
/* HMAC-SHA256, SHA-256 and a constant-time comparison from libcrypto, which libcurl has loaded anyway.
   The only cryptography Sentmark does itself is a keyed hash; see docs/decisions.md. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 32 bytes to out. Returns 1, or 0 when libcrypto refuses (out of memory, FIPS policy). */
static inline int ccrypto_hmac_sha256(const uint8_t *key, size_t key_length, const uint8_t *data, size_t length,
                                      uint8_t *out) {
    static const uint8_t empty[1] = {0};
    unsigned int written = 0;
    return HMAC(EVP_sha256(), key ? key : empty, (int)key_length, data ? data : empty, length, out, &written) != NULL &&
           written == 32;
}

static inline int ccrypto_sha256(const uint8_t *data, size_t length, uint8_t *out) {
    static const uint8_t empty[1] = {0};
    unsigned int written = 0;
    return EVP_Digest(data ? data : empty, length, out, &written, EVP_sha256(), NULL) == 1 && written == 32;
}

/* 0 when equal; the time does not depend on where the bytes differ. */
static inline int ccrypto_compare(const uint8_t *a, const uint8_t *b, size_t length) {
    return CRYPTO_memcmp(a, b, length);
}
