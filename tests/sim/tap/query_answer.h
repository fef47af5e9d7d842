// One TAP query: its parameters checked, the query translated and run, the answer written piece by piece.
//
//   threads  a QueryAnswer belongs to one thread at a time
//   errors   sentences of TAPLib and adqlLib with an HTTP status
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "tests/sim/tap/output/output.h"
#include "tests/sim/tap/parameters.h"
#include "tests/sim/tap/sqlite/database.h"

namespace esofs::sim::tap {

// The number of rows without MAXREC, and the largest one (as users of the archive have found).
constexpr std::int64_t kDefaultMaxrec = 20000;
constexpr std::int64_t kHardMaxrec = 15000000;

struct Failure {
  int status = 400;
  std::string message;
  bool timed_out = false;
};

class QueryAnswer {
 public:
  struct Options {
    bool mark_overflow = true;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::stop_token stop;
  };

  // Checks and starts the query. Returns once the first row is known, so that most errors come before the first byte.
  static std::variant<std::unique_ptr<QueryAnswer>, Failure> start(const Parameters& parameters,
                                                                   const Schema& schema,
                                                                   const Dialect& dialect, Database& database,
                                                                   const Options& options);

  const Format& format() const { return *format_; }
  // Appends about 64 KiB; false once the document is complete.
  bool fill(std::string& out);
  // How it ended; after fill() has returned false.
  std::optional<Failure> failure() const { return failure_; }

 private:
  QueryAnswer() = default;
  std::optional<Failure> first_step(const Options& options);
  void finish(Ending ending, std::string& out);
  static Failure failure_of(Cursor::Step step, const Cursor& cursor);

  const Format* format_ = nullptr;
  std::string query_;
  std::int64_t rows_left_ = 0;
  bool mark_overflow_ = true;
  std::unique_ptr<Cursor> cursor_;
  std::unique_ptr<TableWriter> writer_;
  Cursor::Step step_ = Cursor::Step::kEnd;
  bool begun_ = false;
  std::optional<Failure> failure_;
};

}  // namespace esofs::sim::tap
