/* A disk that fails under the real daemon, by LD_PRELOAD. $SL_FAULTS names a directory. While it holds `sync`, every
   sync fails with EIO and, as a kernel may, the bytes that were waiting for it are gone: zeros. Where it holds `full`,
   the next write to a log fails with ENOSPC and takes the file away, so that exactly one write fails. What is hard is
   to forget like a page cache: the range that was written since the last good sync is kept for each descriptor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kDescriptorsMax = 4096 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
  off_t begin, end;
} unsynced[kDescriptorsMax];

static int planned(const char* fault, char* path, size_t size) {
  const char* directory = getenv("SL_FAULTS");
  if (!directory) return 0;
  snprintf(path, size, "%s/%s", directory, fault);
  return access(path, F_OK) == 0;
}

static int is_log(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path);
  return size > 4 && memcmp(path + size - 4, ".log", 4) == 0;
}

static void note_write(int fd, off_t begin, off_t end) {
  if (fd < 0 || fd >= kDescriptorsMax) return;
  pthread_mutex_lock(&mutex);
  if (unsynced[fd].end == 0 || begin < unsynced[fd].begin) unsynced[fd].begin = begin;
  if (end > unsynced[fd].end) unsynced[fd].end = end;
  pthread_mutex_unlock(&mutex);
}

static void end_sync(int fd, int failed) {
  static const char zeros[4096];
  if (fd < 0 || fd >= kDescriptorsMax) return;
  pthread_mutex_lock(&mutex);
  for (off_t at = unsynced[fd].begin; failed && at < unsynced[fd].end;) {
    size_t left = (size_t)(unsynced[fd].end - at);
    ssize_t n = pwrite(fd, zeros, left < sizeof zeros ? left : sizeof zeros, at);
    if (n <= 0) break;
    at += n;
  }
  unsynced[fd].begin = unsynced[fd].end = 0;
  pthread_mutex_unlock(&mutex);
}

static int sync_with(long call, int fd) {
  char path[4096];
  int fails = planned("sync", path, sizeof path);
  int result = fails ? -1 : (int)syscall(call, fd);
  end_sync(fd, fails && is_log(fd));
  if (fails) errno = EIO;
  return result;
}

int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }
int fsync(int fd) { return sync_with(SYS_fsync, fd); }

int sync_file_range(int fd, off_t at, off_t size, unsigned flags) {
  char path[4096];
  if (!planned("sync", path, sizeof path)) return (int)syscall(SYS_sync_file_range, fd, at, size, flags);
  errno = EIO;
  return -1;
}

ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t at) {
  char path[4096];
  int log = is_log(fd);
  if (log && planned("full", path, sizeof path) && unlink(path) == 0) {
    errno = ENOSPC;
    return -1;
  }
  ssize_t written = syscall(SYS_pwritev, fd, pieces, count, (long)at, 0L);
  if (log && written > 0) note_write(fd, at, at + written);
  return written;
}

ssize_t pwritev64(int fd, const struct iovec* pieces, int count, off_t at) { return pwritev(fd, pieces, count, at); }
