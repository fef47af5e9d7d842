#include "tests/sim/http/http_server.h"

#include <utility>

namespace esofs::sim {

void Answer::set(const std::string& name, const std::string& value) {
  headers.erase(name);
  headers.emplace(name, value);
}

Answer text_answer(int status, const std::string& content_type, std::string body) {
  Answer answer;
  answer.status = status;
  answer.set("Content-Type", content_type);
  answer.body = std::move(body);
  return answer;
}

}  // namespace esofs::sim
