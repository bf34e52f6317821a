#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

const int cairn_o_nofollow = O_NOFOLLOW;
const int cairn_o_directory = O_DIRECTORY;

int cairn_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

int cairn_sync_data(int fd) {
#if defined(__APPLE__)
    return fcntl(fd, F_FULLFSYNC);
#else
    return fdatasync(fd);
#endif
}

int cairn_sync_all(int fd) {
#if defined(__APPLE__)
    return fcntl(fd, F_FULLFSYNC);
#else
    return fsync(fd);
#endif
}

// Whether a file of `count` bytes passes this process's limit on file sizes; then errno is EFBIG.
//
// The kernel says EFBIG too, but sends SIGXFSZ first, which ends the process. Ignoring the signal
// would change the program that we are a part of, for all its threads and whatever it starts; so
// we look at the limit before the kernel does.
static int passes_size_limit(off_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
    if (count <= 0 || (rlim_t)count <= limit.rlim_cur) return 0;
    errno = EFBIG;
    return 1;
}

// The same for a change of a file's length, which only matters where the file grows.
static int grows_past_size_limit(int fd, off_t count) {
    struct stat status;
    int error = errno;
    if (!passes_size_limit(count)) return 0;
    if (fstat(fd, &status) != 0 || status.st_size < count) return 1;
    errno = error;
    return 0;
}

ssize_t cairn_write(int fd, const void *bytes, size_t count, off_t offset) {
    // One byte before the limit is room enough: the kernel takes what fits, without a signal.
    if (count > 0 && passes_size_limit(offset + 1)) return -1;
    return pwrite(fd, bytes, count, offset);
}

int cairn_truncate(int fd, off_t count) {
    if (grows_past_size_limit(fd, count)) return -1;
    return ftruncate(fd, count);
}

void cairn_expect_random_access(int fd) {
#if defined(__linux__)
    // Only advice: it cannot fail in a way that matters.
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
#else
    (void)fd;
#endif
}

int cairn_preallocate(int fd, off_t count) {
    if (grows_past_size_limit(fd, count)) return -1;
#if defined(__APPLE__)
    fstore_t request = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, count, 0};
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0) return -1;
    if (end < count) {
        request.fst_length = count - end;
        if (fcntl(fd, F_PREALLOCATE, &request) != 0) return -1;
    }
    return ftruncate(fd, count);
#else
    // posix_fallocate writes zeros where the file system cannot reserve blocks, so the promise
    // "no later write in this range meets a full disk" holds there too.
    int error = posix_fallocate(fd, 0, count);
    if (error == 0) return 0;
    errno = error;
    return -1;
#endif
}

void cairn_error_text(int error, char *buffer, size_t capacity) {
    if (capacity == 0) return;
    buffer[0] = 0;
#if defined(__APPLE__) || !defined(_GNU_SOURCE)
    strerror_r(error, buffer, capacity);
#else
    const char *text = strerror_r(error, buffer, capacity);
    if (text != buffer) snprintf(buffer, capacity, "%s", text);
#endif
}
