#pragma once
#include <maxminddb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

/* A file without a name, in memory, that nobody else can cut short while it is mapped; -1 where the system has none. */
static inline int cmaxminddb_anonymous_file(void) {
#if defined(__linux__) && defined(SYS_memfd_create)
    return (int)syscall(SYS_memfd_create, "asn", 1U /* MFD_CLOEXEC */);
#else
    return -1;
#endif
}

/* Four or sixteen bytes in network order. What was found: 0 nothing, 1 a number, 2 a text of at most `length` bytes in
   `text`; -1 the database is damaged. GeoLite2 and DB-IP have numbers, IPinfo has texts such as "AS64496". */
static inline int cmaxminddb_asn(const MMDB_s *database, const unsigned char *address, int is_ipv4, uint32_t *number,
                                 char *text, size_t *length) {
    struct sockaddr_in6 six = {0};
    struct sockaddr_in four = {0};
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s result;
    if (is_ipv4) {
        four.sin_family = AF_INET;
        memcpy(&four.sin_addr, address, 4);
        result = MMDB_lookup_sockaddr(database, (const struct sockaddr *)&four, &error);
    } else {
        if (database->metadata.ip_version == 4) return 0;
        six.sin6_family = AF_INET6;
        memcpy(&six.sin6_addr, address, 16);
        result = MMDB_lookup_sockaddr(database, (const struct sockaddr *)&six, &error);
    }
    if (error != MMDB_SUCCESS) return -1;
    if (!result.found_entry) return 0;

    static const char *const number_path[] = {"autonomous_system_number", NULL};
    static const char *const text_path[] = {"asn", NULL};
    MMDB_entry_data_s data;
    int status = MMDB_aget_value(&result.entry, &data, number_path);
    if (status == MMDB_SUCCESS && data.has_data) {
        switch (data.type) {
        case MMDB_DATA_TYPE_UINT16: *number = data.uint16; return 1;
        case MMDB_DATA_TYPE_UINT32: *number = data.uint32; return 1;
        default: return 0;
        }
    }
    status = MMDB_aget_value(&result.entry, &data, text_path);
    if (status == MMDB_SUCCESS && data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING) {
        *length = data.data_size < *length ? data.data_size : *length;
        memcpy(text, data.utf8_string, *length);
        return 2;
    }
    return status == MMDB_SUCCESS || status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ? 0 : -1;
}
