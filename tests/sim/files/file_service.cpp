#include "tests/sim/files/file_service.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sim/services/pages.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr std::size_t kPiece = 256U << 10U;

struct Range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};

enum class RangeKind { kWhole, kPart, kUnsatisfiable };

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// Headers that are malformed or name several ranges mean the whole file.
std::pair<RangeKind, Range> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view scheme = "bytes=";
  const std::pair<RangeKind, Range> whole{RangeKind::kWhole, {0, size}};
  if (header.substr(0, scheme.size()) != scheme) return whole;
  header.remove_prefix(scheme.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  std::uint64_t first = 0;
  std::uint64_t last = size - 1;
  if (from.empty()) {
    std::uint64_t count = 0;
    if (!read_number(to, count)) return whole;
    if (count == 0 || size == 0) return {RangeKind::kUnsatisfiable, {}};
    first = size - std::min(count, size);
  } else {
    if (!read_number(from, first)) return whole;
    if (!to.empty() && (!read_number(to, last) || last < first)) return whole;
    if (first >= size) return {RangeKind::kUnsatisfiable, {}};
    last = std::min(last, size - 1);
  }
  return {RangeKind::kPart, {first, last - first + 1}};
}

std::string content_range(const Range& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.first + range.size - 1) + "/" +
         std::to_string(size);
}

struct Validators {
  std::string etag;
  std::string last_modified;
};

Validators validators_of(const File& file, std::uint64_t size, bool changed) {
  const std::uint64_t seed = mix(seed_of(file.id) + size + (changed ? 1 : 0));
  constexpr std::int64_t k2016 = 1451606400;
  const auto when = k2016 + static_cast<std::int64_t>(seed_of(file.id) % 200'000'000) + (changed ? 86400 : 0);
  return {"\"" + std::to_string(seed) + "\"", http_date(when)};
}

}  // namespace

bool has_rights(const httplib::Request& request) {
  const std::string given = request.get_header_value("Authorization");
  // base64("observer:secret")
  return given == "Basic b2JzZXJ2ZXI6c2VjcmV0" || given == std::string("Bearer ") + kToken;
}

void stream_content(Answer& answer, std::shared_ptr<const Content> content, std::uint64_t first,
                    std::uint64_t size) {
  answer.length = size;
  answer.stream = [content = std::move(content), first, size](const Answer::Write& write) {
    std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size)));
    for (std::uint64_t done = 0; done < size;) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - done));
      content->read(first + done, std::as_writable_bytes(std::span(piece.data(), n)));
      if (!write({piece.data(), n})) return;
      done += n;
    }
  };
}

Answer FileService::answer(const std::string& id, const httplib::Request& request, const Effect& effect,
                           const Refusal& refusal) const {
  const File* file = holdings_->find_file(id);
  if (file == nullptr)
    return text_answer(404, "text/html;charset=UTF-8", "<html><body>File not found.</body></html>\n");
  if (auto refused = refusal ? refusal(*file) : std::nullopt) return *std::move(refused);
  const auto& content = effect.changed_content ? file->changed : file->content;
  const std::uint64_t size = content->size();
  const bool ranges = !file->patched_header && !effect.ignore_range;

  Answer answer;
  answer.set("Content-Type", "application/octet-stream");
  answer.set("Content-Disposition", "attachment; filename=\"" + file->name + "\"");
  if (ranges) answer.set("Accept-Ranges", "bytes");
  answer.chunked = effect.no_length;
  Range range{0, size};
  bool wanted = ranges && request.has_header("Range");
  if (effect.etag) {
    const Validators validators = validators_of(*file, size, effect.changed_content);
    answer.set("ETag", validators.etag);
    answer.set("Last-Modified", validators.last_modified);
    const std::string condition = request.get_header_value("If-Range");
    if (!condition.empty() && condition != validators.etag && condition != validators.last_modified)
      wanted = false;
  }
  if (wanted) {
    const auto [kind, part] = parse_range(request.get_header_value("Range"), size);
    if (kind == RangeKind::kUnsatisfiable) {
      answer.status = 416;
      answer.set("Content-Range", "bytes */" + std::to_string(size));
      return answer;
    }
    if (kind == RangeKind::kPart) {
      range = part;
      if (effect.wrong_content_range)
        range.first = range.first + range.size < size ? range.first + 1 : range.first - 1;
      if (effect.wrong_content_range && part.size == size) range = {1, size - 1};
      answer.status = 206;
      answer.set("Content-Range", content_range(range, size));
    }
  }
  stream_content(answer, content, range.first, range.size);
  return answer;
}

Answer FileService::in_folder(const std::string& path, const httplib::Request& request, const Effect& effect,
                              const Refusal& refusal) const {
  const auto slash = std::min(path.find('/'), path.size());
  const File* file = holdings_->find_file(path.substr(0, slash));
  const std::string name = path.substr(slash);
  if (file != nullptr && name == "/file.fits") return answer(file->id, request, effect, refusal);
  if (file == nullptr || name.size() > 1) return html_answer(404, "Not Found", "There is no " + path);
  const std::string title = "Index of " + file->id;
  return text_answer(
      200, "text/html;charset=UTF-8",
      "<html><head><title>" + title + "</title></head><body><h1>" + title +
          "</h1><pre><a href=\"../\">../</a>\n<a href=\"file.fits\">file.fits</a></pre></body></html>\n");
}

}  // namespace esofs::sim
