#include "CPlatform.h"

#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#endif

// Reflected polynomial of CRC-32C.
#define POLYNOMIAL 0x82F63B78u

static uint32_t table[256];
static atomic_int table_ready;

static void fill_table(void) {
    if (atomic_load_explicit(&table_ready, memory_order_acquire)) return;
    // Two threads may fill at once: both write the same values.
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
        table[i] = crc;
    }
    atomic_store_explicit(&table_ready, 1, memory_order_release);
}

uint32_t cairn_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
    fill_table();
    const uint8_t *p = bytes;
    crc = ~crc;
    while (count--) crc = table[(crc ^ *p++) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *p, size_t count) {
    uint64_t state = ~crc;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        state = _mm_crc32_u64(state, word);
    }
    uint32_t narrow = (uint32_t)state;
    while (count--) narrow = _mm_crc32_u8(narrow, *p++);
    return ~narrow;
}

static int has_hardware(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *p, size_t count) {
    crc = ~crc;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __crc32cd(crc, word);
    }
    while (count--) crc = __crc32cb(crc, *p++);
    return ~crc;
}

static int has_hardware(void) { return 1; }

#else

static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *p, size_t count) {
    return cairn_crc32c_table(crc, p, count);
}

static int has_hardware(void) { return 0; }

#endif

uint32_t cairn_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return has_hardware() ? crc32c_hardware(crc, bytes, count)
                          : cairn_crc32c_table(crc, bytes, count);
}

size_t cairn_zero_prefix(const void *bytes, size_t count) {
    const uint8_t *p = bytes, *start = bytes;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        if (word != 0) break;
    }
    while (count > 0 && *p == 0) p++, count--;
    return (size_t)(p - start);
}
