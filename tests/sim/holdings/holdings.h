// Holdings: the contents of the simulated archive: datasets, their rows in the archive's tables, and their bytes.
//
//   shapes   a table row is a map from column name (as ESO spells it) to a cell; columns that are absent are null
//   threads  built once, then read by any thread
//   source   client/ESO.md, "Identifiers", "Tables" and "DataLink"
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace esofs::sim {

using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using TableRow = std::map<std::string, Cell>;

// The bytes of one file, stored or computed.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` with the bytes from `offset`; REQUIRES: offset + out.size() <= size(). Thread-safe.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

// The cutouts that a file offers, and the form in which DataLink describes their service.
struct CutoutOffer {
  enum class Form {
    kEso,    // sync; the identifier is a fixed value
    kCadc,   // sync and async; a fixed RUNID, "?" in the access URL, polygons
    kCasda,  // async only; the identifier is a token in a column of its own, POS three times
    kGavo,   // sync; polygons, options, the standard's identifier last
    kPos,    // sync; POS and BAND only, the identifier refers to the column ID
  };
  Form form = Form::kEso;
  std::string circle;   // "ra dec radius" in degrees: the largest cutout that makes sense; "": no regions
  std::string polygon;  // "ra dec ra dec …": the footprint; not in every form
  std::string band;     // "min max" in metres; "": no bands

  bool any() const { return !circle.empty() || !band.empty(); }
};

// One file as it is delivered at /dataPortal/file/<id>.
struct File {
  std::string id;    // archive id: "ADP.…", "MUSE.…", "<dp_id>.NL"
  std::string name;  // of Content-Disposition: "<id>.fits", "<id>.fits.Z", "<id>.fits.fz", "<id>.NL.txt", …
  std::string original_name;  // eso_origfile
  std::string content_type;   // as DataLink says it (the download itself says application/octet-stream)
  std::string category;       // eso_category
  std::shared_ptr<const Content> content;
  std::shared_ptr<const Content> changed;  // another version of it (Fault::changed_content)
  bool patched_header = false;             // the header is corrected on download: Range is ignored
  bool proprietary = false;                // before its release: 401 without access
  double release_mjd = 0;                  // of a proprietary file: when it becomes public; 0: never
  CutoutOffer cutout;
  std::string semantics = "#auxiliary";  // of its DataLink row, if it is a side file
  bool announced = true;                 // false: the row has neither content_type nor content_length
};

// A DataLink row that stands for no file of the holdings.
struct ExtraLink {
  std::string semantics;
  std::string url;    // "{base}": the simulator; "" an error row
  std::string error;  // error_message
  std::string description;
  std::string content_type;
  std::string original_name;
};

struct Holding {
  std::string dp_id;
  bool raw = false;
  File file;
  std::vector<File> auxiliary;
  std::vector<ExtraLink> extra_links;
  std::vector<std::string> progenitors;  // dp_ids
  std::vector<std::string> derived;      // dp_ids
  bool science = false;                  // of a raw frame: it has calibrations (calSelector)
};

class Holdings {
 public:
  struct Config {
    std::string fits_folder;       // real FITS files served too, with rows made from their headers; "" none
    std::uint64_t extra_rows = 0;  // invented ObsCore rows beside those of the holdings (--rows N)
    std::string base_url;          // of the simulator, in access_url and datalink_url
    bool large_raws = false;       // packed frames of real size (--large-raws)
  };
  static std::shared_ptr<const Holdings> make(const Config& config);
  virtual ~Holdings() = default;

  virtual const std::vector<Holding>& all() const = 0;
  virtual const Holding* find(const std::string& dp_id) const = 0;
  // By the id of any file: the dataset's own, auxiliary ones, night logs.
  virtual const File* find_file(const std::string& id) const = 0;

  // Every row of a table ("ivoa.ObsCore", "dbo.raw", "dbo.ssa", "phase3v2.product_files", "phase3v2.files",
  // "phase3v2.provenance", "util.collections", "util.docurl", "asm.meteo_paranal", …), in a fixed order.
  virtual void rows(const std::string& table, const std::function<void(const TableRow&)>& visit) const = 0;
};

}  // namespace esofs::sim
