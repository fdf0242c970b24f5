#include "CGzip.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

// The header and trailer of gzip are 12 octets longer than zlib's own.
size_t cgzip_bound(size_t length) { return length > UINT_MAX / 2 ? 0 : compressBound((uLong)length) + 18; }

int cgzip_compress(const uint8_t *input, size_t length, uint8_t *output, size_t *written) {
    if (length > UINT_MAX || *written > UINT_MAX) return 0;
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    // 16 above the window's size asks for gzip's header. Hits are so alike that the quickest level makes them small.
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (Bytef *)input;
    stream.avail_in = (uInt)length;
    stream.next_out = output;
    stream.avail_out = (uInt)*written;
    int isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *written = stream.total_out;
    deflateEnd(&stream);
    return isWhole;
}
