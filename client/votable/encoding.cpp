#include "client/votable/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "client/base/text.h"
#include "client/votable/utf8.h"

namespace esofs::client {
namespace {

// An XML declaration longer than this is none.
constexpr std::size_t kMostHeadBytes = 1024;

constexpr std::size_t kSignatureBytes = 4;

// What does not begin as XML is given on in one piece, so that an error message can show it.
constexpr std::size_t kForeignBytes = 160;

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): zeros inside literals

struct Signature {
  std::string_view bytes;
  const char* encoding;
  bool mark;  // a byte order mark, which is no part of the text
};

// The longer ones first: the mark of UTF-16LE begins that of UTF-32LE.
constexpr std::array<Signature, 9> kSignatures{{
    {"\xFF\xFE\0\0"sv, "UTF-32LE", true},
    {"\0\0\xFE\xFF"sv, "UTF-32BE", true},
    {"<\0\0\0"sv, "UTF-32LE", false},
    {"\0\0\0<"sv, "UTF-32BE", false},
    {"\xEF\xBB\xBF"sv, "UTF-8", true},
    {"\xFF\xFE"sv, "UTF-16LE", true},
    {"\xFE\xFF"sv, "UTF-16BE", true},
    {"<\0"sv, "UTF-16LE", false},
    {"\0<"sv, "UTF-16BE", false},
}};

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

// The value of encoding="…" in a declaration at the beginning of `head`, in capitals; "" none.
std::string declared_encoding(std::string_view head) {
  if (!head.starts_with("<?xml")) return {};
  head = head.substr(0, head.find("?>"));
  const auto at = head.find("encoding");
  if (at == std::string_view::npos) return {};
  const auto open = head.find_first_of("\"'", at);
  if (open == std::string_view::npos) return {};
  const auto close = head.find(head[open], open + 1);
  if (close == std::string_view::npos) return {};
  return upper(head.substr(open + 1, close - open - 1));
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes at the beginning that are ASCII and legal in XML, eight at a time if possible.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::size_t at = 0;
  while (true) {
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t below_blank = (word - kOnes * 0x20U) & ~word & kHigh;
      if ((word & kHigh) != 0 || below_blank != 0) break;
    }
    std::size_t byte = at;
    while (byte < text.size() && byte < at + sizeof(std::uint64_t)) {
      const auto c = static_cast<unsigned char>(text[byte]);
      if (c >= 0x80 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) return byte;
      ++byte;
    }
    if (byte == text.size()) return byte;
    at = byte;
  }
}

// Whether more bytes may make a UTF-8 sequence of all of `text`.
bool may_become_utf8(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t wanted = first < 0xC2 || first > 0xF4 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return text.size() < wanted &&
         std::all_of(text.begin() + 1, text.end(), [](unsigned char c) { return (c & 0xC0U) == 0x80U; });
}

}  // namespace

// Control characters, which XML forbids and databases hold, become U+FFFD. What is no UTF-8 in a document that does not
// declare its encoding is taken for Latin-1. One such byte would cost the whole answer else.
class XmlText::Mender {
 public:
  explicit Mender(bool declared) : declared_(declared) {}

  Result<void> mend(std::string_view text, bool last, const Sink& sink) {
    if (!held_.empty()) {
      held_.append(text);
      text = held_;
    }
    std::string mended;
    while (!text.empty()) {
      const std::size_t plain = plain_prefix(text);
      if (plain == text.size() && mended.empty() && held_.empty()) return sink("UTF-8", text);
      mended.append(text.substr(0, plain));
      text.remove_prefix(plain);
      if (text.empty()) break;
      const auto first = static_cast<unsigned char>(text[0]);
      const std::size_t length = first < 0x80 ? 0 : utf8_sequence(text);
      if (length == 0 && !last && first >= 0x80 && may_become_utf8(text)) break;
      if (length > 0)
        mended.append(text.substr(0, length));
      else
        mended.append(first < 0x80 ? std::string(kReplacement)
                      : declared_  ? std::string(text.substr(0, 1))
                                   : utf8_of_latin1(text.substr(0, 1)));
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    held_ = std::string(text);
    return mended.empty() ? Result<void>() : sink("UTF-8", mended);
  }

 private:
  const bool declared_;
  std::string held_;  // the beginning of a sequence
};

class XmlText::Converter {
 public:
  explicit Converter(const std::string& encoding) : handle_(iconv_open("UTF-8", encoding.c_str())) {}
  ~Converter() {
    if (usable()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool usable() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  Result<void> convert(std::string_view text, const Sink& sink) {
    pending_.append(text);
    char* in = pending_.data();
    std::size_t left = pending_.size();
    while (left > 0) {
      char* out = buffer_.data();
      std::size_t room = buffer_.size();
      const auto code = iconv(handle_, &in, &left, &out, &room);
      const int why = code == static_cast<std::size_t>(-1) ? errno : 0;
      const std::size_t made = buffer_.size() - room;
      if (made > 0)
        if (auto taken = sink("UTF-8", std::string_view(buffer_.data(), made)); !taken) return taken;
      if (why == EILSEQ)
        return Error(EBADMSG, "bytes that are not of the encoding that the document declares");
      if (why == EINVAL) break;  // the beginning of a character
    }
    pending_.erase(0, pending_.size() - left);
    return {};
  }

  bool at_end() const { return pending_.empty(); }

 private:
  iconv_t handle_;
  std::string pending_;
  std::array<char, 65536> buffer_{};
};

XmlText::XmlText(Sink sink) : sink_(std::move(sink)) {}
XmlText::~XmlText() = default;

Result<void> XmlText::pass(std::string_view text) {
  if (text.empty()) return {};
  if (converter_) return converter_->convert(text, sink_);
  return mender_ ? mender_->mend(text, false, sink_) : sink_(encoding_, text);
}

Result<void> XmlText::begin() {
  begun_ = true;
  std::string_view text = head_;
  std::string encoding;
  for (const auto& signature : kSignatures) {
    if (!text.starts_with(signature.bytes)) continue;
    encoding = signature.encoding;
    if (signature.mark) text.remove_prefix(signature.bytes.size());
    break;
  }
  if (encoding.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    encoding = declared_encoding(text);
  }
  // A document that can be read as bytes is not UTF-16, whatever it declares.
  const bool plain = encoding.empty() || encoding == "UTF-8" || encoding == "UTF8" ||
                     encoding == "US-ASCII" || encoding == "ASCII" || encoding == "UTF-16" ||
                     encoding == "UCS-2";
  if (encoding == "ISO-8859-1") {
    encoding_ = "ISO-8859-1";
  } else if (!plain) {
    converter_ = std::make_unique<Converter>(encoding);
    if (!converter_->usable())
      return Error(EBADMSG, "the document declares an unknown encoding, " + encoding);
  } else {
    mender_ = std::make_unique<Mender>(!encoding.empty());
  }
  auto passed = pass(text);
  head_ = {};
  return passed;
}

Result<void> XmlText::push(std::span<const std::byte> piece) {
  std::string_view text(reinterpret_cast<const char*>(piece.data()), piece.size());
  if (begun_) return pass(text);
  head_.append(text);
  std::string_view head = head_;
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  if (head.empty()) {  // as much white space as a server likes
    head_.clear();
    return {};
  }
  const bool declaration = head.starts_with(std::string_view("<?xml").substr(0, head.size()));
  const bool complete = declaration      ? head.find("?>") != std::string_view::npos
                        : head[0] == '<' ? head.size() >= kSignatureBytes
                                         : head.size() >= kForeignBytes;
  if (!complete && head.size() < kMostHeadBytes) return {};
  return begin();
}

Result<void> XmlText::finish() {
  if (!begun_)
    if (auto done = begin(); !done) return done;
  if (converter_ && !converter_->at_end()) return Error(EBADMSG, "the document ends inside a character");
  return mender_ ? mender_->mend({}, true, sink_) : Result<void>();
}

}  // namespace esofs::client
