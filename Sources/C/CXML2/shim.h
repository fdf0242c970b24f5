#pragma once
/* Debian's libxml2 is built with ICU, and <libxml/encoding.h> then pulls in <unicode/ucnv.h>, which clashes
   with the toolchain's own _FoundationICU module. The flag only guards two private pointers inside
   xmlCharEncodingHandler, which is used by pointer alone. */
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/SAX2.h>
#include <string.h>

/* C's zeroed struct: Swift would have to name every field. */
static inline htmlSAXHandler cxml2_empty_handler(void) {
    htmlSAXHandler handler;
    memset(&handler, 0, sizeof handler);
    return handler;
}
