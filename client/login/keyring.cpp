#include "client/login/keyring.h"

#include <array>
#include <cerrno>
#include <random>

#include "client/login/run_command.h"
#include "client/login/secret_file.h"

namespace esofs::client {
namespace {

// What esofs-keyring exits with; mountopts/keyring_main.cpp has the same.
enum Exit { kDone = 0, kNoBus = 10, kNoService = 11, kLocked = 12, kAbsent = 13 };

Error refusal(int status) {
  switch (status) {
    case kNoBus:
      return {ENOTSUP, "there is no session bus, on which the desktop keyring would be"};
    case kNoService:
      return {ENOTSUP, "no desktop keyring answers on the session bus"};
    case kLocked:
      return {EACCES, "the desktop keyring is locked"};
    case kAbsent:
      return {ENOENT, "the desktop keyring does not hold it any more"};
    default:
      return {EIO, "the desktop keyring failed"};
  }
}

}  // namespace

std::string Keyring::new_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    auto bits = random();
    for (int j = 0; j < 8; ++j, bits >>= 4U) id += digits[bits & 15U];
  }
  return id;
}

Result<std::string> Keyring::ask(const std::vector<std::string>& words, const std::string& input,
                                 const std::stop_token& stop) const {
  if (program_.empty()) return Error(ENOTSUP, "the desktop keyring cannot be asked from here");
  guard_memory();
  std::vector<std::string> command{program_};
  command.insert(command.end(), words.begin(), words.end());
  auto ended = run_program(command, input, limit_, stop);
  if (!ended) {
    const int code = ended.error().code();
    if (code == EINTR) return ended.error();
    if (code == ENOENT) return Error(ENOTSUP, "the desktop keyring cannot be asked without " + program_);
    return code == ETIMEDOUT ? Error(code, "the desktop keyring does not answer") : refusal(-1);
  }
  if (ended->status != kDone) return refusal(ended->status);
  return std::move(ended->output);
}

Result<void> Keyring::keep(const Item& item, const std::string& content, const std::stop_token& stop) const {
  auto kept = ask({"keep", item.id, item.owner, item.label}, content, stop);
  if (!kept) return kept.error();
  return {};
}

Result<std::string> Keyring::content(const std::string& id, const std::stop_token& stop) const {
  return ask({"content", id}, "", stop);
}

Result<void> Keyring::clear(const std::string& owner, const std::string& id,
                            const std::stop_token& stop) const {
  auto cleared = ask({"clear", owner, id}, "", stop);
  if (!cleared) return cleared.error();
  return {};
}

}  // namespace esofs::client
