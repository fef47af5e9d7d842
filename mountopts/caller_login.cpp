#include "mountopts/caller_login.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "cache/catalog.h"
#include "client/http_archive.h"
#include "client/login/as_user.h"
#include "client/login/credentials.h"
#include "mountopts/credential_options.h"

namespace esofs::mountopts {
namespace {

constexpr std::uint64_t kLeastMemory = 8ULL << 20U;
constexpr std::uint64_t kPartOfMemory = 8;  // one user's cache to that of the tree

// An archive for files that the public may not read: every request carries the user's login at once.
class OwnArchive : public client::HttpArchive {
 public:
  OwnArchive(const client::Profile& profile, client::HttpSettings settings, uid_t user)
      : HttpArchive(profile, std::move(settings), client::Tap::Times()),
        identity_(HttpArchive::identity() + " of uid " + std::to_string(user)) {}
  std::string identity() const override { return identity_; }
  Result<client::FileHead> fetch(const client::FetchRequest& request, client::FetchSink& sink,
                                 Lane::Turn& turn) override {
    client::FetchRequest with_rights = request;
    if (request.rights.kind == client::Rights::Kind::kNobodyFirst)
      with_rights.rights = {client::Rights::Kind::kLoggedIn};
    return HttpArchive::fetch(with_rights, sink, turn);
  }

 private:
  const std::string identity_;
};

client::HttpSettings authorised(const CallerServices& services, std::shared_ptr<client::Credentials> by) {
  client::HttpSettings settings = http_settings(services.options);
  settings.authoriser = std::move(by);
  settings.traffic = services.traffic;
  return settings;
}

class Login : public cache::CallerLogin {
 public:
  Login(const CallerServices& services, const client::Account& account)
      : services_(services),
        credentials_(std::make_shared<client::Credentials>(caller_credentials(services.options, account),
                                                           services.profile,
                                                           http_settings(services.options))),
        archive_(services.profile, authorised(services, credentials_), account.uid) {}

  bool look() override {
    credentials_->look();
    return !credentials_->user().empty();
  }
  std::string advice(const std::string& url) override { return credentials_->advice(url); }

  Result<std::shared_ptr<cache::FileCache>> make_files() override {
    if (!catalog_) {
      cache::Catalog::Config config;
      config.results_dir = services_.options.cache_dir / "results";
      config.sweep = false;
      auto catalog = cache::Catalog::create(config, archive_, services_.store, services_.queries);
      if (!catalog) return catalog.error();
      catalog_ = std::move(*catalog);
    }
    cache::FileCache::Config config = file_cache_config(services_.options);
    config.memory_bytes = std::max(services_.options.memory / kPartOfMemory, kLeastMemory);
    config.sweep = false;
    return cache::FileCache::create(std::move(config), archive_, services_.store, *catalog_,
                                    services_.transfers);
  }

 private:
  const CallerServices services_;
  const std::shared_ptr<client::Credentials> credentials_;
  OwnArchive archive_;
  std::unique_ptr<cache::Catalog> catalog_;  // made and used for make_files() only
};

}  // namespace

Result<std::unique_ptr<cache::CallerLogin>> make_caller_login(const CallerServices& services, uid_t user) {
  auto account = client::account_of(user);
  if (!account) return account.error();
  if (account->home.empty()) return Error(ENOENT, "uid " + std::to_string(user) + " has no home directory");
  return std::unique_ptr<cache::CallerLogin>(std::make_unique<Login>(services, *account));
}

}  // namespace esofs::mountopts
