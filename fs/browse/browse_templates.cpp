#include "fs/browse/browse_templates.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "client/base/safe_name.h"
#include "fs/browse/browse_builtin.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

namespace files_of = std::filesystem;

constexpr std::size_t kMostFiles = 200;
// As much of a file is shown; BrowseTemplate::parse() refuses smaller ones.
constexpr std::size_t kMostShown = 1U << 20U;

Result<std::string> text_of(const files_of::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.resize(kMostShown);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (!file.bad()) return text;
  }
  return Error(EIO, "template " + safe_name(path.filename().string()) + " cannot be read");
}

}  // namespace

BrowseTemplates::BrowseTemplates(BrowseConfig archive, Report report)
    : archive_(std::move(archive)), report_(std::move(report)) {}

BrowseTemplates::Files BrowseTemplates::files() const {
  Files files;
  std::error_code failed;
  for (files_of::directory_iterator entry(archive_.templates_dir, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(kAdqlExtension) || name.starts_with('.') || files.size() == kMostFiles) continue;
    std::error_code gone;
    Seen seen{entry->last_write_time(gone), entry->file_size(gone)};
    if (!gone) files.emplace(name, seen);
  }
  return files;
}

std::shared_ptr<const BrowseTemplates::Set> BrowseTemplates::current() {
  Files now = files();
  {
    auto state = state_.lock();
    if (state->set && state->files == now) return state->set;
  }
  auto set = read(now);
  for (const auto& problem : set->problems) {
    spdlog::warn("browse/: {}", problem);
    if (report_) report_(Error(EINVAL, problem));
  }
  auto state = state_.lock();
  state->files = std::move(now);
  state->set = set;
  return set;
}

std::shared_ptr<const BrowseTemplates::Set> BrowseTemplates::read(const Files& files) const {
  auto set = std::make_shared<Set>();
  for (const auto& [file, text] : builtin_templates(archive_)) add(*set, file, text, {});
  std::set<std::string> whole;
  for (const auto& [file, seen] : files) {
    const auto stem = file.substr(0, file.size() - kAdqlExtension.size());
    if (stem.find('.') == std::string::npos) whole.insert(stem);
  }
  for (const auto& [file, seen] : files) {
    auto text = text_of(archive_.templates_dir / file);
    if (!text) {
      set->problems.push_back(text.error().what());
      continue;
    }
    add(*set, file, *text, whole);
  }
  return set;
}

void BrowseTemplates::add(Set& set, const std::string& file, const std::string& text,
                          const std::set<std::string>& whole) const {
  if (safe_name(file) == file) set.texts[file] = text;
  auto made = BrowseTemplate::parse(file, text);
  if (!made) {
    set.problems.push_back(made.error().what());
    return;
  }
  const auto refuse = [&](const std::string& what) {
    set.problems.push_back("template " + file + ": " + what);
  };
  if (made->names_objects() && !archive_.resolver)
    return refuse("the archive's profile names no resolver of object names (resolver_url)");
  if (!made->leaf().empty() && whole.contains(made->group()))
    return refuse("browse/" + made->group() + "/ is made by " + made->group() + std::string(kAdqlExtension));
  Group group = set.groups[made->group()];
  if (made->leaf().empty()) group.clear();
  group.erase("");
  group.erase(made->leaf());
  if (!group.empty() && group.begin()->second->path_text() != made->path_text())
    return refuse("its path differs from that of " + group.begin()->second->file() + ", which is '" +
                  group.begin()->second->path_text() + "'");
  auto kept = std::make_shared<const BrowseTemplate>(*std::move(made));
  group.emplace(kept->leaf(), kept);
  set.groups[kept->group()] = std::move(group);
}

}  // namespace esofs::fs
