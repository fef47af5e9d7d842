#include "tests/sim/tap/replies.h"

#include <chrono>
#include <memory>

#include "tests/sim/tap/output/output.h"
#include "tests/sim/tap/times.h"

namespace esofs::sim::tap {
namespace {

void add_common(Answer& answer) {
  answer.set("Date", http_date(std::chrono::system_clock::now()));
  answer.set("Server", "ESO/TapServer-2.0 STIL-4.0.1 uwsLib-4.4 adqlLib-1.5");
}

void add_dynamic(Answer& answer) {
  add_common(answer);
  answer.set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
  answer.set("Expires", "0");
  answer.set("Pragma", "no-cache");
  answer.set("X-Content-Type-Options", "nosniff");
  answer.set("X-Frame-Options", "DENY");
  answer.set("X-XSS-Protection", "1; mode=block");
}

void add_vary(Answer& answer) {
  answer.set("Vary", "Origin,Access-Control-Request-Method,Access-Control-Request-Headers");
}

}  // namespace

Answer reply_stream(const std::string& content_type, NextPiece next) {
  Answer answer = reply_text(content_type, "");
  answer.stream = [next = std::move(next)](const Answer::Write& write) {
    std::string piece;
    for (bool more = true; more;) {
      piece.clear();
      more = next(piece);
      if (!write(piece)) return;
    }
  };
  return answer;
}

Answer reply_text(const std::string& content_type, std::string body) {
  Answer answer = text_answer(200, content_type, std::move(body));
  add_dynamic(answer);
  add_vary(answer);
  answer.chunked = true;
  return answer;
}

Answer reply_see_other(const httplib::Request& request, const std::string& location) {
  const std::string type = request.get_header_value("Content-Type");
  Answer answer = reply_text(type + ";charset=UTF-8", "");
  if (type.empty()) answer.headers.erase("Content-Type");
  answer.set("Location", location);
  answer.status = 303;
  return answer;
}

Answer reply_error(int status, const std::string& message) {
  Answer answer = text_answer(status, "application/xml;charset=UTF-8", error_document(message));
  add_dynamic(answer);
  return answer;
}

Answer reply_stored(const std::string& content_type, std::uint64_t length) {
  Answer answer = text_answer(200, content_type, "");
  add_common(answer);
  add_vary(answer);
  answer.length = length;
  return answer;
}

std::string error_document(const std::string& message) {
  std::string text;
  for (const char c : xml_text(message)) text += c == '"' ? std::string("&quot;") : std::string(1, c);
  return "<?xml version=\"1.0\"?>\r\n"
         "<VOTABLE version=\"1.3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
         " xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\" >\r\n"
         "<RESOURCE type='results'>\r\n"
         "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">" +
         text + "</INFO></RESOURCE>\r\n</VOTABLE>\r\n";
}

}  // namespace esofs::sim::tap
