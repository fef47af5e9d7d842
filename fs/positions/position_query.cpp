#include "fs/positions/position_query.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "client/adql/adql_conditions.h"
#include "client/adql/adql_tokens.h"
#include "client/base/angle.h"

namespace esofs::fs {
namespace {

struct Placeholder {
  std::size_t begin;
  std::size_t end;
  bool ra;
};

std::vector<Placeholder> placeholders_of(std::string_view adql) {
  std::vector<Placeholder> found;
  client::AdqlTokens tokens(adql);
  client::AdqlToken before;
  client::AdqlToken open;
  for (auto token = tokens.next(); token.kind != client::AdqlToken::Kind::kEnd; token = tokens.next()) {
    if (token.is_sign('}') && open.is_sign('{') && (before.is_word("ra") || before.is_word("dec")))
      found.push_back({open.begin, token.end, before.is_word("ra")});
    open = before;
    before = token;
  }
  return found;
}

std::string at_position(std::string_view text, const std::vector<Placeholder>& placeholders,
                        const Position& position) {
  std::string filled;
  std::size_t end = 0;
  for (const auto& each : placeholders) {
    filled += text.substr(end, each.begin - end);
    filled += angle_text(each.ra ? position.ra_deg : position.dec_deg);
    end = each.end;
  }
  filled += text.substr(end);
  return filled;
}

// "0.5", "30/3600." at the beginning of a text; 0 if it is another expression.
double quotient_at(std::string_view text) {
  const auto take = [&text](double& number) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n\t\r"), text.size()));
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(" \n\t\r"), text.size()));
    return read.ec == std::errc();
  };
  double number = 0;
  double divisor = 1;
  if (!take(number)) return 0;
  if (text.starts_with('/')) {
    text.remove_prefix(1);
    if (!take(divisor)) return 0;
  }
  const bool ends = !text.starts_with('*') && !text.starts_with('+') && !text.starts_with('-');
  return ends && divisor > 0 ? number / divisor : 0;
}

}  // namespace

std::string unknown_placeholder(std::string_view adql) {
  client::AdqlTokens tokens(adql);
  client::AdqlToken before;
  client::AdqlToken open;
  for (auto token = tokens.next(); token.kind != client::AdqlToken::Kind::kEnd; token = tokens.next()) {
    const bool inside = token.is_sign('}') && open.is_sign('{');
    if (inside && before.kind == client::AdqlToken::Kind::kWord && !before.is_word("ra") &&
        !before.is_word("dec"))
      return before.text;
    open = before;
    before = token;
  }
  return {};
}

bool asks_positions(std::string_view adql) { return !placeholders_of(adql).empty(); }

Result<std::string> query_of_positions(std::string_view adql, const std::vector<Position>& positions) {
  if (positions.empty()) return Error(EINVAL, "positions.csv has no positions yet");
  const auto query = client::conditions_of(adql);
  const auto all = placeholders_of(adql);
  const bool inside = query && std::all_of(all.begin(), all.end(), [&query](const auto& each) {
                        return each.begin >= query->begin && each.end <= query->end;
                      });
  if (!inside)
    return Error(
        EINVAL,
        "query.adql: {ra} and {dec} can stand only in the conditions behind WHERE, of a query with one "
        "SELECT");
  std::vector<std::string> fixed;
  std::vector<std::string> repeated;
  for (const auto& condition : query->each)
    (asks_positions(condition) ? repeated : fixed).push_back(condition);
  const std::string text = client::all_of(repeated);
  const auto placeholders = placeholders_of(text);
  std::string any;
  for (const auto& position : positions)
    any += (any.empty() ? "(" : "\n  OR (") + at_position(text, placeholders, position) + ")";
  fixed.push_back(positions.size() == 1 ? any : "(" + any + ")");
  std::string whole(adql.substr(0, query->begin));
  whole += " " + client::all_of(fixed);
  const auto rest = adql.substr(query->end);
  return rest.empty() ? whole : whole + "\n" + std::string(rest);
}

double radius_of_positions(std::string_view adql) {
  double radius = 0;
  for (const auto& each : placeholders_of(adql)) {
    if (each.ra) continue;
    std::string_view rest = adql.substr(each.end);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \n\t\r)"), rest.size()));
    if (!rest.starts_with(',') && !rest.starts_with('<')) continue;
    rest.remove_prefix(std::min(rest.find_first_not_of(",<= \n\t\r"), rest.size()));
    radius = std::max(radius, quotient_at(rest));
  }
  return radius;
}

}  // namespace esofs::fs
