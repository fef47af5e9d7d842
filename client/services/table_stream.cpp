#include "client/services/table_stream.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/service_error.h"

namespace esofs::client {
namespace {

// The bytes before the place at which a document breaks: its error message may begin there.
constexpr std::size_t kKeptBytes = 8U << 10U;

}  // namespace

std::uint64_t one_more(std::uint64_t maxrec) {
  return maxrec > 0 ? std::min(maxrec, kMostMaxrec - 1) + 1 : 0;
}

TableStream::TableStream(TableSink& sink, std::uint64_t maxrec)
    : sink_(sink), maxrec_(maxrec), reader_(*this) {}

Result<void> TableStream::head(const HttpHead& head) {
  head_ = head;
  return {};
}

Result<void> TableStream::body(std::span<const std::byte> piece) {
  if (refused()) {
    const auto room = kMostErrorBytes - refusal_.size();
    refusal_.append(reinterpret_cast<const char*>(piece.data()), std::min(room, piece.size()));
    return {};
  }
  reached_sink_ = true;
  if (parse_error_) return gather(piece);
  auto taken = from_sink(sink_.bytes(piece));
  if (!taken) return taken;
  end_.erase(0, end_.size() - std::min(end_.size(), kKeptBytes));
  end_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  auto parsed = reader_.push(piece);
  if (parsed) return {};
  if (sink_error_ || server_error_) return parsed;
  parse_error_ = parsed.error();
  return {};  // what follows may say why
}

Result<void> TableStream::gather(std::span<const std::byte> piece) {
  end_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  return end_.size() < kMostErrorBytes ? Result<void>() : *parse_error_;
}

Result<void> TableStream::finish(const Result<HttpHead>& sent) {
  if (!sent) return failed_transfer(sent.error());
  if (head_.status >= 400) return answer_error(head_, refusal_);
  if (refused())
    return Error(EIO, "HTTP " + std::to_string(head_.status) + " where a table was expected, from " +
                          shown_url(head_.url));
  auto ended = parse_error_ ? Result<void>(*parse_error_) : reader_.finish();
  if (!ended) {
    if (!parse_error_ && !sink_error_ && !server_error_) parse_error_ = ended.error();
    return failed_transfer(ended.error());
  }
  if (!found_ && !failure_.empty()) return query_error(head_.status, failure_, head_.url);
  if (!found_) return Error(EIO, "the answer holds no table, from " + shown_url(head_.url));
  return {};
}

Result<void> TableStream::failed_transfer(const Error& error) {
  if (sink_error_) return *sink_error_;
  if (server_error_) return *server_error_;
  if (error.code() == EINTR) return error;
  if (head_.status >= 400) return answer_error(head_, refusal_);  // its body broke off: the status is enough
  // A service that fails half-way puts an error document behind what it has sent.
  if (const auto said = parse_error_ ? error_in_text(end_) : std::nullopt) return service_failed(*said);
  // A document that ends too early and a lost connection are one failure; a page that is no VOTable is another.
  broke_off_ = head_.status != 0 && (!parse_error_ || found_);
  if (!parse_error_) return error;
  const auto type = head_.header("content-type");
  return Error(EIO, "the answer is not a whole VOTable (" + parse_error_->what() +
                        (type.empty() ? "" : "; Content-Type " + one_line(type)) + "), from " +
                        shown_url(head_.url));
}

Result<void> TableStream::table(const VotableTable& table) {
  const auto& type = table.resource.type;
  taking_ = !found_ && (type.empty() || same_word(type, "results"));
  if (!taking_) return {};
  found_ = true;
  return from_sink(sink_.columns(table.columns));
}

Result<void> TableStream::row(std::span<const Value> row) {
  if (!taking_) return {};
  if (maxrec_ > 0 && passed_ == maxrec_) {
    truncated_ = true;
    return {};
  }
  ++passed_;
  return from_sink(sink_.row(row));
}

Result<void> TableStream::status(const QueryStatus& status) {
  if (status.value == "OVERFLOW") truncated_ = true;
  if (status.value != "ERROR") return {};
  server_error_ = service_failed(status.text);
  return *server_error_;
}

Error TableStream::service_failed(const std::string& sentence) const {
  auto error = query_error(head_.status, sentence, head_.url);
  // A query that has given rows was understood.
  return passed_ > 0 && error.code() == EINVAL ? Error(EIO, error.what()) : error;
}

Result<void> TableStream::failure(const std::string& text) {
  if (failure_.empty()) failure_ = text;
  return {};
}

Result<void> TableStream::from_sink(Result<void> result) {
  if (!result && !sink_error_) sink_error_ = result.error();
  return result;
}

}  // namespace esofs::client
