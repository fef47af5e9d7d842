// XmlText: the bytes of an XML document, made into something that expat reads by itself.
//
// The encoding is told by the byte order mark, by the first bytes (UTF-16 and UTF-32 without a mark), or by the XML
// declaration; else it is UTF-8. UTF-8 and ISO-8859-1 pass unchanged, everything else that iconv knows becomes UTF-8.
// White space before the document, which XML forbids and servers send, is left out. A control character in UTF-8, which XML
// forbids, becomes U+FFFD. Where nothing tells the encoding, bytes that are no UTF-8 are taken for Latin-1.
//
//   errors   EBADMSG: an encoding that nobody knows, bytes that are not of it
//   threads  one document, one thread
//   source   XML 1.0 section 4.3.3 and appendix F
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "client/base/result.h"

namespace esofs::client {

class XmlText {
 public:
  // encoding: what `text` is in, as expat's XML_ParserCreate takes it: "UTF-8" or "ISO-8859-1"; constant.
  using Sink = std::function<Result<void>(const char* encoding, std::string_view text)>;

  explicit XmlText(Sink sink);
  ~XmlText();
  XmlText(const XmlText&) = delete;
  XmlText& operator=(const XmlText&) = delete;

  Result<void> push(std::span<const std::byte> piece);
  Result<void> finish();

 private:
  class Converter;
  class Mender;

  Result<void> begin();  // The head tells the encoding: passes it on.
  Result<void> pass(std::string_view text);

  const Sink sink_;
  bool begun_ = false;
  std::string head_;
  const char* encoding_ = "UTF-8";
  std::unique_ptr<Mender> mender_;
  std::unique_ptr<Converter> converter_;
};

}  // namespace esofs::client
