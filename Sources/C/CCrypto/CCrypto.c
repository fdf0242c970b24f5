#include "CCrypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

enum { block = 64, digest = 32 };

/* Looked up once; it lives as long as the process. */
static EVP_MD *sha256;

static void look_up(void) { sha256 = EVP_MD_fetch(NULL, "SHA256", NULL); }

static const EVP_MD *algorithm(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, look_up) == 0 ? sha256 : NULL;
}

static pthread_key_t contexts;
static int has_contexts;

static void forget(void *context) { EVP_MD_CTX_free(context); }

static void prepare(void) { has_contexts = pthread_key_create(&contexts, forget) == 0; }

/* One of each thread, which goes with it: to make one takes as long as to hash a block. */
static EVP_MD_CTX *context_of_thread(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (pthread_once(&once, prepare) != 0 || !has_contexts) return NULL;
    EVP_MD_CTX *context = pthread_getspecific(contexts);
    if (context) return context;
    context = EVP_MD_CTX_new();
    if (context && pthread_setspecific(contexts, context) != 0) {
        EVP_MD_CTX_free(context);
        return NULL;
    }
    return context;
}

static int hash(EVP_MD_CTX *context, const uint8_t *first, size_t first_length, const uint8_t *second,
                size_t second_length, uint8_t *out) {
    const EVP_MD *md = algorithm();
    unsigned int written = 0;
    return md && EVP_DigestInit_ex(context, md, NULL) == 1 &&
           (first_length == 0 || EVP_DigestUpdate(context, first, first_length) == 1) &&
           (second_length == 0 || EVP_DigestUpdate(context, second, second_length) == 1) &&
           EVP_DigestFinal_ex(context, out, &written) == 1 && written == digest;
}

int ccrypto_hmac_sha256(const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t *out) {
    uint8_t inner[block] = {0}, outer[block];
    EVP_MD_CTX *context = context_of_thread();
    if (!context) return 0;
    int done = 1;
    if (key_length > block)
        done = hash(context, key, key_length, NULL, 0, inner);
    else
        for (size_t i = 0; i < key_length; i++) inner[i] = key[i];
    for (size_t i = 0; i < block; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    done = done && hash(context, inner, block, data, length, out) && hash(context, outer, block, out, digest, out);
    OPENSSL_cleanse(inner, block);
    OPENSSL_cleanse(outer, block);
    return done;
}

int ccrypto_sha256(const uint8_t *data, size_t length, uint8_t *out) {
    EVP_MD_CTX *context = context_of_thread();
    return context ? hash(context, data, length, NULL, 0, out) : 0;
}

int ccrypto_compare(const uint8_t *a, const uint8_t *b, size_t length) { return CRYPTO_memcmp(a, b, length); }
