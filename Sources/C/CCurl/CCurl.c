// RTLD_DEFAULT
#define _GNU_SOURCE
#include "CCurl.h"

#include <dlfcn.h>

void ccurl_read_ahead(CURL *easy) {
    struct curl_tlssessioninfo *session = NULL;
    if ((curl_easy_getinfo)(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session) return;
    if (session->backend != CURLSSLBACKEND_OPENSSL || !session->internals) return;
    // The one that libcurl would call, whatever it was linked with.
    void (*set_read_ahead)(void *, int) = (void (*)(void *, int))dlsym(RTLD_DEFAULT, "SSL_set_read_ahead");
    if (set_read_ahead) set_read_ahead(session->internals, 1);
}
