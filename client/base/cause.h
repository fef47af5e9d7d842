// Cause: for which program something is asked, and by which operation of the file system. It goes with every question: in
// Done (client/base/ask.h) to the job that asks the archive, where Turn::cause() tells it.
//
//   shapes   a cause begins with numbers. The name of the program is read when something is asked of the network, not before:
//            what is known already costs nothing more
//   threads  a value
//   source   proc(5)
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace esofs {

// What asks; operation_name() has the words.
enum class Operation : std::uint8_t {
  kNone,  // nobody in particular: esofs itself
  kLookup,
  kGetattr,
  kSetattr,
  kReadlink,
  kOpendir,
  kReaddir,
  kOpen,
  kRead,
  kWrite,
  kFlush,
  kCreate,
  kMkdir,
  kSymlink,
  kUnlink,
  kRmdir,
  kRename,
  kXattr,
  kStatfs,
  kRefused,  // link, mknod and others that are never possible here
  kAhead,    // nobody yet: what a program will probably read next
  kWarm,     // esofs warm
  kHeaders   // headers of many files at once, of which nobody will read the end
};

std::string_view operation_name(Operation operation);

struct Cause {
  static constexpr uid_t kNoUser = static_cast<uid_t>(-1);

  pid_t pid = 0;  // of the process, or of one of its threads; 0: not known, as in another pid namespace
  uid_t user = kNoUser;
  Operation operation = Operation::kNone;
  std::array<char, 16> name{};  // of the program, as comm in proc(5); "": not read yet, or not known

  std::string_view program() const { return name.data(); }

  // The same with the program's name, and with the number of the process if `pid` was that of a thread. Reads /proc if the name
  // is not known yet; costs some microseconds.
  Cause named() const;
  // The same for what is read ahead of it.
  Cause ahead() const;

  // "read by imhead[1234]", "ahead for cp[77]", "warm[80]", "open by an unknown program", "esofs itself". Reads nothing.
  std::string text() const;

  friend bool operator==(const Cause&, const Cause&) = default;
};

// The program of the process that asked last, so that many questions of one process read /proc once a second: exec(2) may change
// its name. Not thread-safe.
class LastProgram {
 public:
  // Cause::named().
  Cause named(const Cause& cause,
              std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

 private:
  pid_t asked_ = 0;
  Cause named_;
  std::chrono::steady_clock::time_point at_;
};

// The name of the process of `esofs warm`, by which a mount knows what it asks for.
inline constexpr const char* kWarmProgram = "esofs-warm";

}  // namespace esofs
