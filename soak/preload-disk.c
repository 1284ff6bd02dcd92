/*
 * A library that is preloaded (LD_PRELOAD) to give a process another disk. It changes what libc's calls do to files.
 *
 * DISK_SYNC_DELAY_US: fsync and fdatasync take this many microseconds longer.
 *
 * DISK_FOLDER: a disk that loses power. A write to a file of this folder is kept in memory until fsync or fdatasync of the
 * file makes it durable: then it is written to the copy of the file in DISK_DURABLE. At random moments the durable files
 * are copied to DISK_LOSSES/0, DISK_LOSSES/1 …: a loss of power would leave them so. At odd moments each block of 512 bytes
 * is as it was last written with a random probability, and else as it was synced; at even ones, each is as it was synced. DISK_ACKNOWLEDGED, a file of the
 * same folder, is copied as it is. After DISK_ROUNDS copies the process is killed.
 * New names, and deletions of files, are durable at once.
 *
 * DISK_FAULTS: a disk that fails. A call that changes a file of this folder, or syncs it, fails once. The process itself says
 * which one in DISK_FAULT, as "POSITION ERRNO": a change of the variable begins to count at 1.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define BLOCK 512
#define FILES 16

/* The function of libc itself. */
#define REAL(type, name, ...) \
  static type (*real_##name)(__VA_ARGS__); \
  if (real_##name == NULL) real_##name = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* A write that is not durable yet; without data, a change of the length to `offset`. */
struct change {
  long number;
  off_t offset;
  size_t length;
  char *data;
  struct change *next;
};

struct file {
  char name[NAME_MAX + 1];
  long change_count;
  struct change *first, **end;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES];
static const char *folder, *durable, *losses, *acknowledged;
static long rounds, round_count, calls, next_loss, delay_us;
static unsigned int seed, loss_seed;

static const char *faults;

/* Whether the call on this file has to fail; errno is set then. */
static int has_fault(int fd) {
  static char current[32];
  static long count;
  char link[64], path[PATH_MAX];
  if (faults == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  size_t folder_length = strlen(faults);
  if (length <= (ssize_t)folder_length || strncmp(path, faults, folder_length) != 0 || path[folder_length] != '/') return 0;
  const char *fault = getenv("DISK_FAULT");
  pthread_mutex_lock(&lock);
  if (fault != NULL && strcmp(fault, current) != 0) {
    snprintf(current, sizeof current, "%s", fault);
    count = 0;
  }
  long position = 0;
  int number = 0;
  sscanf(current, "%ld %d", &position, &number);
  int fails = number != 0 && ++count == position;
  pthread_mutex_unlock(&lock);
  if (fails) errno = number;
  return fails;
}

static void fail(const char *what) {
  perror(what);
  abort();
}

static long random_below(long limit) { return rand_r(&seed) % limit; }

static int open_in(const char *place, const char *name, int flags) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", place, name);
  int fd = open(path, flags, 0600);
  if (fd < 0) fail(path);
  return fd;
}

/* All writes to a block are there, or none. */
static int is_written(long block, long percent) {
  unsigned int block_seed = loss_seed + (unsigned int)block * 2654435761u;
  return percent == 100 || (rand_r(&block_seed) / 7) % 100 < percent;
}

static void apply(int fd, const struct change *change, long percent) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  REAL(int, ftruncate64, int, off64_t);
  if (change->data == NULL) {
    if (is_written(-1, percent) && real_ftruncate64(fd, change->offset) != 0) fail("ftruncate");
    return;
  }
  for (size_t at = 0; at < change->length;) {
    size_t length = BLOCK - (size_t)(change->offset + (off_t)at) % BLOCK;
    if (length > change->length - at) length = change->length - at;
    if (is_written((change->offset + (off_t)at) / BLOCK, percent) &&
        real_pwrite64(fd, change->data + at, length, change->offset + (off_t)at) != (ssize_t)length)
      fail("pwrite");
    at += length;
  }
}

static void copy(const char *from, const char *to, const char *name) {
  static char buffer[1 << 16];
  REAL(ssize_t, write, int, const void *, size_t);
  int source = open_in(from, name, O_RDONLY), target = open_in(to, name, O_WRONLY | O_CREAT | O_TRUNC);
  for (ssize_t count; (count = read(source, buffer, sizeof buffer)) > 0;)
    if (real_write(target, buffer, (size_t)count) != count) fail("write");
  close(source);
  close(target);
}

/* Every call that changes the disk comes here, before and after its change. */
static void count_call(void) {
  if (++calls < next_loss) return;
  next_loss = calls + 1 + random_below(120);
  long percent = round_count % 2 == 0 ? 0 : random_below(100);
  loss_seed = (unsigned int)random_below(RAND_MAX);
  char place[PATH_MAX];
  snprintf(place, sizeof place, "%s/%ld.partial", losses, round_count);
  if (mkdir(place, 0700) != 0) fail(place);
  copy(folder, place, acknowledged);
  for (struct file *file = files; file < files + FILES && file->name[0] != 0; file++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", durable, file->name);
    if (access(path, F_OK) == 0) copy(durable, place, file->name);
    else if (percent == 0 || file->first == NULL) continue;
    int fd = open_in(place, file->name, O_WRONLY | O_CREAT);
    for (struct change *change = file->first; change != NULL; change = change->next) apply(fd, change, percent);
    close(fd);
  }
  char whole[PATH_MAX];
  snprintf(whole, sizeof whole, "%s/%ld", losses, round_count);
  if (rename(place, whole) != 0) fail(whole);
  if (++round_count == rounds) raise(SIGKILL);
}

/* Copies the name of the file in the folder; 0 when the file is another. */
static int find_name(const char *path, char *name) {
  size_t length = strlen(folder);
  if (strncmp(path, folder, length) != 0 || path[length] != '/' || strchr(path + length + 1, '/') != NULL) return 0;
  snprintf(name, NAME_MAX + 1, "%s", path + length + 1);
  return strcmp(name, acknowledged) != 0;
}

static struct file *find_file(const char *name) {
  for (struct file *file = files; file < files + FILES; file++) {
    if (file->name[0] == 0) {
      snprintf(file->name, sizeof file->name, "%s", name);
      file->end = &file->first;
    }
    if (strcmp(file->name, name) == 0) return file;
  }
  fail("too many files");
  return NULL;
}

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("DISK_SYNC_DELAY_US");
  delay_us = text == NULL ? 0 : atol(text);
  faults = getenv("DISK_FAULTS");
  folder = getenv("DISK_FOLDER");
  if (folder == NULL) return;
  durable = getenv("DISK_DURABLE");
  losses = getenv("DISK_LOSSES");
  acknowledged = getenv("DISK_ACKNOWLEDGED");
  rounds = atol(getenv("DISK_ROUNDS"));
  seed = (unsigned int)atol(getenv("DISK_SEED"));
  next_loss = 1 + random_below(40);
  /* What is durable from the start is there after a loss of power, also when nothing is written to it. */
  DIR *place = opendir(durable);
  if (place == NULL) fail(durable);
  for (struct dirent *entry; (entry = readdir(place)) != NULL;)
    if (entry->d_name[0] != '.' && strcmp(entry->d_name, acknowledged) != 0) find_file(entry->d_name);
  closedir(place);
}

static struct file *find_open_file(int fd) {
  char link[64], path[PATH_MAX], name[NAME_MAX + 1];
  if (folder == NULL) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  return find_name(path, name) ? find_file(name) : NULL;
}

static void add_change(struct file *file, const void *data, size_t length, off_t offset) {
  struct change *change = calloc(1, sizeof *change);
  change->number = file->change_count++;
  change->offset = offset;
  change->length = length;
  if (data != NULL) {
    change->data = malloc(length + 1);
    memcpy(change->data, data, length);
  }
  *file->end = change;
  file->end = &change->next;
}

static void drop_changes(struct file *file, long until) {
  while (file->first != NULL && file->first->number < until) {
    struct change *change = file->first;
    file->first = change->next;
    free(change->data);
    free(change);
  }
  if (file->first == NULL) file->end = &file->first;
}

/* Without an offset, at the position of the file. */
static ssize_t write_at(int fd, const void *data, size_t length, off64_t offset) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  REAL(ssize_t, write, int, const void *, size_t);
  if (has_fault(fd)) return -1;
  if (folder == NULL) return offset < 0 ? real_write(fd, data, length) : real_pwrite64(fd, data, length, offset);
  pthread_mutex_lock(&lock);
  struct file *file = find_open_file(fd);
  off64_t position = offset < 0 && file != NULL ? lseek64(fd, 0, SEEK_CUR) : offset;
  if (file != NULL) count_call();
  ssize_t written = offset < 0 ? real_write(fd, data, length) : real_pwrite64(fd, data, length, offset);
  if (file != NULL && written > 0) {
    add_change(file, data, (size_t)written, position);
    count_call();
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return write_at(fd, data, length, offset); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return write_at(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) { return write_at(fd, data, length, -1); }

static int truncate_to(int fd, off64_t length) {
  REAL(int, ftruncate64, int, off64_t);
  if (has_fault(fd)) return -1;
  pthread_mutex_lock(&lock);
  struct file *file = find_open_file(fd);
  int result = real_ftruncate64(fd, length);
  if (file != NULL && result == 0) {
    add_change(file, NULL, 0, length);
    count_call();
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate64(int fd, off64_t length) { return truncate_to(fd, length); }
int ftruncate(int fd, off_t length) { return truncate_to(fd, length); }

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  char name[NAME_MAX + 1], copy_path[PATH_MAX];
  if (folder != NULL && find_name(path, name)) {
    pthread_mutex_lock(&lock);
    struct file *file = find_file(name);
    drop_changes(file, file->change_count);
    snprintf(copy_path, sizeof copy_path, "%s/%s", durable, name);
    real_unlink(copy_path);
    pthread_mutex_unlock(&lock);
  }
  return real_unlink(path);
}

/* What was written before the call is durable when it returns. */
static int sync_file(int fd, int (*sync)(int)) {
  if (delay_us > 0) usleep((useconds_t)delay_us);
  if (has_fault(fd)) return -1;
  if (folder == NULL) return sync(fd);
  pthread_mutex_lock(&lock);
  struct file *file = find_open_file(fd);
  long until = file == NULL ? 0 : file->change_count;
  useconds_t wait_us = (useconds_t)random_below(2000);
  pthread_mutex_unlock(&lock);
  if (file == NULL) return sync(fd);
  usleep(wait_us);
  pthread_mutex_lock(&lock);
  count_call();
  int target = open_in(durable, file->name, O_WRONLY | O_CREAT);
  for (struct change *change = file->first; change != NULL && change->number < until; change = change->next)
    apply(target, change, 100);
  close(target);
  drop_changes(file, until);
  count_call();
  pthread_mutex_unlock(&lock);
  return 0;
}

int fsync(int fd) {
  REAL(int, fsync, int);
  return sync_file(fd, real_fsync);
}

int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return sync_file(fd, real_fdatasync);
}
