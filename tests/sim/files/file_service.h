// FileService: /dataPortal/file/<id>, downloads as ESO's data portal gives them.
//
//   shapes   single ranges with 206 and Content-Range; several ranges: the whole file; files with a header corrected on
//            the fly: always the whole file
//   errors   404 for an unknown id, 416 for a range outside the file
//   threads  thread-safe
//   source   client/ESO.md, "Files"; RFC 9110 section 14
#pragma once

#include <httplib.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"
#include "tests/sim/knobs/faults.h"

namespace esofs::sim {

// HTTP Basic with these, or Bearer with this token, opens proprietary files.
inline constexpr const char* kUser = "observer";
inline constexpr const char* kPassword = "secret";
inline constexpr const char* kToken = "sim-token";

bool has_rights(const httplib::Request& request);

// Makes `size` bytes of the content from `first` on the body of the answer.
void stream_content(Answer& answer, std::shared_ptr<const Content> content, std::uint64_t first,
                    std::uint64_t size);

class FileService {
 public:
  explicit FileService(std::shared_ptr<const Holdings> holdings) : holdings_(std::move(holdings)) {}
  // refusal: the answer in place of a file, if the file is refused; nullptr: none is refused.
  using Refusal = std::function<std::optional<Answer>(const File&)>;
  Answer answer(const std::string& id, const httplib::Request& request, const Effect& effect,
                const Refusal& refusal) const;
  // A folder for each dataset's file, for clients that need HTTP listings: "<dp_id>" and "<dp_id>/" are the page that lists
  // it, "<dp_id>/file.fits" is the file, with the faults and refusals of answer(). The name has no ':', which such clients
  // would take for part of a URL.
  Answer in_folder(const std::string& path, const httplib::Request& request, const Effect& effect,
                   const Refusal& refusal) const;

 private:
  std::shared_ptr<const Holdings> holdings_;
};

}  // namespace esofs::sim
