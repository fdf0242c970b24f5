#pragma once
/* HMAC-SHA256, SHA-256 and a constant-time comparison from libcrypto, which libcurl has loaded anyway.
   The only cryptography Sentmark does itself is a keyed hash; see docs/decisions.md. */
#include <stddef.h>
#include <stdint.h>

/* RFC 2104 with SHA-256. Writes 32 bytes to out. Returns 1, or 0 when libcrypto refuses (out of memory, FIPS policy).
   libcrypto's own HMAC() looks its algorithms up by name at each call, which takes seven times as long as the hashing. */
int ccrypto_hmac_sha256(const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t *out);

int ccrypto_sha256(const uint8_t *data, size_t length, uint8_t *out);

/* 0 when equal; the time does not depend on where the bytes differ. */
int ccrypto_compare(const uint8_t *a, const uint8_t *b, size_t length);
