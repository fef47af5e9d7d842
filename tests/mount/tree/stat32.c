/* A program of 32 bits without large-file support, as old ones are: stat32 FILE DIRECTORY
 *
 * Prints what stat(2), open(2) and getdents(2) return (a negative errno if they fail), then the inode number of the file, then
 * those of the directory's entries. It needs no library of 32 bits: gcc -m32 -ffreestanding -nostdlib -static.
 */
struct old_stat { /* i386, <asm/stat.h> */
  unsigned long dev, ino;
  unsigned short mode, nlink, uid, gid;
  unsigned long rdev, size, rest[12];
};

struct old_dirent { /* getdents(2) */
  unsigned long ino, off;
  unsigned short length;
  char name[1];
};

enum { kExit = 1, kWrite = 4, kOpen = 5, kStat = 106, kGetdents = 141, kDirectory = 0200000 };

static int call(int number, const void *a, const void *b, int c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}

static void print(unsigned long value, int negative) {
  char text[14];
  int at = sizeof text;
  text[--at] = '\n';
  do text[--at] = (char)('0' + value % 10);
  while (value /= 10);
  if (negative) text[--at] = '-';
  call(kWrite, (void *)1, text + at, (int)sizeof text - at);
}

static void print_result(int result) { print(result < 0 ? -(unsigned long)result : (unsigned long)result, result < 0); }

static char buffer[65536];

__attribute__((used)) void start(int *stack) {
  char **arguments = (char **)(stack + 1);
  struct old_stat state;
  print_result(call(kStat, arguments[1], &state, 0));
  int directory = call(kOpen, arguments[2], (void *)kDirectory, 0);
  print_result(directory < 0 ? directory : 0);
  int size = call(kGetdents, (void *)directory, buffer, sizeof buffer);
  print_result(size);
  print(state.ino, 0);
  for (int at = 0; at < size; at += ((struct old_dirent *)(buffer + at))->length)
    print(((struct old_dirent *)(buffer + at))->ino, 0);
  call(kExit, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call start\n");
