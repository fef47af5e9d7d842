#include "mountopts/commands/cache_command.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "mountopts/commands/printed.h"
#include "mountopts/merged_options.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

namespace stdfs = std::filesystem;

struct Taken {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // on the disk: segments are sparse
};

// Calls visit(path) for each regular file below `directory`. Files that vanish meanwhile are skipped.
template <class Visit>
Result<void> each_file(const stdfs::path& directory, const Visit& visit) {
  std::error_code failed;
  stdfs::recursive_directory_iterator entries(directory, failed);
  for (; !failed && entries != stdfs::recursive_directory_iterator(); entries.increment(failed)) {
    std::error_code gone;
    if (entries->is_regular_file(gone) && !entries->is_symlink(gone)) visit(entries->path());
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    return Error(failed.value(), directory.string() + ": " + failed.message());
  return {};
}

Result<Taken> taken_by(const stdfs::path& directory) {
  Taken taken;
  auto visited = each_file(directory, [&taken](const stdfs::path& path) {
    struct stat state {};
    if (::stat(path.c_str(), &state) != 0) return;
    ++taken.files;
    taken.bytes += static_cast<std::uint64_t>(state.st_blocks) * 512;
  });
  if (!visited) return visited.error();
  return taken;
}

}  // namespace

Result<void> run_cache(const CacheCommand& command) {
  const auto options = merged_options(command.options);
  if (!options) return options.error();
  std::error_code failed;
  if (!stdfs::is_directory(options->cache_dir, failed) && !command.clear && !command.as_json)
    std::cerr << "esofs: " << options->cache_dir.string() << " is not there; no mount has used it yet\n";
  const auto content = options->cache_dir / "content" / "segments";
  const auto kept = taken_by(content);
  if (!kept) return kept.error();
  if (command.clear) {
    auto visited = each_file(content, [](const stdfs::path& path) {
      std::error_code gone;
      stdfs::remove(path, gone);
    });
    if (!visited) return visited.error();
    const auto left = taken_by(content);
    if (!left) return left.error();
    if (left->files > 0)
      return Error(EACCES,
                   content.string() + ": " + std::to_string(left->files) + " segments could not be removed");
    if (command.as_json) {
      print_document(
          nlohmann::ordered_json{{"freed_bytes", kept->bytes}, {"segments_dir", content.string()}});
      return {};
    }
    std::cout << "freed " << human_bytes(kept->bytes) << " in " << content.string() << '\n';
    return {};
  }
  const auto metadata = taken_by(options->cache_dir / "meta");
  if (!metadata) return metadata.error();
  const auto results = taken_by(options->cache_dir / "results");
  if (!results) return results.error();
  if (command.as_json) {
    print_document(nlohmann::ordered_json{
        {"cache_dir", options->cache_dir.string()},
        {"content", {{"bytes", kept->bytes}, {"max_bytes", options->cache_size}, {"segments", kept->files}}},
        {"metadata", {{"bytes", metadata->bytes}}},
        {"results", {{"bytes", results->bytes}, {"files", results->files}}}});
    return {};
  }
  std::cout << options->cache_dir.string() << "\n  file content  " << human_bytes(kept->bytes) << " of "
            << human_bytes(options->cache_size) << " in " << kept->files << " segments\n  metadata      "
            << human_bytes(metadata->bytes) << "\n  query results " << human_bytes(results->bytes) << " in "
            << results->files << " files\n";
  return {};
}

}  // namespace esofs::mountopts
