// The reader itself: bytes -> Gunzip -> XmlText -> expat -> VotableDocument -> events.

#include "client/votable/votable.h"

#include <expat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "client/base/text.h"
#include "client/http/gunzip.h"
#include "client/votable/document.h"
#include "client/votable/encoding.h"

namespace esofs::client {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

// Expat 2.9 has these calls in a form of 64 bits, and deprecates the old ones.
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
std::int64_t byte_index(XML_Parser parser) { return XML_GetCurrentByteIndex64(parser); }
std::uint64_t line_number(XML_Parser parser) { return XML_GetCurrentLineNumber64(parser); }
#else
std::int64_t byte_index(XML_Parser parser) { return XML_GetCurrentByteIndex(parser); }
std::uint64_t line_number(XML_Parser parser) { return XML_GetCurrentLineNumber(parser); }
#endif

// Expat counts in int; pieces of this size also bound what one call of it may do.
constexpr std::size_t kMostAtOnce = 1U << 20U;

// Until an unfinished token is this large, expat may look at it again with every piece.
constexpr std::size_t kFewPending = 64U << 10U;

// What an answer that is no XML begins with, for the error message.
constexpr std::size_t kShownBytes = 120;

// An entity of this size cannot make a document large; VOTables have no use for entities at all.
constexpr int kMostEntityBytes = 1024;

bool looks_like_html(std::string_view head) {
  const std::string low = lower(head);
  return low.find("<!doctype html") != std::string::npos || low.find("<html") != std::string::npos;
}

std::string shown(std::string_view head) {
  std::string text(head.substr(0, kShownBytes));
  for (char& c : text)
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = ' ';
  return printable(text);
}

}  // namespace

class VotableReader::Impl {
 public:
  Impl(VotableEvents& events, Options options)
      : options_(std::move(options)),
        document_(events, options_),
        text_([this](const char* encoding, std::string_view text) { return parse(encoding, text); }),
        gunzip_([this](std::span<const std::byte> piece) { return text_.push(piece); }) {}

  Result<void> push(std::span<const std::byte> piece) {
    if (failed_) return *failed_;
    return note(gunzip_.push(piece));
  }

  Result<void> finish() {
    if (failed_) return *failed_;
    return note(end());
  }

  std::uint64_t unparsable() const { return document_.unparsable(); }

 private:
  Result<void> end() {
    if (auto done = gunzip_.finish(); !done) return done;
    if (auto done = text_.finish(); !done) return done;
    if (!parser_) return Error(EBADMSG, "an empty document instead of a VOTable");
    if (auto done = feed_held(); !done) return done;
    return feed({}, true);
  }

  // The reader stays at its first error.
  Result<void> note(Result<void> done) {
    if (!done) failed_ = done.error();
    return done;
  }

  Result<void> parse(const char* encoding, std::string_view text) {
    if (!parser_)
      if (auto begun = begin(encoding); !begun) return begun;
    if (head_.size() < kShownBytes && !document_.begun()) head_.append(text.substr(0, 2 * kShownBytes));
    while (!text.empty()) {
      const auto part = text.substr(0, kMostAtOnce);
      text.remove_prefix(part.size());
      if (auto done = feed_gathered(part); !done) return done;
    }
    return {};
  }

  // Expat looks again at an unfinished token whenever more comes: a large one must not be given in small pieces.
  Result<void> feed_gathered(std::string_view part) {
    const auto pending = pending_bytes();
    if (pending + held_.size() > options_.most_text_bytes)
      return Error(EFBIG,
                   "a tag or comment of more than " + std::to_string(options_.most_text_bytes) + " bytes")
          .at(line());
    if (pending < kFewPending) return feed(part, false);
    held_.append(part);
    return held_.size() < pending ? Result<void>{} : feed_held();
  }

  Result<void> feed_held() {
    const std::string held = std::exchange(held_, {});
    std::string_view rest = held;
    while (!rest.empty()) {
      const auto part = rest.substr(0, std::max<std::size_t>(kMostAtOnce, pending_bytes()));
      rest.remove_prefix(part.size());
      if (auto done = feed(part, false); !done) return done;
    }
    return {};
  }

  std::size_t pending_bytes() const {
    const auto at = byte_index(parser_.get());
    return at < 0 ? 0 : fed_ - std::min<std::size_t>(fed_, static_cast<std::size_t>(at));
  }

  Result<void> feed(std::string_view part, bool last) {
    fed_ += part.size();
    const auto status = XML_Parse(parser_.get(), part.data(), static_cast<int>(part.size()), last ? 1 : 0);
    if (broken_) return *broken_;
    if (status != XML_STATUS_OK) return xml_error();
    return {};
  }

  Result<void> begin(const char* encoding) {
    parser_.reset(XML_ParserCreate(encoding));
    if (!parser_) return Error(ENOMEM, "no memory for expat");
    XML_Parser parser = parser_.get();
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetEntityDeclHandler(parser, on_entity);
    XML_SetSkippedEntityHandler(parser, on_skipped_entity);
    XML_SetExternalEntityRefHandler(parser, on_external_entity);
    return {};
  }

  std::string line() const { return "line " + std::to_string(line_number(parser_.get())); }

  Error xml_error() const {
    if (!document_.begun()) {
      if (looks_like_html(head_)) return {EBADMSG, "an HTML page instead of a VOTable"};
      if (!head_.starts_with('<')) return {EBADMSG, "not a VOTable: \"" + shown(head_) + '"'};
    }
    const auto code = XML_GetErrorCode(parser_.get());
    if (code == XML_ERROR_NO_MEMORY) return {ENOMEM, "no memory for expat"};
    if (code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN || code == XML_ERROR_PARTIAL_CHAR)
      return Error(EBADMSG, "the document is cut off").at(line());
    return Error(EBADMSG, std::string("broken XML, ") + XML_ErrorString(code)).at(line());
  }

  // Ends the parsing with an error.
  void stop(Error error) {
    if (broken_) return;
    broken_ = document_.refused() ? std::move(error) : error.at(line());
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  void check(const Result<void>& done) {
    if (!done) stop(done.error());
  }

  static Impl& self(void* data) { return *static_cast<Impl*>(data); }

  static void XMLCALL on_start(void* data, const char* name, const char** attributes) {
    if (!self(data).broken_) self(data).check(self(data).document_.start(name, attributes));
  }
  static void XMLCALL on_end(void* data, const char* /*name*/) {
    if (!self(data).broken_) self(data).check(self(data).document_.end());
  }
  static void XMLCALL on_text(void* data, const char* text, int size) {
    if (!self(data).broken_)
      self(data).check(self(data).document_.text(std::string_view(text, static_cast<std::size_t>(size))));
  }
  static void XMLCALL on_doctype(void* data, const char* name, const char* /*system*/, const char* /*public*/,
                                 int /*internal*/) {
    if (looks_like_html('<' + std::string(name)))
      self(data).stop(Error(EBADMSG, "an HTML page instead of a VOTable"));
  }
  // Entities that refer to entities, and large ones, are how a small document becomes a large one.
  static void XMLCALL on_entity(void* data, const char* name, int parameter, const char* value, int size,
                                const char* /*base*/, const char* /*system*/, const char* /*public*/,
                                const char* /*notation*/) {
    if (parameter != 0 || value == nullptr) return;
    const std::string_view text(value, static_cast<std::size_t>(size));
    if (size > kMostEntityBytes || text.find_first_of("&<") != std::string_view::npos)
      self(data).stop(Error(EBADMSG, "an entity that is not a short text, " + shown(name)));
  }
  static void XMLCALL on_skipped_entity(void* data, const char* name, int parameter) {
    if (parameter == 0) self(data).stop(Error(EBADMSG, "an unknown entity, " + shown(name)));
  }
  static int XMLCALL on_external_entity(XML_Parser parser, const char* /*context*/, const char* /*base*/,
                                        const char* /*system*/, const char* /*public*/) {
    self(XML_GetUserData(parser)).stop(Error(EBADMSG, "a reference to an external entity"));
    return 0;
  }

  const Options options_;
  VotableDocument document_;
  XmlText text_;
  Gunzip gunzip_;
  Parser parser_;
  std::size_t fed_ = 0;          // bytes that expat was given
  std::string held_;             // bytes that it was not given yet
  std::string head_;             // the beginning of the document
  std::optional<Error> broken_;  // why the parser was stopped
  std::optional<Error> failed_;
};

VotableReader::VotableReader(VotableEvents& events, Options options)
    : impl_(std::make_unique<Impl>(events, std::move(options))) {}
VotableReader::VotableReader(VotableEvents& events) : VotableReader(events, Options{}) {}
VotableReader::~VotableReader() = default;

Result<void> VotableReader::push(std::span<const std::byte> piece) { return impl_->push(piece); }
Result<void> VotableReader::finish() { return impl_->finish(); }
std::uint64_t VotableReader::unparsable() const noexcept { return impl_->unparsable(); }

}  // namespace esofs::client
