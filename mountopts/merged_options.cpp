#include "mountopts/merged_options.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace esofs::mountopts {
namespace {

// The text of a file; nullopt if there is none. EACCES, EIO …
Result<std::optional<std::string>> file_text(const std::filesystem::path& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found) return std::optional<std::string>();
  if (std::filesystem::is_directory(status)) return Error(EISDIR, path.string() + ": is a directory");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Error(EACCES, path.string() + ": cannot be read");
  return std::optional(std::move(text));
}

}  // namespace

Result<Options> merged_options(const std::vector<std::string>& words) {
  const auto apply_words = [&words](Options& options) -> Result<void> {
    for (const auto& word : words) {
      auto applied = apply_text(options, word);
      if (!applied) return applied;
    }
    return {};
  };
  Options options = default_options();
  auto applied = apply_words(options);
  if (!applied) return applied.error();
  const auto path = options.config_dir / "config.json";
  const auto text = file_text(path);
  if (!text) return text.error();
  if (!*text) return options;
  Options configured = default_options();
  applied = apply_json(configured, **text, path.string());
  if (applied) applied = apply_words(configured);
  if (!applied) return applied.error();
  return configured;
}

Result<client::Profile> profile_of(const std::string& archive, const Options& options) {
  auto profile = client::find_profile(archive, (options.config_dir / "archives").string());
  if (profile || profile.error().code() != ENOENT) return profile;
  return Error(EINVAL, profile.error().what());
}

}  // namespace esofs::mountopts
