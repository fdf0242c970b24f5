#pragma once
/* libcurl for Swift, which sees neither variadic functions nor the macros that curl's headers put over them:
   one typed function per class of argument. The parentheses keep curl's type-checking macro away. */
#include <curl/curl.h>

typedef size_t (*ccurl_bytes)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_socket)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*ccurl_timer)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}
/* libcurl copies the string. NULL takes the option back, also one with a built-in default. */
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode ccurl_set_bytes(CURL *easy, CURLoption option, ccurl_bytes value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode ccurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode ccurl_get_string(CURL *easy, CURLINFO info, const char **value) {
    return (curl_easy_getinfo)(easy, info, value);
}
static inline CURLcode ccurl_get_socket(CURL *easy, curl_socket_t *value) {
    return (curl_easy_getinfo)(easy, CURLINFO_ACTIVESOCKET, value);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}
static inline CURLMcode ccurl_multi_set_callbacks(CURLM *multi, ccurl_socket socket, ccurl_timer timer, void *context) {
    CURLMcode code = (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, socket);
    if (code == CURLM_OK) code = (curl_multi_setopt)(multi, CURLMOPT_SOCKETDATA, context);
    if (code == CURLM_OK) code = (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, timer);
    if (code == CURLM_OK) code = (curl_multi_setopt)(multi, CURLMOPT_TIMERDATA, context);
    return code;
}

/* Has OpenSSL take from the socket what its buffer has room for, and not each record in two reads, head and body. For a
   handle that has received once and is read until CURLE_AGAIN from then on, and of which libcurl itself expects no more:
   before 8.15 it waits for the socket, with no look at what OpenSSL holds. Nothing changes without TLS, or with another
   library. */
void ccurl_read_ahead(CURL *easy);

/* CURLMsg holds a union, which Swift imports awkwardly. */
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }

static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
static inline const curl_version_info_data *ccurl_version(void) { return curl_version_info(CURLVERSION_NOW); }

/* A name look-up runs in a thread that cannot be stopped. By default libcurl waits for it when a connection is given
   up meanwhile, which would hold up all others; with this option (7.87) it lets the thread end alone. */
static inline void ccurl_do_not_wait_for_resolver(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    (void)(curl_easy_setopt)(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
#endif
}

/* Names one protocol, by name (7.85) and, for the library of an older machine, by bit. */
static inline CURLcode ccurl_allow_protocol(CURL *easy, const char *name, long bit) {
#if LIBCURL_VERSION_NUM >= 0x075500
    CURLcode code = (curl_easy_setopt)(easy, CURLOPT_PROTOCOLS_STR, name);
    if (code != CURLE_UNKNOWN_OPTION) return code;
    return (curl_easy_setopt)(easy, (CURLoption)(CURLOPTTYPE_LONG + 181), bit);
#else
    (void)name;
    return (curl_easy_setopt)(easy, CURLOPT_PROTOCOLS, bit);
#endif
}

/* The directory or file of trusted certificates that libcurl was built with, or NULL (7.84). */
static inline const char *ccurl_built_in_ca_directory(CURL *easy) {
    const char *path = NULL;
#if LIBCURL_VERSION_NUM >= 0x075400
    if ((curl_easy_getinfo)(easy, CURLINFO_CAPATH, &path) != CURLE_OK) return NULL;
#else
    (void)easy;
#endif
    return path;
}

static const long ccurl_bit_imap = CURLPROTO_IMAP, ccurl_bit_imaps = CURLPROTO_IMAPS;
static const long ccurl_bit_smtp = CURLPROTO_SMTP, ccurl_bit_smtps = CURLPROTO_SMTPS;
static const long ccurl_bit_http = CURLPROTO_HTTP, ccurl_bit_https = CURLPROTO_HTTPS;
