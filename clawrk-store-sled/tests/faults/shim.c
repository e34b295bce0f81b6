/* Fails one call on a file under one folder, as a failing disk does.
 *
 * CLAWRK_SHIM_FOLDER  the folder
 * CLAWRK_SHIM_CALL    write, sync, open or rename: which calls are counted
 * CLAWRK_SHIM_NTH     which of them fails, counted from 1
 * CLAWRK_SHIM_FAULT   eio: that one alone fails
 *                     enospc: that one and all later ones fail, as a full disk stays full
 *                     short: that one writes a half, and all later ones find no space
 *                     half: that one writes a half, and nothing is wrong with it
 *
 * When the call comes, "hit" goes to standard output. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static int is(const char *name, const char *value) {
  const char *set = getenv(name);
  return set && strcmp(set, value) == 0;
}

static int inside(const char *path) {
  const char *folder = getenv("CLAWRK_SHIM_FOLDER");
  size_t length = folder ? strlen(folder) : 0;
  return length && strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int inside_fd(int fd) {
  char link[64] = "/proc/self/fd/";
  char path[PATH_MAX];
  char digits[16];
  int n = 0, at = (int)strlen(link);
  do {
    digits[n++] = (char)('0' + fd % 10);
  } while ((fd /= 10) > 0);
  while (n > 0) link[at++] = digits[--n];
  link[at] = 0;
  ssize_t length = syscall(SYS_readlink, link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return inside(path);
}

/* Whether this call fails: 1 for the one that was asked for, 2 for a later one. */
static int due(const char *kind) {
  if (!is("CLAWRK_SHIM_CALL", kind)) return 0;
  long nth = atol(getenv("CLAWRK_SHIM_NTH"));
  long now = atomic_fetch_add(&calls, 1) + 1;
  if (now < nth) return 0;
  if (now == nth) {
    syscall(SYS_write, 1, "hit\n", 4);
    return 1;
  }
  return is("CLAWRK_SHIM_FAULT", "enospc") || is("CLAWRK_SHIM_FAULT", "short") ? 2 : 0;
}

/* A call that cannot be done by halves. */
static int due_whole(const char *kind) {
  return due(kind) && !is("CLAWRK_SHIM_FAULT", "half");
}

static int fail(void) {
  errno = is("CLAWRK_SHIM_FAULT", "eio") ? EIO : ENOSPC;
  return -1;
}

/* How much of a write is done; -1 if none of it. */
static ssize_t allowed(int fd, size_t count) {
  if (count == 0 || !inside_fd(fd)) return (ssize_t)count;
  int turn = due("write");
  int half = is("CLAWRK_SHIM_FAULT", "short") || is("CLAWRK_SHIM_FAULT", "half");
  if (turn == 0) return (ssize_t)count;
  if (turn == 1 && half && count > 1) return (ssize_t)(count / 2);
  /* A byte has no half. */
  if (is("CLAWRK_SHIM_FAULT", "half")) return (ssize_t)count;
  return fail();
}

ssize_t write(int fd, const void *bytes, size_t count) {
  ssize_t some = allowed(fd, count);
  return some < 0 ? some : syscall(SYS_write, fd, bytes, (size_t)some);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  ssize_t some = allowed(fd, count);
  return some < 0 ? some : syscall(SYS_pwrite64, fd, bytes, (size_t)some, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  return pwrite64(fd, bytes, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (count > 0 && inside_fd(fd) && due_whole("write")) return fail();
  return syscall(SYS_writev, fd, parts, count);
}

int ftruncate64(int fd, off64_t length) {
  if (inside_fd(fd) && due_whole("write")) return fail();
  return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
  if (inside_fd(fd) && due("sync")) return fail();
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  if (inside_fd(fd) && due("sync")) return fail();
  return (int)syscall(SYS_fdatasync, fd);
}

int sync_file_range(int fd, off64_t from, off64_t length, unsigned flags) {
  if (inside_fd(fd) && due("sync")) return fail();
  return (int)syscall(SYS_sync_file_range, fd, from, length, flags);
}

int rename(const char *from, const char *to) {
  if (inside(from) && due("rename")) return fail();
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int open_any(const char *path, int flags, mode_t mode) {
  if (inside(path) && due("open")) return fail();
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_any(path, flags | O_LARGEFILE, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_any(path, flags, mode);
}
