// TableStream: the answer to a query on its way from HTTP through the VOTable reader to a TableSink.
//
//   shapes   the first TABLE of the results goes to the sink; rows beyond `maxrec` are only counted
//   errors   what the server says by QUERY_STATUS, wherever in the document and whatever the HTTP status
//   threads  one stream, one thread
//   source   DALI 1.1 section 4.4: INFO QUERY_STATUS before the table, and after it if it overflowed or failed
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/http/http.h"
#include "client/model/requests.h"
#include "client/votable/votable.h"

namespace esofs::client {

inline constexpr std::uint64_t kMostMaxrec = 0x7fff'ffff;  // servers read MAXREC as an integer of 32 bits

// The MAXREC that asks for one row more than wanted, so that a cut answer is noticed; 0: the server's default.
std::uint64_t one_more(std::uint64_t maxrec);

class TableStream : public HttpSink, private VotableEvents {
 public:
  // maxrec: rows wanted; 0: all that come. sink outlives it.
  TableStream(TableSink& sink, std::uint64_t maxrec);

  Result<void> head(const HttpHead& head) override;
  Result<void> body(std::span<const std::byte> piece) override;

  // Once, with the result of send(): the outcome of the query.
  Result<void> finish(const Result<HttpHead>& sent);

  const HttpHead& answer() const noexcept { return head_; }  // status 0: none came
  std::uint64_t rows() const noexcept { return passed_; }
  bool truncated() const noexcept { return truncated_; }
  bool reached_sink() const noexcept { return reached_sink_; }
  // After a failed finish(): an accepted answer broke off, and asking again may help.
  bool broke_off() const noexcept { return broke_off_; }

 private:
  Result<void> table(const VotableTable& table) override;
  Result<void> row(std::span<const Value> row) override;
  Result<void> status(const QueryStatus& status) override;
  Result<void> failure(const std::string& text) override;

  bool refused() const noexcept { return head_.status >= 300 || head_.status == 204; }
  // Remembers that it was the sink that failed: such a failure is not the archive's.
  Result<void> from_sink(Result<void> result);
  Result<void> failed_transfer(const Error& error);
  Result<void> gather(std::span<const std::byte> piece);
  // The service's own failure, in its words.
  Error service_failed(const std::string& sentence) const;

  TableSink& sink_;
  const std::uint64_t maxrec_;
  VotableReader reader_;
  HttpHead head_;
  std::string refusal_;  // the body of an answer that is no success
  std::string end_;      // the last bytes of an answer; after a parse error all that follows
  std::optional<Error> sink_error_;
  std::optional<Error> server_error_;
  std::optional<Error> parse_error_;
  std::string failure_;  // why an answer has no table, in its own words
  bool found_ = false;   // the table has come
  bool taking_ = false;  // the rows that come now are its rows
  std::uint64_t passed_ = 0;
  bool truncated_ = false;
  bool reached_sink_ = false;
  bool broke_off_ = false;
};

}  // namespace esofs::client
