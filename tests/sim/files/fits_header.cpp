#include "tests/sim/files/fits_header.h"

#include <algorithm>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

std::string right(std::string value) {
  if (value.size() < 20) value.insert(0, 20 - value.size(), ' ');
  return value;
}

}  // namespace

FitsHeader& FitsHeader::card(std::string_view name, std::string value, std::string_view comment) {
  std::string line;
  if (name.find(' ') != std::string_view::npos) {
    while (!value.empty() && value.front() == ' ') value.erase(0, 1);
    line = "HIERARCH " + std::string(name) + " = " + value;
  } else {
    line = std::string(name);
    line.resize(8, ' ');
    line += "= " + value;
  }
  if (!comment.empty() && line.size() + 3 + comment.size() <= kFitsCard) {
    if (line.size() < 30 && line.size() + 30 <= kFitsCard) line.resize(30, ' ');
    if (line.size() + 3 + comment.size() <= kFitsCard) line.append(" / ").append(comment);
  }
  line.resize(kFitsCard, ' ');
  cards_ += line;
  return *this;
}

FitsHeader& FitsHeader::string(std::string_view name, std::string_view value, std::string_view comment) {
  const std::size_t used = name.find(' ') != std::string_view::npos ? 12 + name.size() : 10;
  std::string quoted = "'";
  for (const char c : value) {
    if (used + quoted.size() + 3 > kFitsCard) break;
    quoted += c;
    if (c == '\'') quoted += c;
  }
  if (quoted.size() < 9) quoted.resize(9, ' ');
  return card(name, quoted + "'", comment);
}

FitsHeader& FitsHeader::integer(std::string_view name, std::int64_t value, std::string_view comment) {
  return card(name, right(std::to_string(value)), comment);
}

FitsHeader& FitsHeader::real(std::string_view name, double value, std::string_view comment) {
  return card(name, right(decimal(value)), comment);
}

FitsHeader& FitsHeader::flag(std::string_view name, bool value, std::string_view comment) {
  return card(name, right(value ? "T" : "F"), comment);
}

FitsHeader& FitsHeader::history(std::string_view text) {
  std::string line = "HISTORY " + std::string(text);
  line.resize(kFitsCard, ' ');
  cards_ += line;
  return *this;
}

std::string FitsHeader::text() const {
  std::string out = cards_ + "END";
  out.resize((out.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, ' ');
  return out;
}

}  // namespace esofs::sim
