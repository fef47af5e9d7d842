#include "fs/queries/status_lines.h"

#include "client/base/text.h"
#include "fs/tree/error_log.h"

namespace esofs::fs {

void status_line(std::string& text, const char* key, const std::string& value) {
  if (value.empty()) return;
  text += key;
  text += ": ";
  std::string line = value;
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  text += printable(line);
  text += '\n';
}

void service_lines(std::string& text, const cache::QueryState& state, const cache::QuerySpec& query) {
  status_line(text, "service", state.service.empty() ? query.service : state.service);
  status_line(text, "service_url", state.service_url);
}

void error_lines(std::string& text, const cache::QueryState& state) {
  if (!state.error) return;
  status_line(text, "last error", errno_name(state.error->code()) + ' ' + state.error->what());
  status_line(text, "last error at", iso_time(state.error_at));
}

}  // namespace esofs::fs
