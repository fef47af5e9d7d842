#include "cache/content/package_probe.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "client/services/dataset_reader.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kProbe = 512;
constexpr std::size_t kUstarAt = 257;

std::string type_by_magic(std::span<const std::byte> begin) {
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return "application/zip";
  if (text.size() > kUstarAt && text.substr(kUstarAt).starts_with("ustar")) return "application/x-tar";
  return "";
}

// Takes the first bytes of an answer and ends it.
class ProbeSink : public client::FetchSink {
 public:
  Result<void> head(const client::FileHead& head) override {
    head_ = head;
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    begin_.insert(begin_.end(), piece.begin(), piece.end());
    return begin_.size() < kProbe ? Result<void>() : Error(EINTR, "enough");
  }
  void no_range() override { no_range_ = true; }

  const std::optional<client::FileHead>& head() const noexcept { return head_; }
  const std::vector<std::byte>& begin() const noexcept { return begin_; }
  bool refuses_ranges() const noexcept { return no_range_; }

 private:
  std::optional<client::FileHead> head_;
  std::vector<std::byte> begin_;
  bool no_range_ = false;
};

}  // namespace

std::optional<client::FileSource> package_of_answer(const client::FileSource& asked,
                                                    const client::FileHead& head,
                                                    std::span<const std::byte> begin) {
  client::FileSource package = asked;
  package.length = head.total;
  package.original_name = client::package_extension("", head.name).empty() ? "" : head.name;
  package.content_type = type_by_magic(begin);
  if (package.content_type.empty()) package.content_type = head.content_type;
  if (client::extension_of_type(package.content_type) == ".fits" && !package.original_name.empty())
    package.content_type = "application/octet-stream";  // the name knows better
  if (package_extension(package).empty()) return std::nullopt;
  return package;
}

std::optional<client::FileSource> package_at(client::Archive& archive, const client::FileSource& source,
                                             bool restricted, Lane::Turn& turn) {
  client::FetchRequest request;
  request.url = source.url;
  request.range = client::ByteRange{0, kProbe};
  if (restricted) request.rights = {client::Rights::Kind::kLoggedIn};
  for (;;) {
    ProbeSink sink;
    (void)archive.fetch(request, sink, turn);
    if (sink.head()) return package_of_answer(source, *sink.head(), sink.begin());
    if (!sink.refuses_ranges() || !request.range || turn.stop().stop_requested()) return std::nullopt;
    request.range.reset();
  }
}

std::string package_extension(const client::FileSource& source) {
  return client::package_extension(source.content_type,
                                   source.original_name.empty() ? source.url : source.original_name);
}

Error package_error(const std::string& extension) {
  return {EIO, "the archive delivers this dataset as a package, which is no FITS file: it is the " +
                   extension + " file in the dataset's directory below datasets/"};
}

}  // namespace esofs::cache
