#include "fs/queries/user_store.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

namespace esofs::fs {
namespace {

constexpr std::chrono::minutes kAccountFor{1};

// There is no such folder for esofs, or nothing in it; other errors say that it is there and fails.
bool not_for_us(const Error& error) {
  switch (error.code()) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<client::Account> UserAccount::get() {
  const auto now = std::chrono::steady_clock::now();
  if (const auto known = known_.lock(); *known && now - (*known)->at < kAccountFor) return (*known)->account;
  auto account = ask_(uid_);
  if (account) *known_.lock() = Known{*account, now};
  return account;
}

template <class T>
Result<T> UserStore::at_home(const std::function<Result<T>(const QueryStore&)>& work) const {
  const auto account = account_->get();
  if (!account) return account.error();
  const std::string user = "uid " + std::to_string(account->uid);
  if (account->home.empty()) return Error(ENOENT, user + " has no home directory");
  const client::AsUser as(*account);
  if (!as) return Error(EPERM, "esofs cannot write files as " + user);
  return work(QueryStore(std::filesystem::path(account->home) / own_));
}

Result<std::vector<std::string>> UserStore::names() const {
  using Names = std::vector<std::string>;
  auto own = at_home<Names>([](const QueryStore& store) { return store.names(); });
  if (!own && !not_for_us(own.error())) return own;
  auto spare = spare_.names();
  if (!spare || !own) return spare;
  Names all;
  std::set_union(own->begin(), own->end(), spare->begin(), spare->end(), std::back_inserter(all));
  return all;
}

Result<TextStore::Saved> UserStore::load(const std::string& name) const {
  auto own = at_home<Saved>([&](const QueryStore& store) { return store.load(name); });
  return own || !not_for_us(own.error()) ? std::move(own) : spare_.load(name);
}

Result<std::int64_t> UserStore::mtime_ns(const std::string& name) const {
  auto own = at_home<std::int64_t>([&](const QueryStore& store) { return store.mtime_ns(name); });
  return own || !not_for_us(own.error()) ? std::move(own) : spare_.mtime_ns(name);
}

Result<std::int64_t> UserStore::save(const std::string& name, const std::string& text,
                                     std::optional<std::int64_t> before) const {
  const bool in_spare = spare_.mtime_ns(name).has_value();
  auto own = at_home<std::int64_t>([&](const QueryStore& store) -> Result<std::int64_t> {
    if (in_spare && !store.mtime_ns(name)) return Error(ENOENT, name + " is not here");
    return store.save(name, text, before);
  });
  return own || !not_for_us(own.error()) ? std::move(own) : spare_.save(name, text, before);
}

template <class T>
Result<T> UserStore::where(const std::string& name,
                           const std::function<Result<T>(const QueryStore&)>& work) const {
  const bool spare = spare_.mtime_ns(name).has_value();
  auto own = at_home<T>([&](const QueryStore& store) -> Result<T> {
    if (spare && !store.mtime_ns(name)) return Error(ENOENT, name + " is not here");
    return work(store);
  });
  return spare && !own && not_for_us(own.error()) ? work(spare_) : std::move(own);
}

std::int64_t UserStore::positions_ns(const std::string& name) const {
  const auto time = where<std::int64_t>(
      name, [&](const QueryStore& store) -> Result<std::int64_t> { return store.positions_ns(name); });
  return time ? *time : 0;
}

Result<std::int64_t> UserStore::save_positions(const std::string& name, const std::string& text,
                                               std::optional<std::int64_t> before) const {
  return where<std::int64_t>(
      name, [&](const QueryStore& store) { return store.save_positions(name, text, before); });
}

Result<void> UserStore::remove_positions(const std::string& name) const {
  const auto removed =
      where<void>(name, [&](const QueryStore& store) { return store.remove_positions(name); });
  return removed || !not_for_us(removed.error()) ? removed : Result<void>();
}

Result<void> UserStore::remove(const std::string& name) const {
  return where<void>(name, [&](const QueryStore& store) { return store.remove(name); });
}

Result<void> UserStore::rename(const std::string& from, const std::string& to) const {
  return where<void>(from, [&](const QueryStore& store) { return store.rename(from, to); });
}

}  // namespace esofs::fs
