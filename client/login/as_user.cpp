#include "client/login/as_user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>

namespace esofs::client {
namespace {

constexpr std::size_t kMostAccountBytes = 1U << 20U;
constexpr int kMostGroups = 65536;  // of Linux

// Of this thread alone: the library's function would change all threads of the process.
bool set_thread_groups(const std::vector<gid_t>& groups) {
  return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

std::vector<gid_t> thread_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return groups;
}

std::vector<gid_t> groups_of(const char* name, gid_t gid) {
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(name, gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(std::clamp(count, 1, kMostGroups)));
    count = static_cast<int>(groups.size());
    if (::getgrouplist(name, gid, groups.data(), &count) < 0) return {gid};
  }
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return groups;
}

}  // namespace

Result<Account> account_of(uid_t uid) {
  std::vector<char> buffer(4096);
  passwd entry{};
  passwd* found = nullptr;
  int failed = ERANGE;
  while (failed == ERANGE && buffer.size() <= kMostAccountBytes) {
    failed = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    if (failed == ERANGE) buffer.resize(buffer.size() * 4);
  }
  if (found == nullptr)
    return Error(ENOENT, "user " + std::to_string(uid) + " has no account on this machine");
  Account account{uid, entry.pw_gid, groups_of(entry.pw_name, entry.pw_gid), ""};
  if (entry.pw_dir != nullptr && entry.pw_dir[0] == '/') account.home = entry.pw_dir;
  return account;
}

AsUser::AsUser(const Account& account)
    : groups_before_(thread_groups()), groups_taken_(set_thread_groups(account.groups)) {
  if (!groups_taken_) return;
  gid_before_ = static_cast<gid_t>(::setfsgid(account.gid));
  uid_before_ = static_cast<uid_t>(::setfsuid(account.uid));
  // These calls return the former id, not whether they succeeded; an impossible id changes nothing.
  const auto none = static_cast<uid_t>(-1);
  taken_ = static_cast<uid_t>(::setfsuid(none)) == account.uid &&
           static_cast<gid_t>(::setfsgid(none)) == account.gid;
}

AsUser::~AsUser() {
  if (!groups_taken_) return;
  (void)::setfsuid(uid_before_);
  (void)::setfsgid(gid_before_);
  // A thread that kept another user's groups must not continue.
  if (!set_thread_groups(groups_before_)) std::terminate();
}

}  // namespace esofs::client
