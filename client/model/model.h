// The archive's words: values, columns, rows, links, files. Plain data, no behaviour.
//
//   shapes   a row has one Value for each Column, in order
//   units    sizes in bytes, times in seconds since 1970 UTC, angles in degrees, wavelengths in metres
//   source   VOTable 1.5 section 2, DataLink 1.1 section 3.2, ObsCore 1.1
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace esofs::client {

struct Value;
using ValueArray = std::vector<Value>;

// One cell. monostate: null (NaN stays a float or double). Numeric arrays of any shape are flat, first dimension
// fastest; char arrays of more than one dimension are arrays of strings. Strings are UTF-8. bit is std::int64_t 0 or 1.
struct Value {
  using Alternatives = std::variant<std::monostate, bool, std::int64_t, float, double, std::complex<float>,
                                    std::complex<double>, std::string, ValueArray>;
  Alternatives is;

  bool null() const noexcept { return is.index() == 0; }
  friend bool operator==(const Value&, const Value&) = default;
};

using Row = std::vector<Value>;

// A FIELD or PARAM; texts verbatim as the document gives them, "" if absent.
struct Column {
  std::string name;
  std::string id;
  std::string datatype;
  std::string arraysize;
  std::string unit;
  std::string ucd;
  std::string utype;
  std::string xtype;
  std::string ref;
  std::string width;
  std::string precision;
  std::string null_value;  // VALUES/@null
  std::string description;
};

// A half-open range [first, first + size) of a file.
struct ByteRange {
  std::uint64_t first;
  std::uint64_t size;  // at least 1
};

// How the bytes of a dataset are found, as far as is known without a request.
enum class AccessKind {
  kDataLink,  // access_url is a DataLink document that names the file in its #this row
  kFile,      // access_url is the file
  kUnknown    // either: only an answer can tell (a bare TAP service)
};

// What a URL is to an archive, by its patterns alone.
struct KnownUrl {
  AccessKind kind = AccessKind::kUnknown;
  std::string id;    // whose file, or whose DataLink; "" unknown
  std::string rest;  // what follows the id: "&EXCLUDE=ALL&INCLUDE=progenitor"
};

// One dataset of a listing: what its row says about its file.
struct Dataset {
  std::string id;          // as the archive writes it: dp_id, else obs_publisher_did
  std::string access_url;  // "" if the row has none and the profile no pattern for it
  AccessKind access = AccessKind::kUnknown;
  std::string extension = ".fits";   // of the plain view, as access_format says (".txt", ".tar", …)
  std::uint64_t estimate_bytes = 0;  // access_estsize, rounded up; 0: unknown
  std::int64_t mtime = 0;            // last_mod_date, else release or observation date; 0: unknown
  std::string release_date;          // ISO 8601 as the row says it; ""
  // The canonical spec (client/model/cutout_spec.h) of the cutout of `id` that is meant; "": the file itself. A cutout is made
  // when it is asked for: no two answers are alike, and there are no ranges.
  std::string cutout = {};
  std::int64_t modified = 0;  // last_mod_date: distinguishes versions if the server does not; 0: unknown

  bool is_cutout() const noexcept { return !cutout.empty(); }
};

// A row of a DataLink answer.
struct Link {
  std::string id;
  std::string access_url;   // exactly one of access_url, service_def, error_message is set in a right answer
  std::string service_def;  // the ID of a ServiceDescriptor of the same document
  std::string error_message;  // "NotFoundFault: …"
  std::string semantics;      // verbatim: "#this", a full URI, anything
  std::string description;
  std::string content_type;
  std::optional<std::uint64_t> content_length;  // placeholders of the archive's profile are left out
  std::string eso_origfile;
  std::string eso_category;
  std::string eso_datalink;  // the DataLink of this row's file
};

// An input parameter of a service descriptor.
struct ServiceParam {
  Column column;
  std::string value;  // fixed or default; "" none
  std::string min;
  std::string max;
  std::vector<std::pair<std::string, std::string>> options;  // name, value
  bool has_value = true;                                     // false: the PARAM has no value attribute at all
};

// RESOURCE type="meta" utype="adhoc:service" (DataLink 1.1 section 4).
struct ServiceDescriptor {
  std::string id;
  std::string name;
  std::string utype;
  std::map<std::string, std::string> params;  // accessURL, standardID, resourceIdentifier, …
  std::vector<ServiceParam> inputs;
};

struct Links {
  std::vector<Link> rows;
  std::vector<ServiceDescriptor> services;
  std::string document;  // the answer's bytes, a VOTable
};

// How a file is asked for.
enum class FetchKind : std::uint8_t {
  kFile,  // it lies there
  kMade,  // it is made while the request waits, which may take minutes (SODA sync)
  kJob  // a job makes it; the URL is the service's list of jobs with the parameters as its query (SODA async)
};

// Where the bytes of one file are, and what was announced about it.
struct FileSource {
  std::string url;
  std::optional<std::uint64_t> length;  // announced: exact if true, but must be checked
  std::string content_type;             // announced; "" unknown
  std::string original_name;            // eso_origfile; "" unknown
  FetchKind kind = FetchKind::kFile;    // for other kinds than kFile, length is an estimate
};

// One of the files that were published together as a product, the product's own among them.
struct ProductFile {
  std::string id;
  std::string access_url;  // "" if only the id is given
  std::string category;    // "ANCILLARY.PREVIEW"
  std::string extension;   // ".png"; "" unknown
  std::string original_name;
  std::uint64_t estimate_bytes = 0;  // rounded up; 0: unknown
};

// What the first answer to a request for a file's bytes says about the file.
struct FileHead {
  std::uint64_t first = 0;             // offset of the first body byte: 0 for a 200
  std::optional<std::uint64_t> total;  // exact size; nullopt: not announced (known when the body has ended)
  bool partial = false;                // 206: Range is honoured; false: the body is the whole file
  std::string validator;               // strong ETag, else Last-Modified, else ""
  std::string tag;                     // the ETag, weak or strong, without its quotes; ""
  std::string date;                    // Last-Modified; ""
  std::string name;                    // of Content-Disposition, not yet made safe; ""
  std::string content_type;
  std::string identity;  // whose login it needed; "": none
};

// True for answers of one version although their validators may differ: they have one date, and one tag, or a tag in only one
// of them. Apache's ETag is weak in a file's first second, and some servers leave it out of some answers.
inline bool same_stamps(const std::string& tag, const std::string& date, const FileHead& head) {
  return !date.empty() && date == head.date && (tag == head.tag || tag.empty() || head.tag.empty());
}

// Where an object is, as a name resolver says.
struct SkyPosition {
  double ra_deg = 0;  // [0, 360)
  double dec_deg = 0;
  std::string name;      // the object's main name there; ""
  std::string type;      // "Sy2", "Galaxy" …; ""
  std::string resolver;  // the catalogue that knew it
};

}  // namespace esofs::client
