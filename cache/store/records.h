// What the catalog keeps, as bytes. Every record begins with the number of its format; cache/README.md lists them.
//
//   shapes   encode() always succeeds; decode() gives nullopt for another format and for bytes that are not whole
//   threads  plain functions
//   source   ours
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/store/associations_record.h"
#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::cache {

// Names the rows of one answer: 12 bytes that sort by time. Keys of kEntries, kNames and kRows begin with it.
using Generation = std::string;
inline constexpr std::size_t kGenerationBytes = 12;

// The current snapshot of a query.
struct SnapshotRecord {
  Generation generation;
  std::uint64_t rows = 0;
  std::uint64_t datasets = 0;
  bool names_datasets = false;
  bool truncated = false;
  std::int64_t fetched_at = 0;
  std::string service;
  std::string service_url;
  std::string job_url;
  std::uint64_t result_bytes = 0;  // 0: result.vot was not kept
};

// What was tried since the snapshot.
struct AttemptRecord {
  std::string job_url;  // an async job whose answer has not come yet; ""
  bool refresh_requested = false;
  std::optional<Error> error;  // of the last attempt
  std::int64_t error_at = 0;
};

// The process that writes, or wrote, a generation. Without a snapshot that points to it, it is garbage when its writer is gone.
struct GenerationRecord {
  enum class State : std::uint8_t { kWritten, kCommitted, kDeleting };
  std::string query;  // the key of its query
  State state = State::kWritten;
  std::int64_t pid = 0;
  std::int64_t started_at = 0;
};

struct EntryRecord {
  std::string name;
  client::Dataset dataset;
};

struct ColumnsRecord {
  std::vector<client::Column> columns;
};

struct NumberRecord {
  std::uint64_t number = 0;
};

struct LinksRecord {
  std::int64_t fetched_at = 0;
  client::Links value;
};

struct SourceRecord {
  std::int64_t fetched_at = 0;
  client::FileSource value;
};

struct ProductFilesRecord {
  std::int64_t fetched_at = 0;
  std::vector<client::ProductFile> files;
};

// A row with its columns.
struct NamedRowRecord {
  std::int64_t fetched_at = 0;
  std::vector<client::Column> columns;
  client::Row row;
};

// Where a named object is.
struct PositionRecord {
  std::int64_t fetched_at = 0;
  client::SkyPosition value;
};

// A job of the archive: an own one by its name, or a tombstone.
struct JobRecord {
  std::string url;  // "": not made yet
  bool own = false;
  std::int64_t created = 0;
  std::int64_t gone_at = 0;  // not 0: the job is gone, although a list still names it
  std::int64_t duration = -1;
  std::string destruction;
};

std::string encode(const SnapshotRecord& record);
std::string encode(const AttemptRecord& record);
std::string encode(const GenerationRecord& record);
std::string encode(const EntryRecord& record);
std::string encode(const ColumnsRecord& record);
std::string encode(const NumberRecord& record);
std::string encode(const LinksRecord& record);
std::string encode(const SourceRecord& record);
std::string encode(const NamedRowRecord& record);
std::string encode(const AssociationsRecord& record);
std::string encode(const ProductFilesRecord& record);
std::string encode(const PositionRecord& record);
std::string encode(const JobRecord& record);
std::string encode_row(std::span<const client::Value> row);

// For the record types above, and client::Row.
template <class Record>
std::optional<Record> decode(std::string_view bytes);

}  // namespace esofs::cache
