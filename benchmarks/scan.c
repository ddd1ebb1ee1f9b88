/* The limit that a reader of event files can be held against: one thread, one pass.

   Every record is framed, both checksums are verified with the CRC-32C instruction, the event is
   walked as protobuf and each value goes to the column of its tag: step, wall time and a double for
   scalars, the doubles themselves for histograms. Prints seconds, values and their sum.

   gcc -O3 -march=native scan.c -o scan && ./scan FILE...                                        */
#include <fcntl.h>
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef const uint8_t *Bytes;
typedef struct { Bytes tag; size_t tag_size, count, room, held, heap_room; int64_t *steps; double *walls, *values, *heap; } Column;
enum { COLUMNS = 1 << 12 };
static Column columns[COLUMNS];
static size_t points;
static double total;

static uint32_t crc32c(Bytes at, size_t size) {
    uint64_t crc = 0xffffffff;
    for (; size >= 8; size -= 8, at += 8) { uint64_t word; memcpy(&word, at, 8); crc = _mm_crc32_u64(crc, word); }
    while (size--) crc = _mm_crc32_u8((uint32_t)crc, *at++);
    return ~(uint32_t)crc;
}
static uint32_t masked(Bytes at, size_t size) { uint32_t crc = crc32c(at, size); return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }
static uint64_t varint(Bytes *at, Bytes end) {
    uint64_t value = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) { uint8_t byte = *(*at)++; value |= (uint64_t)(byte & 127) << shift; if (byte < 128) break; }
    return value;
}
/* The next field: its number; scalars in *number, length-delimited ones in [*body, *body + *size). */
static int field(Bytes *at, Bytes end, uint64_t *number, Bytes *body, size_t *size) {
    if (*at >= end) return 0;
    uint64_t key = varint(at, end);
    *size = 0; *body = *at;
    switch (key & 7) {
    case 0: *number = varint(at, end); break;
    case 1: if (end - *at < 8) return 0; memcpy(number, *at, 8); *at += 8; break;
    case 2: *size = varint(at, end); *body = *at; if (*size > (size_t)(end - *at)) return 0; *at += *size; break;
    case 5: if (end - *at < 4) return 0; *number = 0; memcpy(number, *at, 4); *at += 4; break;
    default: return 0;
    }
    return (int)(key >> 3);
}
static Column *column(Bytes tag, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i + 8 <= size; i += 8) { uint64_t word; memcpy(&word, tag + i, 8); hash = _mm_crc32_u64(hash, word); }
    for (size_t i = size & ~7ul; i < size; i++) hash = _mm_crc32_u8((uint32_t)hash, tag[i]);
    for (size_t i = hash % COLUMNS;; i = (i + 1) % COLUMNS) {
        if (!columns[i].tag) { uint8_t *copy = malloc(size + 1); memcpy(copy, tag, size); columns[i].tag = copy; columns[i].tag_size = size; return columns + i; }
        if (columns[i].tag_size == size && !memcmp(columns[i].tag, tag, size)) return columns + i;
    }
}
static void put(Column *c, int64_t step, double wall, double value) {
    if (c->count == c->room) {
        c->room = c->room ? 2 * c->room : 64;
        c->steps = realloc(c->steps, 8 * c->room); c->walls = realloc(c->walls, 8 * c->room); c->values = realloc(c->values, 8 * c->room);
    }
    c->steps[c->count] = step; c->walls[c->count] = wall; c->values[c->count++] = value;
    points++; total += value;
}
static void put_doubles(Column *c, Bytes at, size_t size) {
    size_t count = size / 8;
    if (c->held + count > c->heap_room) { c->heap_room = 2 * (c->held + count); c->heap = realloc(c->heap, 8 * c->heap_room); }
    memcpy(c->heap + c->held, at, 8 * count); c->held += count;
}
static double last_double(Bytes at, size_t size) { double value = 0; if (size >= 8) memcpy(&value, at + size - 8, 8); return value; }
static void summary_value(Bytes at, Bytes end, int64_t step, double wall) {
    Column *c = 0; uint64_t number, inner; Bytes body, part; size_t size, length; int id;
    while ((id = field(&at, end, &number, &body, &size))) {
        if (id == 1) c = column(body, size);
        else if (!c) continue;
        else if (id == 2) { float value; memcpy(&value, &number, 4); put(c, step, wall, value); }
        else if (id == 5 || id == 8) {
            Bytes inside = body, stop = body + size; double value = 0; int dtype = 0, number_of_field;
            while ((number_of_field = field(&inside, stop, &inner, &part, &length))) {
                if (id == 5 && number_of_field == 6) put_doubles(c, part, length);
                if (id == 5 && number_of_field == 7) { put_doubles(c, part, length); value = last_double(part, length); }
                if (id == 8 && number_of_field == 1) dtype = (int)inner;
                if (id == 8 && number_of_field == 4 && dtype == 1 && length == 4) { float single; memcpy(&single, part, 4); value = single; }
                if (id == 8 && number_of_field == 4 && dtype == 2) { put_doubles(c, part, length); value = last_double(part, length); }
                if (id == 8 && number_of_field == 5 && length == 0) { float single; memcpy(&single, &inner, 4); value = single; }
            }
            put(c, step, wall, value);
        } else if (id == 4) put(c, step, wall, 0);
    }
}
static void event(Bytes at, Bytes end) {
    double wall = 0; int64_t step = 0; uint64_t number; Bytes body, inner; size_t size, length; int id;
    while ((id = field(&at, end, &number, &body, &size))) {
        if (id == 1) memcpy(&wall, &number, 8);
        else if (id == 2) step = (int64_t)number;
        else if (id == 5) for (Bytes value = body; field(&value, body + size, &number, &inner, &length) == 1;) summary_value(inner, inner + length, step, wall);
    }
}
static int scan(const char *path) {
    int fd = open(path, O_RDONLY); struct stat status;
    if (fd < 0 || fstat(fd, &status)) return 1;
    size_t size = (size_t)status.st_size, got = 0;
    static uint8_t *buffer; static size_t room;
    if (size > room) buffer = realloc(buffer, room = size);
    for (ssize_t part; got < size && (part = read(fd, buffer + got, size - got)) > 0;) got += (size_t)part;
    close(fd);
    for (size_t at = 0; at + 16 <= got;) {
        uint64_t length; uint32_t check; memcpy(&length, buffer + at, 8); memcpy(&check, buffer + at + 8, 4);
        if (check != masked(buffer + at, 8) || length > got - at - 16) return 1;
        memcpy(&check, buffer + at + 12 + length, 4);
        if (check != masked(buffer + at + 12, length)) return 1;
        event(buffer + at + 12, buffer + at + 12 + length);
        at += 16 + length;
    }
    for (int i = 0; i < COLUMNS; i++) if (columns[i].tag) {   /* the next file is another run */
        Column *c = columns + i;
        free((void *)c->tag); free(c->steps); free(c->walls); free(c->values); free(c->heap);
        *c = (Column){0};
    }
    return 0;
}
int main(int count, char **paths) {
    struct timespec start, stop; int failed = 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 1; i < count; i++) failed += scan(paths[i]);
    clock_gettime(CLOCK_MONOTONIC, &stop);
    printf("%.6f %zu %.6f\n", (double)(stop.tv_sec - start.tv_sec) + 1e-9 * (double)(stop.tv_nsec - start.tv_nsec), points, total);
    return failed;
}
