#include "cache/walks/files_ahead.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/content/disk/chunk.h"
#include "cache/walks/listing_walk.h"
#include "cache/walks/read_shape.h"
#include "client/base/guarded.h"

namespace esofs::cache {
namespace {

using Clock = std::chrono::steady_clock;
using Entry = Listing::Entry;
using OpenFilePtr = std::shared_ptr<OpenFile>;

constexpr std::size_t kMostWalks = 8;
// What was asked for ahead and not used stays below a fifth of all: one file for so many that programs have opened.
constexpr std::uint64_t kOpenedForOne = 4;
constexpr std::uint64_t kOvertaken = 32;        // opens after which a file that was left out is given up
constexpr std::chrono::seconds kAbandoned{60};  // a walk that nobody continues
constexpr std::chrono::seconds kResting{2};     // a walk that makes way for others
constexpr double kNewest = 0.25;                // weight of the newest time
constexpr std::size_t kMostRanges = 4;          // of all files ahead, for each that may be
constexpr std::uint64_t kMostLinks = 24;        // asked for beyond the files that are
constexpr std::uint64_t kSmall = 4;             // a file is small if so many fit into what is asked for ahead

// A file asked for ahead. Guarded by the lock of State.
struct Asked {
  Asked(Entry the_entry, std::uint64_t the_expected) : entry(std::move(the_entry)), expected(the_expected) {}

  const Entry entry;
  const std::uint64_t expected;  // the number of the open that it is asked for
  Clock::time_point at{};
  Cancel cancel;
  OpenFilePtr file;
  bool ended = false;  // the open
  bool counts = true;  // it is neither used nor dropped
  bool wanted = true;  // what comes is kept
  bool free = false;   // it was known before
};
using AskedPtr = std::shared_ptr<Asked>;

struct Average {
  std::optional<double> seconds;
  void add(Clock::duration time) {
    const double newest = std::max(0.0, std::chrono::duration<double>(time).count());
    seconds = seconds ? *seconds + kNewest * (newest - *seconds) : newest;
  }
};

struct Shape {
  std::uint64_t size;
  ReadShape read;
};

// Programs that walk through a listing.
struct Run {
  Run(std::shared_ptr<const Listing> listing, Form the_form, const Entry& first,
      std::shared_ptr<NumberOrder> numbers)
      : walk(std::move(listing), first, std::move(numbers)), form(the_form), row(first.row) {}

  ListingWalk walk;
  const Form form;
  std::uint64_t row;                        // of the file opened last
  std::uint64_t opens = 1;                  // of different files
  std::map<std::uint64_t, AskedPtr> asked;  // by row
  std::deque<Shape> shapes;                 // of the files closed last, at most two
  Average answer;                           // of an open that was asked for ahead
  Average pause;                            // of a program, from an answer to the next open
  std::uint64_t linked = 0;                 // links were asked for up to this open
  std::atomic<Clock::rep> active = 0;       // when a program was answered last; 0: never
  Clock::time_point used{};
};
using RunPtr = std::shared_ptr<Run>;

// What is probably read of the next file; nullopt: nobody knows.
std::optional<Shape> expected_shape(const Run& run) {
  if (run.shapes.size() < 2) return std::nullopt;
  return Shape{std::max(run.shapes[0].size, run.shapes[1].size),
               run.shapes[0].read.common(run.shapes[1].read)};
}

class Follower final : public FilesAhead, public std::enable_shared_from_this<Follower> {
 public:
  Follower(Config config, FileCache& files, Catalog& catalog)
      : config_(std::move(config)), files_(files), catalog_(catalog) {}

  std::shared_ptr<FileVisit> opened(const std::shared_ptr<const Listing>& listing, std::uint64_t row,
                                    const client::Dataset& dataset, Form form, const Cause& cause) override;
  Counters counters() const override { return state_.lock()->counters; }
  void end() override;

 private:
  class Visit;

  struct Numbers {
    std::shared_ptr<NumberOrder> order;  // null: of no listing yet
    Form form{};
  };
  struct State {
    std::list<RunPtr> runs;  // the one used last first
    Numbers numbers;         // of the listing in which a walk began last
    Counters counters{};
    std::size_t waiting = 0;  // asked for and neither used nor dropped
    bool ended = false;
  };
  // What is to be asked for ahead, without the lock.
  struct Plan {
    Cause cause;
    std::vector<client::Dataset> links;
    std::vector<AskedPtr> files;
  };
  // What is to be done without the lock.
  struct Given {
    std::vector<Cancel> cancels;
    std::vector<OpenFilePtr> files;
    std::vector<RunPtr> runs;
    ~Given() {
      for (const auto& cancel : cancels) cancel();
    }
  };

  RunPtr run_of(State& state, const std::shared_ptr<const Listing>& listing, Form form, const Entry& entry,
                Given& given);
  std::shared_ptr<NumberOrder> numbers_of(State& state, const std::shared_ptr<const Listing>& listing,
                                          Form form) const;
  static void drop(State& state, Asked& asked, Given& given);
  static void drop_all(State& state, Run& run, Given& given);
  Plan plan(State& state, Run& run, Given& given);
  std::size_t window(const Run& run) const;
  std::size_t share(const State& state) const;
  std::size_t make_room(State& state, const Run& run, Given& given);
  static std::size_t links_wanted(const Run& run, std::size_t files);
  void ask(const RunPtr& run, const AskedPtr& asked, const Cause& cause);
  bool known(const client::Dataset& dataset, Form form) const;
  void landed(const RunPtr& run, const AskedPtr& asked, const Cause& cause, const Result<OpenFilePtr>& file);
  void closed(const RunPtr& run, const AskedPtr& used, std::optional<Shape> shape);

  const Config config_;
  FileCache& files_;
  Catalog& catalog_;
  mutable Guarded<State> state_;
};

class Follower::Visit final : public FileVisit {
 public:
  Visit(std::shared_ptr<Follower> follower, RunPtr run, AskedPtr used, Plan plan)
      : follower_(std::move(follower)),
        run_(std::move(run)),
        used_(std::move(used)),
        plan_(std::move(plan)) {}
  ~Visit() override {
    ask_ahead();
    follower_->closed(run_, used_, *shape_.lock());
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  void ask_ahead() override {
    const Plan plan = std::exchange(*plan_.lock(), {});
    if (!plan.links.empty()) follower_->catalog_.prepare_sources(plan.links, plan.cause);
    for (const auto& asked : plan.files) follower_->ask(run_, asked, plan.cause);
  }
  void answered(std::uint64_t size) override {
    *shape_.lock() = Shape{size, {}};
    moved();
  }
  void moved() override { run_->active = follower_->config_.now().time_since_epoch().count(); }
  void read(std::uint64_t offset, std::uint64_t size) override {
    auto shape = shape_.lock();
    if (*shape) (*shape)->read.read(offset, size, (*shape)->size);
  }

 private:
  const std::shared_ptr<Follower> follower_;
  const RunPtr run_;
  const AskedPtr used_;  // held open for as long as the program has it open; null
  Guarded<Plan> plan_;
  Guarded<std::optional<Shape>> shape_;
};

std::shared_ptr<FileVisit> Follower::opened(const std::shared_ptr<const Listing>& listing, std::uint64_t row,
                                            const client::Dataset& dataset, Form form, const Cause& cause) {
  if (config_.most_files == 0 || !listing || dataset.is_cutout()) return nullptr;
  const auto entry = ListingWalk::entry_at(*listing, row);
  if (!entry) return nullptr;
  const bool fresh = !files_.facts(dataset, form).exact;
  Given given;
  RunPtr run;
  AskedPtr used;
  Plan asks;
  {
    auto state = state_.lock();
    if (state->ended) return nullptr;
    run = run_of(*state, listing, form, *entry, given);
    if (const auto found = run->asked.extract(row)) used = found.mapped();
    if (used && std::exchange(used->counts, false)) {
      ++state->counters.used;
      --state->waiting;
      ++state->counters.opened;
    } else if (fresh) {
      ++state->counters.opened;
    }
    std::erase_if(run->asked, [&](const auto& asked) {
      const bool overtaken = asked.second->expected + kOvertaken < run->opens;
      if (overtaken) drop(*state, *asked.second, given);
      return overtaken;
    });
    asks = plan(*state, *run, given);
  }
  asks.cause = cause.ahead();
  return std::make_shared<Visit>(shared_from_this(), std::move(run), std::move(used), std::move(asks));
}

// The walk that the open of this file continues, else a new one.
RunPtr Follower::run_of(State& state, const std::shared_ptr<const Listing>& listing, Form form,
                        const Entry& entry, Given& given) {
  const auto now = config_.now();
  for (const auto& run : state.runs) {
    if (now - run->used > kAbandoned) drop_all(state, *run, given);
  }
  const auto here = [&](const RunPtr& run) {
    return run->form == form && run->walk.listing().id() == listing->id();
  };
  auto found = std::find_if(state.runs.begin(), state.runs.end(),
                            [&](const RunPtr& run) { return here(run) && run->asked.contains(entry.row); });
  if (found == state.runs.end()) {
    found = std::find_if(state.runs.begin(), state.runs.end(),
                         [&](const RunPtr& run) { return here(run) && run->walk.takes(entry); });
  }
  if (found == state.runs.end()) {
    state.runs.push_front(std::make_shared<Run>(listing, form, entry, numbers_of(state, listing, form)));
    if (state.runs.size() > kMostWalks) {
      drop_all(state, *state.runs.back(), given);
      given.runs.push_back(state.runs.back());
      state.runs.pop_back();
    }
  } else {
    state.runs.splice(state.runs.begin(), state.runs, found);
    Run& run = *state.runs.front();
    const bool had_order = run.walk.opens() > 0;
    run.walk.opened(entry);
    if (std::exchange(run.row, entry.row) != entry.row) ++run.opens;
    if (had_order && run.walk.opens() == 0) drop_all(state, run, given);
    if (const auto active = run.active.load(); active != 0)
      run.pause.add(now.time_since_epoch() - Clock::duration(active));
  }
  state.runs.front()->used = now;
  return state.runs.front();
}

std::shared_ptr<NumberOrder> Follower::numbers_of(State& state, const std::shared_ptr<const Listing>& listing,
                                                  Form form) const {
  if (!config_.inode) return nullptr;
  Numbers& numbers = state.numbers;
  if (!numbers.order || numbers.order->listing().id() != listing->id() || numbers.form != form) {
    numbers.order = std::make_shared<NumberOrder>(
        listing,
        [inode = config_.inode, form](const client::Dataset& dataset) { return inode(dataset, form); });
    numbers.form = form;
  }
  return numbers.order;
}

void Follower::drop(State& state, Asked& asked, Given& given) {
  asked.wanted = false;
  if (asked.cancel) given.cancels.push_back(std::exchange(asked.cancel, nullptr));
  if (asked.file) given.files.push_back(std::exchange(asked.file, nullptr));
  if (!std::exchange(asked.counts, false)) return;
  --state.waiting;
  ++state.counters.dropped;
}

void Follower::drop_all(State& state, Run& run, Given& given) {
  for (const auto& [row, asked] : std::exchange(run.asked, {})) drop(state, *asked, given);
  run.linked = 0;
}

// How many files may be asked for ahead of this walk, those that are included.
std::size_t Follower::window(const Run& run) const {
  std::size_t most = std::min<std::size_t>(config_.most_files, run.walk.opens());
  const auto shape = expected_shape(run);
  if (!shape) return most;
  if (shape->read.whole()) {
    const std::uint64_t fit = config_.most_bytes / std::max<std::uint64_t>(shape->size, 1);
    return std::min<std::size_t>(most, std::max<std::uint64_t>(1, fit));
  }
  const std::size_t ranges = shape->read.ranges(shape->size).size();
  most = std::min(
      most, std::max<std::size_t>(1, kMostRanges * config_.most_files / std::max<std::size_t>(ranges, 1)));
  // Twice as many as a program opens while one of them comes.
  if (shape->read.head_and_tail(shape->size) && run.answer.seconds && run.pause.seconds) {
    const double during = std::ceil(*run.answer.seconds / std::max(*run.pause.seconds, 1e-6));
    if (during < static_cast<double>(most)) most = std::min(most, 2 * static_cast<std::size_t>(during) + 1);
  }
  return most;
}

// For how many of the next files links are asked for by now; 0: no more than were. In blocks, so that one request tells of many.
std::size_t Follower::links_wanted(const Run& run, std::size_t files) {
  const std::size_t block = std::min<std::uint64_t>(kMostLinks, run.walk.opens());
  if (run.linked >= run.opens + files + block / 2) return 0;
  return files + block;
}

// How many files may be asked for ahead of one of the walks that go on now.
std::size_t Follower::share(const State& state) const {
  const auto now = config_.now();
  const auto walks = std::count_if(state.runs.begin(), state.runs.end(), [&](const RunPtr& run) {
    return run->walk.opens() > 0 && now - run->used <= kResting;
  });
  return std::max<std::size_t>(
      1, config_.most_files / static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, walks)));
}

// How many more files may wait. If there is no room for this walk, one that rests makes way.
std::size_t Follower::make_room(State& state, const Run& run, Given& given) {
  const auto now = config_.now();
  for (auto at = state.runs.rbegin(); at != state.runs.rend() && state.waiting >= config_.most_files; ++at) {
    if (at->get() != &run && now - (*at)->used > kResting) drop_all(state, **at, given);
  }
  return config_.most_files - std::min(config_.most_files, state.waiting);
}

// The files to ask for now; they count from here on.
Follower::Plan Follower::plan(State& state, Run& run, Given& given) {
  const std::uint64_t unused = state.counters.asked - state.counters.used;
  const std::uint64_t allowed = state.counters.opened / kOpenedForOne;
  const std::size_t credit = allowed > unused ? static_cast<std::size_t>(allowed - unused) : 0;
  const std::size_t ahead = run.asked.size();
  const std::size_t wanted = std::min(window(run), share(state));
  const std::size_t room = wanted > ahead ? make_room(state, run, given) : 0;
  const std::size_t most = std::min({credit, room, wanted - std::min(wanted, ahead)});
  Plan asks;
  if (most + ahead == 0) return asks;
  const std::size_t links = links_wanted(run, ahead + most);
  std::uint64_t expected = run.opens;
  for (const Entry& entry : run.walk.next(std::max(ahead + most, links))) {
    ++expected;
    if (expected > run.linked && expected <= run.opens + links) asks.links.push_back(entry.dataset);
    if (asks.files.size() == most || entry.dataset.is_cutout() || run.asked.contains(entry.row)) continue;
    asks.files.push_back(std::make_shared<Asked>(entry, expected));
    asks.files.back()->at = config_.now();
    run.asked.emplace(entry.row, asks.files.back());
    ++state.counters.asked;
    ++state.waiting;
  }
  run.linked = std::max(run.linked, run.opens + links);
  return asks;
}

// Whether an open brings nothing new: its head and tail are here.
bool Follower::known(const client::Dataset& dataset, Form form) const {
  const FileFacts facts = files_.facts(dataset, form);
  return facts.exact && facts.cached_bytes >= std::min<std::uint64_t>(facts.size, kChunkBytes);
}

void Follower::ask(const RunPtr& run, const AskedPtr& asked, const Cause& cause) {
  const bool free = known(asked->entry.dataset, run->form);
  {
    auto state = state_.lock();
    if (!asked->wanted) {  // it was dropped before anything was asked
      --state->counters.asked;
      --state->counters.dropped;
      return;
    }
    asked->free = free;
    if (free && std::exchange(asked->counts, false)) {
      --state->waiting;
      --state->counters.asked;
    }
  }
  const Cancel cancel = files_.open(
      asked->entry.dataset, run->form,
      AskedBy(cause, [weak = weak_from_this(), run, asked, cause](const Result<OpenFilePtr>& file) {
        if (const auto self = weak.lock()) self->landed(run, asked, cause, file);
      }));
  Given given;
  auto state = state_.lock();
  if (asked->ended || !cancel) return;
  if (asked->wanted) {
    asked->cancel = cancel;
  } else {
    given.cancels.push_back(cancel);
  }
}

void Follower::landed(const RunPtr& run, const AskedPtr& asked, const Cause& cause,
                      const Result<OpenFilePtr>& file) {
  std::optional<Shape> shape;
  {
    auto state = state_.lock();
    asked->ended = true;
    asked->cancel = nullptr;
    if (!file || !asked->wanted || state->ended) return;
    asked->file = *file;
    if (!asked->free) run->answer.add(config_.now() - asked->at);
    shape = expected_shape(*run);
  }
  if (!shape) return;
  const std::uint64_t size = (*file)->size();
  if (shape->read.whole() && size > config_.most_bytes / kSmall) return;
  for (const auto& range : shape->read.ranges(size)) (*file)->ask_ahead(range.first, range.size, cause);
}

void Follower::closed(const RunPtr& run, const AskedPtr& used, std::optional<Shape> shape) {
  Given given;
  auto state = state_.lock();
  if (used) drop(*state, *used, given);
  if (!shape) return;
  run->shapes.push_back(*std::move(shape));
  if (run->shapes.size() > 2) run->shapes.pop_front();
}

void Follower::end() {
  Given given;
  auto state = state_.lock();
  state->ended = true;
  for (const auto& run : state->runs) {
    drop_all(*state, *run, given);
    given.runs.push_back(run);
  }
  state->runs.clear();
  state->numbers.order = nullptr;
}

}  // namespace

std::shared_ptr<FilesAhead> FilesAhead::create(Config config, FileCache& files, Catalog& catalog) {
  return std::make_shared<Follower>(std::move(config), files, catalog);
}

}  // namespace esofs::cache
