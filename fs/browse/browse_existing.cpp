#include "fs/browse/browse_existing.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/angle_fault.h"
#include "client/base/in_turn.h"
#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "fs/browse/browse_values.h"

namespace esofs::fs {
namespace {

using Wanted = BrowseTemplate::ExistingValues;

constexpr std::size_t kMostNear = 3;
constexpr std::size_t kMostListed = 30;

// The name of a directory for a value.
std::string directory_of(const Wanted& wanted, const std::string& shown, const std::string& value) {
  if (!wanted.programme) return shown;
  const auto argument = parse_argument(ArgumentType::kProgramme, value);
  return argument ? argument->shown : value;
}

std::string nearest_names(const std::string& word, std::vector<std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < kMostNear; ++i) {
    const std::string best = nearest(word, names);
    if (best.empty()) break;
    text += (i == 0 ? "" : ", ") + best;
    std::erase(names, best);
  }
  return text;
}

std::string sentence(const Wanted& wanted, const std::map<std::string, std::string>& values) {
  std::vector<std::string> names;
  names.reserve(values.size());
  for (const auto& [shown, value] : values) names.push_back(directory_of(wanted, shown, value));
  std::string text = "the archive lists no " + wanted.placeholder + " '" + safe_name(wanted.wanted) + "'";
  const std::string near = nearest_names(directory_of(wanted, wanted.wanted, wanted.wanted), names);
  if (!near.empty()) return text + "; the nearest: " + near;
  const std::string night = night_fault(wanted.wanted);
  if (night.find("did you mean") != std::string::npos) return text + "; " + night;
  if (names.empty() || names.size() > kMostListed) return text;
  text += "; it lists";
  for (const auto& name : names) text += (name == names.front() ? " " : ", ") + name;
  return text;
}

bool exists(const Wanted& wanted, const std::map<std::string, std::string>& values) {
  // A list without values, or one that was cut, decides nothing.
  if ((values.empty() && !wanted.programme) || values.size() >= kMostBrowseValues) return true;
  return std::any_of(values.begin(), values.end(), [&wanted](const auto& value) {
    return wanted.programme ? value.second.starts_with(wanted.wanted) : value.second == wanted.wanted;
  });
}

}  // namespace

Cancel missing_argument(BrowseState& browse, std::vector<Wanted> wanted, Done<std::string> done) {
  if (wanted.empty()) {
    done(std::string());
    return {};
  }
  const Wanted next = std::move(wanted.back());
  wanted.pop_back();
  return in_turn<BrowseValues, std::string>(
      [&](Done<BrowseValues> listed) {
        return browse_values(browse, next.adql, browse.context.config().lookup_wait,
                             AskedBy(listed.cause(), [listed = listed.take()](Result<BrowseValues> values) {
                               if (!values && values.error().code() == EINTR) return listed(values.error());
                               listed(values ? *values : BrowseValues());
                             }));
      },
      [&browse, next, rest = std::move(wanted)](const BrowseValues& values, Done<std::string> told) {
        if (!values || exists(next, *values)) return missing_argument(browse, rest, std::move(told));
        told(sentence(next, *values));
        return Cancel();
      },
      std::move(done));
}

}  // namespace esofs::fs
