#include "mountopts/commands/archives_command.h"

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "client/model/profile.h"
#include "mountopts/commands/printed.h"
#include "mountopts/merged_options.h"

namespace esofs::mountopts {

Result<void> run_archives(const ArchivesCommand& command) {
  const auto options = merged_options(command.options);
  if (!options) return options.error();
  std::set<std::string> names{"eso"};
  std::error_code failed;
  const auto folder = options->config_dir / "archives";
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".json") names.insert(entry.path().stem().string());
  }
  auto all = nlohmann::ordered_json::array();
  int wrong = 0;
  for (const auto& name : names) {
    const auto file = folder / (name + ".json");
    const bool own = std::filesystem::exists(file, failed);
    const auto profile = profile_of(name, *options);
    wrong += profile ? 0 : 1;
    if (command.as_json) {
      nlohmann::ordered_json object{{"name", name}};
      object["title"] = profile ? profile->title : "";
      object["profile"] = own ? file.string() : "built in";
      object["login"] = profile && !profile->token_url.empty();
      if (!profile) object["problem"] = profile.error().what();
      all.push_back(std::move(object));
      continue;
    }
    std::cout << name << "\t" << (profile ? profile->title : "PROBLEM: " + profile.error().what()) << "\t"
              << (own ? file.string() : "built in") << '\n';
  }
  if (command.as_json) print_document(all);
  if (wrong == 0) return {};
  return Error(EIO, std::to_string(wrong) + (wrong == 1 ? " profile is" : " profiles are") + " wrong");
}

}  // namespace esofs::mountopts
