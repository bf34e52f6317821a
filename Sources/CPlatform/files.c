#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

int cairn_preallocate(int fd, off_t count) {
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
