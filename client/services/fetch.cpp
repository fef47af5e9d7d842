#include "client/services/fetch.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>

#include "client/base/text.h"
#include "client/http/authoriser.h"
#include "client/http/content_headers.h"
#include "client/http/http_error.h"
#include "client/http/url.h"
#include "client/services/file_magic.h"
#include "client/services/service_error.h"

namespace esofs::client {
namespace {

constexpr const char* kPage = "the server sent a web page (a login page?) instead of the file";
constexpr std::size_t kMostWords =
    4096;  // of a text that came instead of a file; a longer one is something else

std::string range_header(const FetchRequest& request) {
  if (request.tail) return "Range: bytes=-" + std::to_string(request.range->size);
  return "Range: bytes=" + std::to_string(request.range->first) + "-" +
         std::to_string(request.range->first + request.range->size - 1);
}

bool named_packed(std::string_view name) {
  return ends_with_any_case(name, ".gz") || ends_with_any_case(name, ".tgz") ||
         ends_with_any_case(name, ".Z");
}

// Servers that store files packed call that an encoding; the reader unpacks such files. A body that is neither FITS nor has
// such a name was encoded on the way, although nobody asked for that.
bool kept_packed(const FetchRequest& request, const std::string& encoding, const FileHead& file) {
  const bool packing =
      encoding == "gzip" || encoding == "x-gzip" || encoding == "compress" || encoding == "x-compress";
  return packing && (request.fits || named_packed(file.name) || named_packed(without_query(request.url)));
}

// What the head says of the file itself.
FileHead facts_of(const HttpHead& head) {
  FileHead file;
  file.validator = validator_of(head);
  file.tag = opaque_tag(head);
  file.date = head.header("last-modified");
  file.name = disposition_name(head.header("content-disposition"));
  file.content_type = head.header("content-type");
  file.identity = head.identity;
  return file;
}

// What every answer must satisfy, whole or partial.
Result<void> check_kind(const FetchRequest& request, const HttpHead& head, const FileHead& file) {
  const std::string encoding = media_type(head.header("content-encoding"));
  if (!encoding.empty() && encoding != "identity" && !kept_packed(request, encoding, file))
    return Error(EIO, "the body is encoded (" + encoding + ") although identity was asked for");
  const std::string type = media_type(file.content_type);
  if (type == "multipart/byteranges") return Error(EIO, "several ranges came for one");
  if (type == "text/html" || type == "application/xhtml+xml") {
    // A page that is a file says so by its name; a login page does not.
    const bool page_file = file.name.ends_with(".html") || file.name.ends_with(".htm");
    if (request.fits || !(page_file || request.page)) return Error(EIO, kPage);
  }
  return {};
}

// Compares the range of a 206 with the requested one. It may end earlier than asked (RFC 9110 section 15.3.7).
Result<void> check_range(const FetchRequest& request, const ContentRange& range) {
  const auto& [first, last] = *range.span;
  if (!range.total && request.tail) return Error(EIO, "the end of a file of unknown size");
  if (request.total && range.total && *range.total != *request.total)
    return Error(ESTALE, "the file changed: its size is " + std::to_string(*range.total) + ", was " +
                             std::to_string(*request.total));
  const auto total = range.total ? range.total : request.total;
  const std::uint64_t size = request.range->size;
  std::uint64_t want_first = request.range->first;
  std::uint64_t want_last = want_first + size - 1;
  if (request.tail) want_first = *total > size ? *total - size : 0;
  if (request.tail || (total && want_last >= *total)) want_last = *total - 1;
  if (first != want_first || last > want_last || (request.tail && last != want_last))
    return Error(EIO, "the server sent the range " + std::to_string(first) + "-" + std::to_string(last) +
                          " instead of " + std::to_string(want_first) + "-" + std::to_string(want_last));
  return {};
}

bool is_tag(const std::string& validator) { return validator.find('"') != std::string::npos; }

// Whether an answer says something of its version that earlier ones have said too.
bool tells_version(const FetchRequest& request, const FileHead& file) {
  if (request.validator.empty()) return true;
  if (!request.date.empty() && !file.date.empty()) return true;
  return !file.validator.empty() && is_tag(file.validator) == is_tag(request.validator);
}

Error other_version(const FetchRequest& request, const FileHead& file) {
  if (tells_version(request, file))
    return {ESTALE, "the file changed: its version is " + file.validator + ", was " + request.validator};
  const std::string now = file.validator.empty() ? "no ETag and no Last-Modified" : file.validator;
  return {ESTALE, "the server sends " + now + " in place of " + request.validator +
                      ", so the version of its answer is unknown"};
}

// Whether an answer was refused only because it does not show its version.
bool version_unknown(const FetchRequest& request, const HttpHead& head, const Error& error) {
  if (error.code() != ESTALE || tells_version(request, facts_of(head))) return false;
  const auto range = content_range(head.header("content-range"));
  return !request.total || !range || !range->total || *range->total == *request.total;
}

Result<FileHead> partial_head(const FetchRequest& request, const HttpHead& head, FileHead file) {
  if (!request.range) return Error(EIO, "a part of the file came although all of it was asked for");
  const auto range = content_range(head.header("content-range"));
  if (!range || !range->span) return Error(EIO, "the answer does not say which range it is");
  if (auto right = check_range(request, *range); !right) return right.error();
  const bool same = file.validator == request.validator || same_stamps(request.tag, request.date, file);
  if (!request.validator.empty() && !same) return other_version(request, file);
  const std::uint64_t size = range->span->last - range->span->first + 1;
  const std::string length = head.header("content-length");
  if (!length.empty() && decimal(length) != size) return Error(EIO, "the length does not fit the range");
  file.partial = true;
  file.first = range->span->first;
  file.total = range->total ? range->total : request.total;
  return file;
}

Error unsatisfiable(const FetchRequest& request, const HttpHead& head) {
  const auto range = content_range(head.header("content-range"));
  if (range && range->total && request.total && *range->total != *request.total)
    return {ESTALE, "the file changed: its size is " + std::to_string(*range->total) + ", was " +
                        std::to_string(*request.total)};
  return {EIO, "the range lies outside the file (HTTP 416)"};
}

// 203: a proxy has changed the answer (RFC 9110 section 15.3.4).
bool is_whole(int status) { return status == 200 || status == 203; }

// A refusal, or a text in place of FITS.
bool is_explanation(const FetchRequest& request, const HttpHead& head) {
  if (head.status >= 400) return true;
  const std::string type = media_type(head.header("content-type"));
  const bool text = type == "text/plain" || type == "application/x-votable+xml" || type == "text/xml";
  return is_whole(head.status) && request.fits && text;
}

// Whether a server may have refused the range and not the file: some send more or less than the range, or several, and others
// do not know ranges. After ESTALE or EACCES the server has understood the request; one that sends another range is wrong.
bool refuses_range(const FetchRequest& request, const HttpHead& head, const Error& error) {
  if (!request.range || error.code() == ESTALE || error.code() == EACCES) return false;
  if (head.status == 206) {
    const auto range = content_range(head.header("content-range"));
    return !range || !range->span || range->span->first == request.range->first;
  }
  return head.status == 416 || head.status == 400 || head.status == 501;
}

constexpr std::string_view kFits = ".fits";

// The extension that the first bytes of an answer must agree with; "" if they may be anything: only a text is doubted.
std::string sniffed_as(const FetchRequest& request, const HttpHead& head) {
  if (request.fits) return std::string(kFits);
  const bool text = is_whole(head.status) && media_type(head.header("content-type")) == "text/plain";
  const auto extension = lower(request.extension);
  return text && magic_size(extension) > 0 ? extension : "";
}

// Between the HTTP answer and the file's sink: accepts the head, looks at the first bytes, counts.
class FileBody : public HttpSink {
 public:
  FileBody(const FetchRequest& request, const FetchOptions& options, FetchSink& sink)
      : request_(request), options_(options), sink_(sink) {}

  Result<void> head(const HttpHead& head) override {
    if (options_.answer != nullptr) *options_.answer = head;
    if (options_.explain && is_explanation(request_, head)) {
      refusal_ = Refusal{head, Error(EIO, "refused"), true};
      return {};
    }
    auto accepted = accepted_head(request_, head);
    if (!accepted) {
      if (refuses_range(request_, head, accepted.error())) sink_.no_range();
      if (version_unknown(request_, head, accepted.error())) sink_.version_unknown();
      return not_accepted(head, accepted.error());
    }
    file_ = std::move(*accepted);
    answer_ = head;
    if (file_.partial) {
      const auto range = content_range(head.header("content-range"));
      announced_ = range->span->last - range->span->first + 1;
    } else {
      announced_ = file_.total;
    }
    ends_by_close_ = !announced_ && head.header("transfer-encoding").empty();
    sniffed_ = file_.first == 0 ? sniffed_as(request_, head) : "";
    sniffing_ = !sniffed_.empty();
    if (sniffing_) return {};
    told_ = true;
    return sink_.head(file_);
  }

  Result<void> body(std::span<const std::byte> piece) override {
    if (refusal_) return gather(piece);
    received_ += piece.size();
    if (announced_ && received_ > *announced_) return Error(EIO, "the body is longer than announced");
    if (!sniffing_) return sink_.body(piece);
    start_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    if (start_.size() < sniff_size()) return {};
    return deliver_start();
  }

  // The sink sees the second answer only.
  bool restart() override {
    if (told_ || refusal_) return false;
    file_ = {};
    announced_.reset();
    received_ = 0;
    start_.clear();
    return true;
  }

  // The sink has received nothing, and the answer asks for a login, by its status or by a page.
  bool asks_for_rights(const Error& error) const { return !told_ && (error.code() == EACCES || login_page_); }
  bool refused() const noexcept { return refusal_.has_value(); }

  // After the last byte, or, if refused(), after as much as came.
  Result<FileHead> end() {
    if (refusal_) return refusal();
    if (announced_ && received_ != *announced_) return Error(EIO, "the body is shorter than announced");
    if (ends_by_close_ && request_.total && received_ < *request_.total)
      return Error(EIO, "the body is shorter than the file");
    if (sniffing_) {
      if (auto delivered = deliver_start(); !delivered) return delivered.error();
      if (refusal_) return refusal();
    }
    if (!file_.partial) file_.total = received_;
    return std::move(file_);
  }

 private:
  // An answer that is not the file; its own explanation is in its body.
  struct Refusal {
    HttpHead head;
    Error error;
    bool explained;  // by options.explain
  };

  Result<void> not_accepted(const HttpHead& head, const Error& error) {
    const std::string type = media_type(head.header("content-type"));
    login_page_ = is_whole(head.status) && (type == "text/html" || type == "application/xhtml+xml");
    const bool silent =
        is_whole(head.status) || head.status == 204 || head.status == 206 || head.status == 416;
    if (silent && !login_page_) return error;
    refusal_ = Refusal{head, error, false};
    return {};
  }

  Result<void> deliver_start() {
    if (sniffed_ == kFits ? !looks_like_fits(start_) : !begins_like(sniffed_, start_)) return not_it();
    sniffing_ = false;
    told_ = true;
    if (auto taken = sink_.head(file_); !taken) return taken;
    return sink_.body(std::as_bytes(std::span(start_)));
  }

  std::size_t sniff_size() const { return sniffed_ == kFits ? kFitsMagicSize : magic_size(sniffed_); }

  Result<void> not_it() {
    if (start_.empty()) return Error(EIO, "the file is empty");
    const Error wrong(EIO, sniffed_ == kFits ? "the body does not begin like a FITS file"
                                             : "the server sent a text instead of the file");
    if (file_.partial) return wrong;
    refusal_ = Refusal{answer_, wrong, false};  // perhaps a sentence
    return {};
  }

  // No more of a refusal is read than is shown.
  Result<void> gather(std::span<const std::byte> piece) {
    start_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    if (start_.size() > kMostErrorBytes) return refusal();
    return {};
  }

  Error refusal() {
    if (refusal_->explained) return options_.explain(refusal_->head, start_);
    const bool page = looks_like_page(start_);
    if (page && is_whole(refusal_->head.status)) {
      login_page_ = true;
      return file_error(Error(EIO, kPage), start_);
    }
    return file_error(refusal_->error, page || start_.size() <= kMostWords ? start_ : std::string());
  }

  const FetchRequest& request_;
  const FetchOptions& options_;
  FetchSink& sink_;
  std::optional<Refusal> refusal_;
  HttpHead answer_;
  FileHead file_;
  std::optional<std::uint64_t> announced_;  // length of the body
  std::uint64_t received_ = 0;
  bool ends_by_close_ = false;  // HTTP itself cannot tell such a body from a cut one
  std::string sniffed_;      // the extension that the first bytes must agree with; "": they may be anything
  bool sniffing_ = false;    // head() is held back until the first bytes are known
  bool told_ = false;        // the sink was
  bool login_page_ = false;  // a web page came instead
  std::string start_;
};

}  // namespace

bool looks_like_fits(std::string_view bytes) {
  if (bytes.empty()) return false;
  const auto begins = [bytes](std::string_view magic) {
    const std::size_t size = std::min(bytes.size(), magic.size());
    return bytes.substr(0, size) == magic.substr(0, size);
  };
  return begins("SIMPLE  =") || begins("\x1f\x9d") || begins("\x1f\x8b") || begins("BZh");
}

Result<FileHead> accepted_head(const FetchRequest& request, const HttpHead& head) {
  if (head.status == 416 && request.range) return unsatisfiable(request, head);
  // The signature of the URL has expired: S3 says ExpiredToken, others 403.
  if (head.status == 400 && name_of_url(request.url) != request.url)
    return Error(EACCES, status_error(head).what());
  if (head.status >= 400) return status_error(head);
  if (head.status == 204) return Error(ENODATA, "there is nothing there (HTTP 204)");
  if (!is_whole(head.status) && head.status != 206)
    return Error(EIO, "HTTP " + std::to_string(head.status) + " instead of the file");

  FileHead file = facts_of(head);
  if (auto right = check_kind(request, head, file); !right) return right.error();
  if (head.status == 206) return partial_head(request, head, std::move(file));
  if (head.header("transfer-encoding").empty()) file.total = decimal(head.header("content-length"));
  return file;
}

namespace {

struct Fetched {
  Result<FileHead> file;
  bool refused = false;  // a refusal, or a web page in place of the file; the sink has received nothing
};

Fetched fetch_as(HttpClient& http, const FetchRequest& request, const Rights& rights, FetchSink& sink,
                 Lane::Turn& turn, const FetchOptions& options) {
  HttpRequest get;
  get.url = request.url;
  get.headers = options.headers;
  get.limits = options.limits;
  get.rights = rights;
  if (request.range) get.headers.push_back(range_header(request));
  FileBody body(request, options, sink);
  auto sent = http.send(get, body, turn);
  // If a refusal breaks off, its beginning is enough.
  if (!sent && (!body.refused() || sent.error().code() == EINTR))
    return {sent.error(), body.asks_for_rights(sent.error())};
  auto file = body.end();
  if (!file) {
    const std::string url = shown_url(request.url);
    const bool named = file.error().what().find(url) != std::string::npos;
    return {named ? file.error() : file.error().at("GET " + url), body.asks_for_rights(file.error())};
  }
  return {std::move(file), false};
}

}  // namespace

Result<FileHead> fetch_file(HttpClient& http, const FetchRequest& request, FetchSink& sink, Lane::Turn& turn,
                            const FetchOptions& options) {
  const auto& authoriser = http.settings().authoriser;
  const bool somebody = authoriser && !authoriser->identity_for(request.url).empty();
  const Rights::Kind kind = request.rights.kind;
  const bool nobody_first = somebody && kind == Rights::Kind::kNobodyFirst;
  const Rights first = nobody_first ? Rights{Rights::Kind::kNobody} : request.rights;
  auto fetched = fetch_as(http, request, first, sink, turn, options);
  if (nobody_first && fetched.refused)
    fetched = fetch_as(http, request, {Rights::Kind::kLoggedIn}, sink, turn, options);
  // A web page that comes in place of a file that needs a login asks for one.
  const bool needs_rights = somebody ? kind != Rights::Kind::kNobody : kind == Rights::Kind::kLoggedIn;
  if (fetched.refused && needs_rights) return Error(EACCES, fetched.file.error().what());
  return std::move(fetched.file);
}

}  // namespace esofs::client
