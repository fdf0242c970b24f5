#include "work.h"

/* The linker (--wrap) leads the compiler's callbacks here first. libFuzzer's own look at the address they return to,
   so they are reached by a jump, not by a call. */

static uint64_t work;

uint64_t fuzz_work(void) { return work; }

#define COUNTED(callback, first, second)                                   \
    void __real___sanitizer_cov_trace_##callback(first, second);           \
    void __wrap___sanitizer_cov_trace_##callback(first a, second b) {      \
        work++;                                                            \
        __attribute__((musttail)) return __real___sanitizer_cov_trace_##callback(a, b); \
    }

COUNTED(cmp1, uint8_t, uint8_t)
COUNTED(cmp2, uint16_t, uint16_t)
COUNTED(cmp4, uint32_t, uint32_t)
COUNTED(cmp8, uint64_t, uint64_t)
COUNTED(const_cmp1, uint8_t, uint8_t)
COUNTED(const_cmp2, uint16_t, uint16_t)
COUNTED(const_cmp4, uint32_t, uint32_t)
COUNTED(const_cmp8, uint64_t, uint64_t)
COUNTED(switch, uint64_t, uint64_t *)
