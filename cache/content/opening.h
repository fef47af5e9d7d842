// Opening: the first request for a file, which gives its exact size and version and brings its first bytes; for FITS the
// last bytes are requested as well, because nearly every tool reads both.
//
//   shapes   an answer without ranges becomes a WholeFile. If its length was not announced, the file's own form decides
//            at the end whether it came whole (forms/wholeness.h); if not, it is requested again
//   errors   those of client::Archive::fetch
//   threads  runs on the transfers lane; the host is called there
//   source   cache/READING.md; RFC 9110 section 14
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache/answers/flights.h"
#include "cache/content/content.h"
#include "cache/content/file_record.h"
#include "client/model/model.h"

namespace esofs::cache {

// A file as delivered, open.
struct Delivered {
  std::shared_ptr<Content> content;
  FileRecord record;
};

struct OpeningRequest {
  FileId id;
  AttemptPtr attempt;  // whose request this is
  client::Dataset dataset;
  client::FileSource source;
  std::string parent{};                // of a cutout: FileRecord::parent
  std::optional<FileRecord> before{};  // what is remembered about the file
  bool in_one = false;                 // without ranges, because no two answers agree on its version
};

// Why an opening ended without the file.
enum class OpeningEnd : std::uint8_t {
  kRefused,  // the archive refuses it or does not have it
  kPackage,  // it is a package, although its name says FITS
  kStopped,  // its attempt was stopped
  kEnding,   // the cache ends
  kFailed    // anything else
};

// The cache that an Opening works for. Called from the lane, without locks.
class OpeningHost {
 public:
  virtual ~OpeningHost() = default;
  // The content that this record describes: the open one, or a new one. Everything known about another version is
  // dropped.
  virtual std::shared_ptr<Content> ranged(const OpeningRequest& request, const FileRecord& record) = 0;
  // A new content for a whole response; known to the host once readable() or completed() is called.
  virtual std::shared_ptr<class WholeFile> whole(const OpeningRequest& request, const ContentKey& key) = 0;
  // The file can be read.
  virtual void readable(const OpeningRequest& request, const Delivered& delivered) = 0;
  virtual void failed(const OpeningRequest& request, OpeningEnd why, const Error& error) = 0;
  // A whole response is complete and may be found again by its record.
  virtual void completed(const OpeningRequest& request, const Delivered& delivered) = 0;
  // Before failed(kPackage): where the package is.
  virtual void is_package(const OpeningRequest& request, const client::FileSource& package) = 0;
};

// The version of a file by the head of an answer; part of its content key.
std::string version_of(const client::FileHead& head, const client::Dataset& dataset);

// Submits the requests. Calls exactly one of host's readable() and failed(); once the gate is closed, at most failed().
void open_file(std::shared_ptr<ContentParts> parts, std::shared_ptr<OpeningHost> host,
               OpeningRequest request);

}  // namespace esofs::cache
