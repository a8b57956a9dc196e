/* A disk that fails: see test_disk_faults.py. `arm` names the n-th call, the error, whether it stays, and the place. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
static long left = -1; static int error_ = 0, stays = 0; static char place[4096];
void arm(long n, int err, int st, const char *p) { left = n; error_ = err; stays = st; strncpy(place, p, 4095); }

static int here(int fd) {
    char link[64], path[4096]; ssize_t n;
    if (!place[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return strncmp(path, place, strlen(place)) == 0;
}
static int fails(int fd) {
    if (!here(fd)) return 0;

    if (left > 0 && --left == 0) { if (stays) left = 1; errno = error_; return 1; }
    return 0;
}
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
ssize_t write(int fd, const void *b, size_t n) { REAL(ssize_t, "write", int, const void *, size_t); return fails(fd) ? -1 : real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(ssize_t, "pwrite", int, const void *, size_t, off_t); return fails(fd) ? -1 : real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t); return fails(fd) ? -1 : real(fd, b, n, o); }
int fsync(int fd) { REAL(int, "fsync", int); return fails(fd) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(int, "fdatasync", int); return fails(fd) ? -1 : real(fd); }
int ftruncate(int fd, off_t n) { REAL(int, "ftruncate", int, off_t); return fails(fd) ? -1 : real(fd, n); }
int ftruncate64(int fd, off64_t n) { REAL(int, "ftruncate64", int, off64_t); return fails(fd) ? -1 : real(fd, n); }
int posix_fallocate(int fd, off_t o, off_t n) { REAL(int, "posix_fallocate", int, off_t, off_t); return fails(fd) ? error_ : real(fd, o, n); }
int posix_fallocate64(int fd, off64_t o, off64_t n) { REAL(int, "posix_fallocate64", int, off64_t, off64_t); return fails(fd) ? error_ : real(fd, o, n); }
