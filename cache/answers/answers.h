// Answers<Record>: one kind of small answer (links, sources, rows), from its shelf if it is known, else from the archive.
//
// An answer within its ttl is returned at once. An older one is requested again, and is still used if the archive cannot be
// reached. A failure is remembered for some seconds and returned again without a request. Equal requests at one time are
// one. It continues when all its askers have left; but if it is not answered within a second, the next one sends another
// beside it (cache/answers/flights.h).
//
//   shapes   Record: decode()d from the shelf, with the member fetched_at and those that the request sets
//   threads  thread-safe; asks on the lane
#pragma once

#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/answers/failure_memory.h"
#include "cache/answers/flights.h"
#include "cache/answers/transient_errors.h"
#include "cache/store/metadata_store.h"
#include "cache/store/records.h"
#include "client/base/ask.h"
#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/base/login.h"

namespace esofs::cache {

template <class Record>
class Answers : public std::enable_shared_from_this<Answers<Record>> {
 public:
  using Answer = std::shared_ptr<const Record>;
  // Blocks; runs on the lane. fetched_at is set by Answers.
  using Fetch = std::function<Result<Record>(Lane::Turn&)>;

  struct Policy {
    std::chrono::seconds ttl;
    std::chrono::seconds failure_memory;
    std::function<std::int64_t()> now;
    // The login: answers to a login are kept for that login alone. Empty: always nobody.
    std::function<Login()> login = {};
  };

  // store, lane: outlive it.
  Answers(Shelf shelf, MetadataStore& store, Lane& lane, Policy policy)
      : shelf_(shelf),
        store_(store),
        lane_(lane),
        policy_(std::move(policy)),
        failures_(policy_.failure_memory) {}

  // Of any age; null if there is none.
  Answer known(const std::string& key) { return read(own(key)); }

  // True if an answer within its ttl is known.
  bool fresh(const std::string& key) {
    const auto old = known(key);
    return old && recent(old->fetched_at, policy_.now(), policy_.ttl);
  }

  Cancel ask(const std::string& asked, Fetch fetch, Done<Answer> done) {
    const std::string key = own(asked);
    auto old = read(key);
    if (old && recent(old->fetched_at, policy_.now(), policy_.ttl)) {
      done(std::move(old));
      return {};
    }
    if (auto failure = failures_.lock()->recall(key, policy_.now())) {
      if (old && transient(failure->code())) {
        done(std::move(old));
      } else {
        done(*failure);
      }
      return {};
    }
    const Cause cause = done.cause();
    auto joined = flights_.join(key, Unwanted::kRaces, policy_.now(), std::move(done));
    if (joined.begin) submit(asked, joined.begin, std::move(fetch), cause);
    return joined.cancel;
  }

  // Asks for several at once, in the background: those that are not known, have not failed a moment ago, and are not asked for
  // already. many: the answers to the questions at `places` of `asked`; what it leaves out is asked for by one(place).
  using Many = std::vector<std::optional<Record>>;
  using FetchMany = std::function<Many(const std::vector<std::size_t>& places, Lane::Turn&)>;
  void ask_many(const std::vector<std::string>& asked, FetchMany many, std::function<Fetch(std::size_t)> one,
                const Cause& cause) {
    std::vector<std::size_t> places;
    std::vector<AttemptPtr> attempts;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const std::string key = own(asked[i]);
      if (failures_.lock()->recall(key, policy_.now()) || read(key)) continue;
      auto attempt = flights_.begin(key, Unwanted::kRaces, cause);
      if (!attempt) continue;
      places.push_back(i);
      attempts.push_back(std::move(attempt));
    }
    if (places.empty()) return;
    lane_.submit(
        [self = this->shared_from_this(), asked, places, attempts, many = std::move(many),
         one = std::move(one)](Lane::Turn& turn) {
          for (const auto& attempt : attempts) attempt->alive_at = self->policy_.now();
          turn.watch([&attempts](std::chrono::milliseconds silence) {
            return std::any_of(attempts.begin(), attempts.end(),
                               [silence](const auto& attempt) { return attempt->patience.ends(silence); });
          });
          Many found = places.size() > 1 ? many_or_none(many, places, turn) : Many();
          found.resize(places.size());
          for (std::size_t i = 0; i < places.size(); ++i) {
            const std::string& question = asked[places[i]];
            const std::string& key = attempts[i]->flight;
            if (found[i] && self->own(question) == key) {
              self->flights_.land(*attempts[i], self->write(key, std::move(*found[i])));
            } else {
              self->submit(question, attempts[i], one(places[i]), turn.cause());
            }
          }
        },
        kind(), cause);
  }

  // Keeps an answer that came with another one, which was requested with `login`. Not kept if the login has changed since:
  // it is unknown which of the two it needed.
  Answer keep(const std::string& key, const Login& login, Record record) {
    if (now_logged_in() != login) return std::make_shared<const Record>(std::move(record));
    return write(key + login.key_ending(), std::move(record));
  }

  // The known answer counts as older than its ttl from now on.
  void expire(const std::string& asked) {
    const std::string key = own(asked);
    const auto old = read(key);
    if (!old) return;
    Record record = *old;
    record.fetched_at = 0;
    store(key, std::move(record));
  }

 private:
  // Answers used lately, decoded. The bytes of one that is replaced count until all are dropped.
  struct Decoded {
    std::unordered_map<std::string, Answer> answers;
    std::size_t bytes = 0;  // as encoded
  };
  static constexpr std::size_t kMostDecoded = 512;
  static constexpr std::size_t kMostDecodedBytes = 64U << 20U;
  static constexpr int kMostLogins = 3;  // login changes during one request

  std::string kind() const { return "answers " + std::string(shelf_name(shelf_)); }
  // Lands the flight of the attempt.
  void submit(const std::string& asked, const AttemptPtr& attempt, Fetch fetch, const Cause& cause) {
    attempt->alive_at = 0;  // until its turn comes
    lane_.submit([self = this->shared_from_this(), asked, attempt,
                  fetch = std::move(fetch)](Lane::Turn& turn) { self->run(asked, *attempt, fetch, turn); },
                 kind(), cause);
  }
  static Many many_or_none(const FetchMany& many, const std::vector<std::size_t>& places,
                           Lane::Turn& turn) try {
    return turn.stop().stop_requested() ? Many() : many(places, turn);
  } catch (const std::exception&) {  // each is asked for by itself
    return {};
  }

  std::string own(const std::string& key) const { return key + now_logged_in().key_ending(); }
  Login now_logged_in() const { return policy_.login ? policy_.login() : Login(); }

  Answer read(const std::string& key) {
    {
      auto decoded = decoded_.lock();
      if (const auto found = decoded->answers.find(key); found != decoded->answers.end())
        return found->second;
    }
    auto bytes = store_.get(shelf_, key);
    if (!bytes || !*bytes) return nullptr;
    auto record = decode<Record>(**bytes);
    if (!record) return nullptr;
    return remember(key, std::move(*record), (*bytes)->size());
  }

  Answer write(const std::string& key, Record record) {
    record.fetched_at = policy_.now();
    return store(key, std::move(record));
  }

  Answer store(const std::string& key, Record record) {
    const std::string bytes = encode(record);
    auto answer = remember(key, std::move(record), bytes.size());
    if (auto put = store_.put(shelf_, key, bytes); !put)
      spdlog::warn("an answer is not kept: {}", put.error().what());
    return answer;
  }

  Answer remember(const std::string& key, Record record, std::size_t bytes) {
    auto answer = std::make_shared<const Record>(std::move(record));
    auto decoded = decoded_.lock();
    if (decoded->answers.size() >= kMostDecoded || decoded->bytes + bytes > kMostDecodedBytes) *decoded = {};
    decoded->answers[key] = answer;
    decoded->bytes += bytes;
    return answer;
  }

  void run(const std::string& asked, Attempt& attempt, const Fetch& fetch, Lane::Turn& turn) {
    attempt.alive_at = policy_.now();
    const std::stop_callback with_lane(turn.stop(), [&attempt] { attempt.stop.request_stop(); });
    turn.listen_to(attempt.stop.get_token());
    turn.watch([&attempt](std::chrono::milliseconds silence) { return attempt.patience.ends(silence); });
    flights_.land(attempt, answer(asked, fetch, turn));
  }

  // An answer that arrives while the login changes (a password turns out to be wrong) is not kept: it is asked for again.
  Result<Answer> answer(const std::string& asked, const Fetch& fetch, Lane::Turn& turn) {
    for (int attempt = 0; attempt < kMostLogins; ++attempt) {
      if (auto answered = answer_as_now(asked, fetch, turn)) return *std::move(answered);
    }
    return Error(EAGAIN, "the login changed meanwhile; look again");
  }

  // nullopt: the login has changed.
  std::optional<Result<Answer>> answer_as_now(const std::string& asked, const Fetch& fetch,
                                              Lane::Turn& turn) try {
    const std::string key = own(asked);
    auto old = read(key);  // it may have come between the question and this job
    if (old && recent(old->fetched_at, policy_.now(), policy_.ttl)) return old;
    if (turn.stop().stop_requested()) return Error(EIO, "esofs is ending");
    auto fetched = fetch(turn);
    if (own(asked) != key) return std::nullopt;
    if (fetched) return write(key, std::move(*fetched));
    if (!turn.stop().stop_requested()) failures_.lock()->remember(key, fetched.error(), policy_.now());
    if (old && transient(fetched.error().code())) return old;
    return fetched.error();
  } catch (const std::exception& bug) {  // the flight must land, or its askers hang
    return Error(EIO, bug.what());
  }

  const Shelf shelf_;
  MetadataStore& store_;
  Lane& lane_;
  const Policy policy_;
  Flights<Answer> flights_;
  Guarded<Decoded> decoded_;
  Guarded<FailureMemory<std::string>> failures_;
};

}  // namespace esofs::cache
