// What Swift cannot say portably: a processor instruction, a few system calls whose names or
// semantics differ between Linux and macOS, and variadic calls that Swift does not import.
#ifndef CAIRN_CPLATFORM_H
#define CAIRN_CPLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// CRC-32C (Castagnoli, as iSCSI: RFC 3720 B.4) of `count` bytes, continuing from `crc`.
/// Start with 0. Uses the SSE4.2 or ARMv8 instruction where the processor has it.
uint32_t cairn_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same from the table alone: the reference the instruction is tested against.
uint32_t cairn_crc32c_table(uint32_t crc, const void *bytes, size_t count);

/// How many leading bytes of `bytes` are zero.
size_t cairn_zero_prefix(const void *bytes, size_t count);

/// open(2) with O_CLOEXEC added. Returns a descriptor, or -1 with errno.
int cairn_open(const char *path, int flags, mode_t mode);

/// Makes the file's data, and the metadata needed to read it back, durable:
/// fdatasync(2) on Linux, fcntl(F_FULLFSYNC) on macOS, where fsync does not flush the drive.
int cairn_sync_data(int fd);

/// Makes the file's data and all its metadata durable: fsync(2), F_FULLFSYNC on macOS.
int cairn_sync_all(int fd);

/// pwrite(2), but beyond this process's limit on file sizes it fails with EFBIG without SIGXFSZ.
ssize_t cairn_write(int fd, const void *bytes, size_t count, off_t offset);

/// ftruncate(2), the same way.
int cairn_truncate(int fd, off_t count);

/// Reserves blocks for `[0, count)` and extends the file to `count` bytes, which read as zero.
/// fallocate(2) on Linux, F_PREALLOCATE and ftruncate on macOS. No SIGXFSZ here either.
int cairn_preallocate(int fd, off_t count);

/// Tells the kernel that the file is read here and there, so that it does not read ahead. On Linux reading
/// ahead fills the cache with large folios, and each small write into one of those then costs eight times as
/// much. Does nothing where there is no such advice.
void cairn_expect_random_access(int fd);

/// O_DIRECTORY, O_NOFOLLOW and friends are macros that not every importer sees.
extern const int cairn_o_nofollow;
extern const int cairn_o_directory;

/// The name of an error number, thread-safe; never NULL.
void cairn_error_text(int error, char *buffer, size_t capacity);

/// A word of thread-local storage: which object's turn runs on this thread, if any.
/// Out of line on purpose: a cached address would be wrong after a task moved threads.
const void *cairn_thread_turn(void);
void cairn_set_thread_turn(const void *turn);

/// Names the calling thread in debuggers and profilers (15 bytes at most on Linux).
void cairn_set_thread_name(const char *name);

#endif
