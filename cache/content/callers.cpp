#include "cache/content/callers.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "client/base/cancel_slot.h"
#include "client/base/guarded.h"
#include "client/base/iso_time.h"

namespace esofs::cache {
namespace {

using OpenFilePtr = std::shared_ptr<OpenFile>;

// What a login may change. EIO: a login page came in place of a file.
bool is_refusal(const Error& error, const client::Dataset& dataset) {
  const int code = error.code();
  return code == EACCES || code == ENOENT || code == EIO || (code == ENOTSUP && dataset.is_cutout());
}

// A file that needed its opener's login: nobody else has this handle.
class OwnFile : public OpenFile {
 public:
  OwnFile(std::shared_ptr<FileCache> keep, OpenFilePtr file, std::string version)
      : keep_(std::move(keep)), file_(std::move(file)), version_(std::move(version)) {}
  std::uint64_t size() const noexcept override { return file_->size(); }
  const std::string& version() const noexcept override { return version_; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override {
    return file_->read(offset, size, std::move(done));
  }
  bool at_hand(std::uint64_t offset, std::size_t size) override { return file_->at_hand(offset, size); }

 private:
  const std::shared_ptr<FileCache> keep_;
  const OpenFilePtr file_;
  const std::string version_;
};

}  // namespace

// One open(2) on its way: from the cache of the tree and from the user's own, in either order. The second is asked only if the
// first refuses.
class Callers::UserOpen : public std::enable_shared_from_this<UserOpen> {
 public:
  UserOpen(Callers& callers, uid_t user, client::Dataset dataset, Form form, Done<OpenFilePtr> done)
      : callers_(callers),
        user_(user),
        dataset_(std::move(dataset)),
        form_(form),
        cause_(done.cause()),
        done_(std::move(done)) {}

  const Cause& cause() const noexcept { return cause_; }
  uid_t user() const noexcept { return user_; }
  const client::Dataset& dataset() const noexcept { return dataset_; }
  Form form() const noexcept { return form_; }

  void ask_shared() {
    const auto self = shared_from_this();
    begin(
        [self](Done<OpenFilePtr> done) {
          return self->callers_.shared_.open(self->dataset_, self->form_, std::move(done));
        },
        [self](Result<OpenFilePtr> file) {
          if (file) return self->answer(std::move(file));
          if (self->own_failed_) return self->answer(self->advised(file.error()));
          if (!is_refusal(file.error(), self->dataset_)) return self->answer(file.error());
          self->refusal_ = file.error();
          self->callers_.queue(self);
        });
  }

  // By the user's cache, which is not dropped meanwhile.
  void ask_own(FilesPtr files) {
    const auto self = shared_from_this();
    begin([&](Done<OpenFilePtr> done) { return files->open(dataset_, form_, std::move(done)); },
          [self, files](Result<OpenFilePtr> file) {
            if (!file) return self->answer(file.error());
            std::string version = (*file)->shared_version(self->callers_.config_.archive_identity);
            if (self->form_ != Form::kHeaders)
              self->callers_.sizes_.learn(self->dataset_, self->form_, (*file)->size());
            self->answer(OpenFilePtr(std::make_shared<OwnFile>(files, *std::move(file), std::move(version))));
          });
  }

  // The user's login does not help; advice: why.
  void own_refused(const std::string& advice) {
    advice_ = advice;
    own_failed_ = true;
    if (!refusal_) return ask_shared();
    answer(advised(*refusal_));
  }

  void answer(Result<OpenFilePtr> result) {
    const auto done = take();
    const Cancel ended = slot_.end();
    if (done) done(std::move(result));
  }

  bool answered() const { return !*done_.lock(); }

  void cancel() {
    if (const auto done = take()) done(Error(EINTR, "interrupted"));
    slot_.cancel();
  }

 private:
  Done<OpenFilePtr> take() { return std::exchange(*done_.lock(), nullptr); }

  template <class Ask, class Next>
  void begin(const Ask& ask, Next next) {
    if (answered()) return;
    const auto question = slot_.begin();
    slot_.hold(
        question,
        ask(AskedBy(cause_, [self = shared_from_this(), next = std::move(next)](Result<OpenFilePtr> file) {
          const Cancel ended = self->slot_.end();
          if (!self->answered()) next(std::move(file));
        })));
  }

  Error advised(const Error& error) const {
    return error.code() == EACCES && !advice_.empty() ? Error(EACCES, error.what() + "; " + advice_) : error;
  }

  Callers& callers_;
  const uid_t user_;
  const client::Dataset dataset_;
  const Form form_;
  const Cause cause_;
  // Used by one step at a time.
  std::optional<Error> refusal_;  // by the cache of the tree
  bool own_failed_ = false;
  std::string advice_;
  CancelSlot slot_;                          // of the question that is open
  mutable Guarded<Done<OpenFilePtr>> done_;  // empty: answered
};

Callers::Callers(Config config, FileCache& shared, MetadataStore& store, Lane& lane)
    : config_(std::move(config)), shared_(shared), sizes_(store, config_.archive_identity), lane_(lane) {}

Callers::~Callers() = default;

Cancel Callers::open(uid_t user, const client::Dataset& dataset, Form form, Done<OpenFilePtr> done) {
  auto opening = std::make_shared<UserOpen>(*this, user, dataset, form, std::move(done));
  if (known_as_private(dataset, form)) {
    queue(opening);
  } else {
    opening->ask_shared();
  }
  return [opening] { opening->cancel(); };
}

// Whether asking without a login would be refused, as far as is known without a request.
bool Callers::known_as_private(const client::Dataset& dataset, Form form) {
  if (shared_.facts(dataset, form).exact) return false;
  const auto release = client::parse_iso_time(dataset.release_date);
  return (release && *release > config_.now()) || sizes_.known(dataset, form);
}

void Callers::queue(const UserOpenPtr& opening) {
  const Inside inside(gate_);
  if (!inside) return opening->answer(Error(EIO, "esofs is ending"));
  {
    auto state = state_.lock();
    Caller& caller = state->callers[opening->user()];
    caller.waiting.push_back(opening);
    if (std::exchange(caller.working, true)) return;
  }
  lane_.submit([this, user = opening->user()](Lane::Turn& turn) { work(user, turn); }, {}, opening->cause());
}

// One opening of one user.
void Callers::work(uid_t user, Lane::Turn& turn) {
  UserOpenPtr opening;
  {
    auto state = state_.lock();
    auto& waiting = state->callers[user].waiting;
    opening = std::move(waiting.front());
    waiting.pop_front();
  }
  try {
    if (turn.stop().stop_requested()) {
      opening->answer(Error(EIO, "esofs is ending"));
    } else if (!opening->answered()) {
      open_own(opening);
    }
  } catch (const std::exception& bug) {
    opening->answer(Error(EIO, bug.what()));
  }
  opening = nullptr;
  drop_idle();
  {
    auto state = state_.lock();
    const auto caller = state->callers.find(user);
    if (caller->second.waiting.empty()) {
      caller->second.working = false;
      if (!caller->second.login) state->callers.erase(caller);  // users without an account are many
      return;
    }
  }
  lane_.submit([this, user](Lane::Turn& next) { work(user, next); });
}

void Callers::open_own(const UserOpenPtr& opening) {
  const auto login = login_of(opening->user());
  if (!login) return opening->own_refused(login.error().what());
  const client::Dataset& dataset = opening->dataset();
  if (!(*login)->look()) {
    const std::string url = shared_.facts(dataset, opening->form()).url;
    return opening->own_refused((*login)->advice(url.empty() ? dataset.access_url : url));
  }
  auto files = files_of(opening->user(), **login);
  if (!files) return opening->answer(files.error());
  opening->ask_own(*std::move(files));
}

// One job of a user runs at a time: nothing else makes the login meanwhile.
Result<std::shared_ptr<CallerLogin>> Callers::login_of(uid_t user) {
  {
    auto state = state_.lock();
    Caller& caller = state->callers[user];
    caller.used = ++state->uses;
    if (caller.login) return caller.login;
  }
  auto made = config_.make_login(user);
  if (!made) return made.error();
  std::shared_ptr<CallerLogin> login = *std::move(made);
  state_.lock()->callers[user].login = login;
  return login;
}

Result<Callers::FilesPtr> Callers::files_of(uid_t user, CallerLogin& login) {
  if (FilesPtr files = state_.lock()->callers[user].files) return files;
  auto made = login.make_files();
  if (!made) return made.error().at("the cache of uid " + std::to_string(user));
  FilesPtr files = *std::move(made);
  state_.lock()->callers[user].files = files;
  return files;
}

// On the lane, since it waits for the transfers that it stops.
void Callers::drop_idle() {
  std::vector<FilesPtr> dropped;
  {
    auto state = state_.lock();
    std::vector<Caller*> with_files;
    for (auto& [user, caller] : state->callers) {
      if (caller.files) with_files.push_back(&caller);
    }
    std::sort(with_files.begin(), with_files.end(),
              [](const Caller* a, const Caller* b) { return a->used < b->used; });
    std::size_t left = with_files.size();
    for (Caller* caller : with_files) {
      if (left <= config_.most_caches) break;
      // Every user of a cache owns a copy of this shared_ptr, so a use_count of 1 means that it is idle.
      if (caller->working || caller->files.use_count() > 1) continue;
      dropped.push_back(std::move(caller->files));
      --left;
    }
  }
  FileCache::Usage usage{};
  for (const auto& files : dropped) usage.add_done(files->usage());
  state_.lock()->gone.add_done(usage);
}

void Callers::end() { gate_.close(); }

FileCache::Usage Callers::usage() const {
  std::vector<FilesPtr> all;
  FileCache::Usage sum{};
  {
    auto state = state_.lock();
    sum = state->gone;
    for (const auto& [user, caller] : state->callers) {
      if (caller.files) all.push_back(caller.files);
    }
  }
  for (const auto& files : all) sum.add_done(files->usage());
  return sum;
}

}  // namespace esofs::cache
