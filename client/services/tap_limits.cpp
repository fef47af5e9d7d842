#include "client/services/tap_limits.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <pugixml.hpp>
#include <string_view>
#include <system_error>

#include "client/base/text.h"
#include "client/services/xml_name.h"

namespace esofs::client {
namespace {

constexpr std::uint64_t kMostCapabilities = 4U << 20U;
constexpr std::uint64_t kRound = 100;          // a limit is a multiple of it
constexpr std::chrono::seconds kPatience{20};  // a query has waited long enough already

void add_limit(const pugi::xml_node& limit, std::vector<std::uint64_t>& limits) {
  const std::string_view unit = limit.attribute("unit").value();
  const auto text = trimmed(limit.child_value());
  std::uint64_t rows = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (read.ec == std::errc() && rows > 0 && (unit.empty() || same_word(unit, "row"))) limits.push_back(rows);
}

}  // namespace

std::vector<std::uint64_t> row_limits(const std::string& capabilities) {
  std::vector<std::uint64_t> limits;
  pugi::xml_document xml;
  if (!xml.load_buffer(capabilities.data(), capabilities.size())) return limits;
  for (const auto& capability : xml.document_element().children()) {
    const auto standard = lower(capability.attribute("standardID").value());
    const bool tap = standard == "ivo://ivoa.net/std/tap" || standard.starts_with("ivo://ivoa.net/std/tap#");
    const bool ssa = standard == "ivo://ivoa.net/std/ssa" || standard.starts_with("ivo://ivoa.net/std/ssa#");
    for (const auto& part : capability.children()) {
      const auto name = local_name(part.name());
      if (tap && name == "outputLimit") {
        for (const auto& limit : part.children()) add_limit(limit, limits);
      } else if (ssa && (name == "maxRecords" || name == "defaultMaxRecords")) {
        add_limit(part, limits);
      }
    }
  }
  return limits;
}

bool TapLimits::stopped(const std::string& url, std::uint64_t rows, Lane::Turn& turn) const {
  if (rows == 0 || rows % kRound != 0) return false;
  const auto told = limits(url, turn);
  return told && std::find(told->begin(), told->end(), rows) != told->end();
}

std::optional<std::vector<std::uint64_t>> TapLimits::limits(const std::string& url, Lane::Turn& turn) const {
  {
    const auto known = known_.lock();
    if (const auto found = known->find(url); found != known->end()) return found->second;
  }
  HttpRequest request;
  request.url = url + "/capabilities";
  request.rights = {Rights::Kind::kLoggedInFirst};
  request.limits = http_.settings().limits;
  request.limits->attempts = 1;
  request.limits->first_byte = std::min<std::chrono::milliseconds>(request.limits->first_byte, kPatience);
  const auto answer = http_.text(request, kMostCapabilities, turn);
  if (!answer || answer->head.status >= 500) return std::nullopt;  // asked again another time
  auto told = answer->head.status == 200 ? row_limits(answer->body) : std::vector<std::uint64_t>();
  known_.lock()->insert_or_assign(url, told);
  return told;
}

}  // namespace esofs::client
