// UserStore: the texts of one user of a shared mount. They are in the user's own folder, where esofs reads and writes them as
// that user (client/login/as_user.h). If it may not, because there is no home directory, or it cannot be written, they are in a
// spare folder of the mount. What is in one of the two stays there until it is removed.
//
//   errors   of QueryStore; ESTALE, EIO … of the home directory's server
//   threads  thread-safe. Blocks on the disk of the home directory, and for the directory service that knows the user
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/base/guarded.h"
#include "client/base/result.h"
#include "client/login/as_user.h"
#include "fs/queries/query_store.h"
#include "fs/queries/text_store.h"

namespace esofs::fs {

// What the machine knows of a user; asked for again after a minute.
class UserAccount {
 public:
  using Ask = std::function<Result<client::Account>(uid_t)>;
  explicit UserAccount(uid_t uid, Ask ask = client::account_of) : uid_(uid), ask_(std::move(ask)) {}
  Result<client::Account> get();

 private:
  struct Known {
    client::Account account;
    std::chrono::steady_clock::time_point at;
  };
  const uid_t uid_;
  const Ask ask_;
  Guarded<std::optional<Known>> known_;
};

class UserStore : public TextStore {
 public:
  // own: below the home directory. spare: a folder that only the mounting user can read.
  UserStore(std::shared_ptr<UserAccount> account, std::filesystem::path own,
            const std::filesystem::path& spare)
      : account_(std::move(account)), own_(std::move(own)), spare_(spare) {}

  Result<std::vector<std::string>> names() const override;
  Result<Saved> load(const std::string& name) const override;
  Result<std::int64_t> mtime_ns(const std::string& name) const override;
  Result<std::int64_t> save(const std::string& name, const std::string& text,
                            std::optional<std::int64_t> before) const override;
  std::int64_t positions_ns(const std::string& name) const override;
  Result<std::int64_t> save_positions(const std::string& name, const std::string& text,
                                      std::optional<std::int64_t> before) const override;
  Result<void> remove_positions(const std::string& name) const override;
  Result<void> remove(const std::string& name) const override;
  Result<void> rename(const std::string& from, const std::string& to) const override;

 private:
  // What `work` gives of the store in the home directory, done as the user.
  template <class T>
  Result<T> at_home(const std::function<Result<T>(const QueryStore&)>& work) const;

  // What `work` gives of the store that has the query, at home or spare.
  template <class T>
  Result<T> where(const std::string& name, const std::function<Result<T>(const QueryStore&)>& work) const;

  const std::shared_ptr<UserAccount> account_;
  const std::filesystem::path own_;
  const QueryStore spare_;
};

}  // namespace esofs::fs
