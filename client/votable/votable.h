// VotableReader: a VOTable as a stream of columns and rows, in constant memory.
//
//   shapes   bytes are pushed in pieces of any size, cut anywhere; events come out in document order
//   errors   EBADMSG: not a VOTable, broken XML, an entity bomb, a stream that ends inside an element.
//            A cell that is not legal for its type is null; `unparsable` counts them.
//   threads  one reader, one thread
//   source   VOTable 1.5; TABLEDATA, BINARY, BINARY2, inline FITS, gzip and base64; versions 1.1 to 1.6, any encoding
//            of XML 1.0; QUERY_STATUS by DALI 1.1 section 4.4; service descriptors by DataLink 1.1 section 4
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::client {

struct VotableInfo {  // the root element
  std::optional<std::string> version;
  std::optional<std::string> xml_namespace;
};

struct QueryStatus {
  std::string parent;  // VOTABLE, RESOURCE or TABLE
  bool after_table;    // relative to the first TABLE of that resource
  std::string value;   // OK, ERROR, OVERFLOW, however the document writes it
  std::string text;
};

struct VotableResource {
  std::string type;
  std::string utype;
  std::string name;
  std::string id;
  std::vector<int> path;  // child indices of RESOURCE elements from the root
};

enum class Serialization { kNone, kTableData, kBinary, kBinary2, kFits };

struct VotableTable {
  std::size_t index;  // in document order, from 0
  VotableResource resource;
  std::string name;
  std::string id;
  std::vector<Column> columns;
  // PARAMs with their values, from the table and from the resources around it
  std::vector<std::pair<Column, std::string>> params;
};

// Every event is optional to take: the base class takes none. A returned error ends the reading with it.
class VotableEvents {
 public:
  virtual ~VotableEvents() = default;
  virtual Result<void> document(const VotableInfo&) { return {}; }
  // Before the first row of a table (or at its end, if it has none).
  virtual Result<void> table(const VotableTable&) { return {}; }
  // The row is valid during the call only.
  virtual Result<void> row(std::span<const Value>) { return {}; }
  virtual Result<void> table_end(Serialization, std::uint64_t /*rows*/) { return {}; }
  virtual Result<void> status(const QueryStatus&) { return {}; }
  // What an INFO or PARAM named Error says, as services had it before QUERY_STATUS (SCS 1.03 section 2.3, SIA 1.0 section 6).
  virtual Result<void> failure(const std::string& /*text*/) { return {}; }
  virtual Result<void> service(const ServiceDescriptor&) { return {}; }
};

class VotableReader {
 public:
  struct Options {
    // Fetches the bytes of a STREAM/@href; without it such a table has no rows and the reading fails with ENOTSUP.
    std::function<Result<std::string>(const std::string& href)> fetch_stream;
    std::size_t most_text_bytes = 64U << 20U;  // of one cell or attribute; above it EFBIG
    int most_depth = 200;                      // nested elements
  };

  // events: outlives the reader.
  VotableReader(VotableEvents& events, Options options);
  explicit VotableReader(VotableEvents& events);
  ~VotableReader();
  VotableReader(const VotableReader&) = delete;
  VotableReader& operator=(const VotableReader&) = delete;

  // A gzip-compressed document is recognised by its first bytes.
  Result<void> push(std::span<const std::byte> piece);
  // The document has ended. Must be called once, after the last push.
  Result<void> finish();

  std::uint64_t unparsable() const noexcept;  // cells so far

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace esofs::client
