#include "mountopts/commands/cache_command.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <system_error>

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
    std::cout << "freed " << human_bytes(kept->bytes) << " in " << content.string() << '\n';
    return {};
  }
  const auto metadata = taken_by(options->cache_dir / "meta");
  if (!metadata) return metadata.error();
  const auto results = taken_by(options->cache_dir / "results");
  if (!results) return results.error();
  std::cout << options->cache_dir.string() << "\n  file content  " << human_bytes(kept->bytes) << " of "
            << human_bytes(options->cache_size) << " in " << kept->files << " segments\n  metadata      "
            << human_bytes(metadata->bytes) << "\n  query results " << human_bytes(results->bytes) << " in "
            << results->files << " files\n";
  return {};
}

}  // namespace esofs::mountopts
