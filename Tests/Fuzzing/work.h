#pragma once
#include <stdint.h>

/* Comparisons and switches that instrumented code has made since the process began. */
uint64_t fuzz_work(void);
