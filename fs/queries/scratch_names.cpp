#include "fs/queries/scratch_names.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "fs/positions/positions.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

bool letters_and_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

// `prefix` and then six letters or digits, as mkstemp(3) makes them.
bool temporary(std::string_view name, std::string_view prefix) {
  return name.size() == prefix.size() + 6 && name.starts_with(prefix) &&
         letters_and_digits(name.substr(prefix.size()));
}

// vim tries whether it can write here: 4913, then 5036, 5159 … while there is a file of that name.
bool test_of_vim(std::string_view name) {
  constexpr int first = 4913;
  constexpr int step = 123;
  if (name.empty() || name.size() > 5 ||
      !std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
    return false;
  const int number = std::stoi(std::string(name));
  return number >= first && (number - first) % step == 0;
}

}  // namespace

bool scratch_name(std::string_view name) {
  if (name == kQueryFile || name == kPositionsFile || may_name_a_dataset(name)) return false;
  // .query.adql.swp, query.adql~, query.adql.save, #query.adql#, .#query.adql, query.adql.AbC123, .query.adql.kate-swp …
  for (const auto edited : {kQueryFile, kPositionsFile}) {
    if (name.find(edited) != std::string_view::npos) return true;
  }
  return test_of_vim(name) || temporary(name, "sed") || temporary(name, ".goutputstream-") ||
         temporary(name, "cooledit");
}

std::string query_meant(const std::string& name) {
  std::string query = name;
  for (const std::string_view extension : {".adql", ".sql", ".txt"}) {
    if (query.size() > extension.size() && query.ends_with(extension))
      query.resize(query.size() - extension.size());
  }
  return check_query_name(query) ? query : std::string();
}

std::string how_to_make_query(const std::string& name) {
  const std::string meant = query_meant(name);
  const std::string query = "queries/" + (meant.empty() ? "NAME" : meant);
  return "write " + query + ".adql, or mkdir " + query + " and write its query.adql";
}

}  // namespace esofs::fs
