#include "client/http/traffic.h"

#include <algorithm>
#include <iterator>

namespace esofs::client {
namespace {

std::string name_of(const Cause& cause) {
  if (cause.operation == Operation::kNone) return Traffic::kItself;
  return cause.program().empty() ? Traffic::kUnknown : std::string(cause.program());
}

}  // namespace

void Traffic::add(const Cause& cause, std::uint64_t requests, std::uint64_t bytes) {
  const Who who{name_of(cause), cause.user};
  auto programs = programs_.lock();
  if (!programs->contains(who)) make_room(*programs);
  Program& program = (*programs)[who];
  program.requests += requests;
  program.bytes += bytes;
}

// The program that has brought least becomes one of the others.
void Traffic::make_room(Programs& programs) {
  if (programs.size() < kMostPrograms) return;
  const Who others{kOthers, Cause::kNoUser};
  auto least = programs.end();
  for (auto at = programs.begin(); at != programs.end(); ++at) {
    if (at->first != others && (least == programs.end() || at->second.bytes < least->second.bytes))
      least = at;
  }
  const Program gone = least->second;
  programs.erase(least);
  Program& rest = programs[others];
  rest.requests += gone.requests;
  rest.bytes += gone.bytes;
}

std::vector<Traffic::Program> Traffic::programs(std::optional<uid_t> user, std::size_t most) const {
  std::map<std::string, Program> by_name;
  const Programs all = *programs_.lock();
  for (const auto& [who, counted] : all) {
    if (user && who.second != *user) continue;
    Program& program = by_name[who.first];
    program.requests += counted.requests;
    program.bytes += counted.bytes;
  }
  std::vector<Program> sorted;
  sorted.reserve(by_name.size());
  for (auto& [name, program] : by_name) {
    program.name = name;
    sorted.push_back(std::move(program));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Program& a, const Program& b) { return a.bytes > b.bytes; });
  if (sorted.size() > most) sorted.resize(most);
  return sorted;
}

}  // namespace esofs::client
