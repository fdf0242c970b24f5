#pragma once
#include <stddef.h>
#include <stdint.h>

/* Octets that suffice for the gzip form (RFC 1952) of `length` octets. */
size_t cgzip_bound(size_t length);

/* Writes the gzip form of `input` to `output`, which has room for `*written` octets; says how many it has become.
   1, or 0 when there is no memory or no room. */
int cgzip_compress(const uint8_t *input, size_t length, uint8_t *output, size_t *written);
