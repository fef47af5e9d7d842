#include "client/services/table_stream.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/service_error.h"

namespace esofs::client {

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
  auto taken = from_sink(sink_.bytes(piece));
  if (!taken) return taken;
  auto parsed = reader_.push(piece);
  if (parsed) return {};
  if (!sink_error_ && !server_error_) parse_error_ = parsed.error();
  return parsed;
}

Result<void> TableStream::finish(const Result<HttpHead>& sent) {
  if (!sent) return failed_transfer(sent.error());
  if (head_.status >= 400) return answer_error(head_, refusal_);
  if (refused())
    return Error(EIO, "HTTP " + std::to_string(head_.status) + " where a table was expected, from " +
                          shown_url(head_.url));
  auto ended = reader_.finish();
  if (!ended) {
    if (!sink_error_ && !server_error_) parse_error_ = ended.error();
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
  server_error_ = query_error(head_.status, status.text, head_.url);
  // A query that has given rows was understood.
  if (passed_ > 0 && server_error_->code() == EINVAL) server_error_ = Error(EIO, server_error_->what());
  return *server_error_;
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
