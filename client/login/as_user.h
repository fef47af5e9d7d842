// AsUser: while it lives, this thread opens files as another user of this machine, although the process is root's. So nothing
// is read that this user could not read, whatever the user's links lead to.
//
//   errors   account_of(): ENOENT if there is no such user
//   threads  of one thread only, setfsuid(2); account_of() may wait for a directory service, files for a user's disk
//   source   setfsuid(2), getpwuid_r(3)
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};
  std::string home{};  // absolute; "" none
};

Result<Account> account_of(uid_t uid);

class AsUser {
 public:
  explicit AsUser(const Account& account);
  ~AsUser();
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;

  // False: this process cannot become another user, and nothing may be read.
  explicit operator bool() const noexcept { return taken_; }

 private:
  std::vector<gid_t> groups_before_;
  uid_t uid_before_ = 0;
  gid_t gid_before_ = 0;
  bool groups_taken_ = false;
  bool taken_ = false;
};

}  // namespace esofs::client
