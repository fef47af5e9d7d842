// table_export FORMAT TARGET FILE…: what export_table makes of VOTables, for comparison with what other programs read.
//
// FORMAT is an extension (.csv, .tsv, .json, .fits, .txt); the export of the n-th FILE is TARGET followed by n and the
// extension. Side files (STREAM/@href) are looked for beside FILE. A failure is one line on stderr, and exit status 1.

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "client/tables/table_export.h"

namespace {

namespace client = esofs::client;

esofs::Result<std::string> read_beside(const std::filesystem::path& document, const std::string& href) {
  std::ifstream file(document.parent_path() / std::filesystem::path(href).filename(), std::ios::binary);
  if (!file) return esofs::Error(ENOENT, "no file " + href);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

int main(int argc, char** argv) {
  const auto format = argc > 3 ? client::format_of_extension(argv[1]) : std::nullopt;
  if (!format) {
    std::cerr << "usage: table_export .csv|.tsv|.json|.fits|.txt TARGET FILE...\n";
    return 2;
  }
  int failures = 0;
  for (int i = 3; i < argc; ++i) {
    client::ExportSource source;
    source.votable = argv[i];
    source.options.fetch_stream = [&source](const std::string& href) {
      return read_beside(source.votable, href);
    };
    const std::string target = argv[2] + std::to_string(i - 3) + argv[1];
    const auto done = client::export_table(source, *format, target, {});
    if (done) continue;
    ++failures;
    std::cerr << argv[i] << ": " << done.error().what() << '\n';
  }
  return failures > 0 ? 1 : 0;
}
