#include "fs/queries/header_collector.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include "client/base/guarded.h"
#include "client/base/in_turn.h"
#include "client/base/nearest.h"
#include "fs/datasets/header_text.h"
#include "fs/tree/error_log.h"

namespace esofs::fs {
namespace {

using Units = std::vector<std::vector<HeaderValue>>;
using OpenFilePtr = std::shared_ptr<cache::OpenFile>;

constexpr std::size_t kMostScanned = 20;      // files whose keywords are compared with those that none has
constexpr std::size_t kLocatedTogether = 32;  // files whose links one request asks for
constexpr std::size_t kLocatedAhead = 4 * kLocatedTogether;

struct FileAnswer {
  std::optional<Units> units;
  std::optional<Error> error;
};

// The questions under way keep it alive.
class Collector : public std::enable_shared_from_this<Collector> {
 public:
  Collector(Context& context, HeaderRequest request, Done<CollectedHeaders> done)
      : context_(context), request_(std::move(request)), cause_(done.cause()), done_(std::move(done)) {
    cause_.operation = Operation::kHeaders;
    auto state = state_.lock();
    state->answers.resize(request_.files.size());
    state->cancels.resize(request_.files.size());
  }

  Cancel begin() {
    proceed();
    return [self = shared_from_this()] { self->cancel(); };
  }

 private:
  struct State {
    std::vector<FileAnswer> answers;
    std::vector<Cancel> cancels;
    std::size_t next = 0;
    std::size_t running = 0;
    std::size_t located = 0;         // files whose links were asked for
    std::set<std::string> keywords;  // of the first files, if the user has chosen some
    std::size_t scanned = 0;         // files whose keywords are there
    bool restricted = false;
    bool cancelled = false;
    bool proceeding = false;  // a thread is in the loop of proceed()
    bool again = false;       // something has changed meanwhile
    bool ended = false;
  };

  // Begins files while there is room. Answers that come at once are handled in this loop and not by recursion.
  void proceed() {
    {
      auto state = state_.lock();
      state->again = true;
      if (std::exchange(state->proceeding, true)) return;
    }
    while (true) {
      std::size_t file = 0;
      {
        auto state = state_.lock();
        const bool more = !state->cancelled && state->next < request_.files.size();
        if (more && state->running < kHeadersAtOnce) {
          file = state->next++;
          ++state->running;
        } else if (std::exchange(state->again, false)) {
          continue;
        } else {
          state->proceeding = false;
          if (more || state->running > 0 || std::exchange(state->ended, true)) return;
          break;
        }
      }
      locate(file);
      read(file);
    }
    finish();
  }

  // One request tells where many files are: asked for ahead of `file`, a file costs one round trip and not two.
  void locate(std::size_t file) {
    while (true) {
      std::vector<client::Dataset> block;
      {
        auto state = state_.lock();
        if (state->located >= std::min(request_.files.size(), file + kLocatedAhead)) return;
        const std::size_t end = std::min(request_.files.size(), state->located + kLocatedTogether);
        for (; state->located < end; ++state->located)
          block.push_back(request_.files[state->located].dataset);
      }
      context_.catalog().prepare_sources(block, cause_);
    }
  }

  void read(std::size_t file) {
    const auto& dataset = request_.files[file].dataset;
    Cancel cancel = in_turn<OpenFilePtr, std::string>(
        [&](Done<OpenFilePtr> opened) {
          return context_.open_file(request_.user, dataset, cache::Form::kHeaders, std::move(opened));
        },
        [self = shared_from_this()](const OpenFilePtr& open, Done<std::string> text) {
          if (open->restricted()) self->state_.lock()->restricted = true;
          return header_text(open, std::move(text),
                             self->request_.all_units ? std::numeric_limits<std::uint64_t>::max() : 1);
        },
        AskedBy(cause_, [self = shared_from_this(), file](const Result<std::string>& text) {
          FileAnswer answer;
          if (text) {
            self->note_keywords(*text);
            answer.units = header_values(*text, self->request_.keywords);
          } else {
            answer.error = text.error();
          }
          {
            auto state = self->state_.lock();
            state->answers[file] = std::move(answer);
            --state->running;
          }
          self->proceed();
        }));
    bool cancelled = false;
    {
      auto state = state_.lock();
      cancelled = state->cancelled;
      const bool answered = state->answers[file].units || state->answers[file].error;
      if (!answered && !cancelled) std::swap(state->cancels[file], cancel);
    }
    if (cancelled && cancel) cancel();
  }

  void note_keywords(const std::string& text) {
    if (!request_.chosen || state_.lock()->scanned >= kMostScanned) return;
    auto keywords = keywords_with_values(text);
    auto state = state_.lock();
    ++state->scanned;
    state->keywords.merge(keywords);
  }

  std::string absent_keywords(const State& state) const {
    std::string note;
    for (std::size_t i = 0; i < request_.keywords.size(); ++i) {
      const auto has = [i](const std::vector<HeaderValue>& unit) {
        return unit[i].kind != HeaderValue::Kind::kMissing;
      };
      const bool found = std::any_of(state.answers.begin(), state.answers.end(), [&has](const auto& answer) {
        return answer.units && std::any_of(answer.units->begin(), answer.units->end(), has);
      });
      const std::string& keyword = request_.keywords[i];
      if (found || state.keywords.contains(keyword)) continue;
      const std::string near = nearest(keyword, {state.keywords.begin(), state.keywords.end()});
      const std::string none = request_.all_units ? "no header has " : "no primary header has ";
      note += (note.empty() ? "" : "; ") + none + keyword;
      if (!near.empty()) note += ", did you mean " + near + "?";
    }
    return note;
  }

  void cancel() {
    std::vector<Cancel> cancels;
    {
      auto state = state_.lock();
      state->cancelled = true;
      cancels.swap(state->cancels);
      state->cancels.resize(request_.files.size());
    }
    for (const auto& one : cancels) {
      if (one) one();
    }
    proceed();  // nothing may be running
  }

  void finish() {
    CollectedHeaders collected;
    std::optional<Error> first;
    bool any = request_.files.empty();
    std::vector<Cancel> over;  // they hold this collector
    {
      auto state = state_.lock();
      over.swap(state->cancels);
      collected.restricted = state->restricted;
      if (state->cancelled) first = Error(EINTR, "interrupted");
      any = any && !first;
      if (state->scanned > 0 && !state->restricted) collected.note = absent_keywords(*state);
      auto& table = collected.table;
      table.columns.emplace_back("FILE");
      if (request_.all_units) table.columns.emplace_back("HDU");
      table.columns.insert(table.columns.end(), request_.keywords.begin(), request_.keywords.end());
      table.columns.emplace_back("ERROR");
      for (std::size_t file = 0; file < state->answers.size() && !state->cancelled; ++file) {
        auto& answer = state->answers[file];
        any = any || answer.units;
        if (answer.error && !first) first = answer.error;
        add_rows(request_.files[file].name, std::move(answer), table);
      }
    }
    if (auto done = std::exchange(done_, nullptr)) {
      if (any) return done(std::move(collected));
      done(*first);
    }
  }

  void add_rows(const std::string& name, FileAnswer answer, HeaderTable& table) const {
    const HeaderValue shown{HeaderValue::Kind::kText, name};
    if (answer.error) {
      std::vector<HeaderValue> row(table.columns.size());
      row.front() = shown;
      row.back() = {HeaderValue::Kind::kText, errno_name(answer.error->code()) + " " + answer.error->what()};
      table.rows.push_back(std::move(row));
      return;
    }
    for (std::size_t unit = 0; unit < answer.units->size(); ++unit) {
      std::vector<HeaderValue> row{shown};
      if (request_.all_units) row.push_back({HeaderValue::Kind::kInteger, std::to_string(unit)});
      auto& values = (*answer.units)[unit];
      row.insert(row.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
      row.emplace_back();
      table.rows.push_back(std::move(row));
      if (!request_.all_units) return;
    }
  }

  Context& context_;
  const HeaderRequest request_;
  Cause cause_;
  Done<CollectedHeaders> done_;  // used once, by the thread that ends it
  Guarded<State> state_;
};

}  // namespace

Cancel collect_headers(Context& context, HeaderRequest request, Done<CollectedHeaders> done) {
  return std::make_shared<Collector>(context, std::move(request), std::move(done))->begin();
}

}  // namespace esofs::fs
