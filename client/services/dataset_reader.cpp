#include "client/services/dataset_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "client/base/iso_time.h"
#include "client/base/text.h"
#include "client/http/content_headers.h"
#include "client/http/url.h"
#include "client/services/datalink.h"

namespace esofs::client {

namespace {

using Place = std::optional<std::size_t>;

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// "access.reference" of "obscore:Access.Reference": the models spell their prefixes in many ways.
std::string utype_of(const Column& column) {
  const auto utype = lower(column.utype);
  const auto colon = utype.rfind(':');
  return colon == std::string::npos ? utype : utype.substr(colon + 1);
}

// Lower-case words, the best first.
struct Words {
  std::vector<std::string> names;
  std::vector<std::string> utypes = {};
  std::vector<std::string> ucds = {};
};

Place find(const std::vector<Column>& columns, const Words& words) {
  const auto first = [&columns](const std::vector<std::string>& wanted, const auto& text_of) -> Place {
    for (const auto& word : wanted) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (text_of(columns[i]) == word) return i;
      }
    }
    return std::nullopt;
  };
  if (auto place = first(words.names, [](const Column& column) { return lower(column.name); })) return place;
  if (auto place = first(words.utypes, utype_of)) return place;
  return first(words.ucds, [](const Column& column) { return lower(column.ucd); });
}

// The URL of a spectrum, which is its name if a service gives no identifiers (SSA 1.1 section 4.2.5.1: only the access
// reference is mandatory). Not the URL of ObsCore, because a query may have left out the identifiers.
Place spectrum_reference(const std::vector<Column>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (utype_of(columns[i]) == "access.reference" && !lower(columns[i].utype).starts_with("obscore"))
      return i;
  }
  return std::nullopt;
}

std::string text_at(std::span<const Value> row, Place place) {
  if (!place || *place >= row.size()) return "";
  const auto& value = row[*place].is;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : std::string(cell_text(*text));
}

std::optional<double> number_at(std::span<const Value> row, Place place) {
  if (!place || *place >= row.size()) return std::nullopt;
  const auto& value = row[*place].is;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<float>(&value)) return static_cast<double>(*number);
  const auto text = text_at(row, place);
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool all = !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
  return all ? std::optional(number) : std::nullopt;
}

// No file is longer; sizes are signed elsewhere.
constexpr std::uint64_t kMostBytes = 1'000'000'000'000'000'000;

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kMostBytes / b ? kMostBytes : std::min(a * b, kMostBytes);
}

// VOUnits has "Mbyte", "MB", "Mibyte", "MiB"; archives write them in any case, and as words. Without an "i" they are multiples
// of the profile's unit. nullopt: this is no unit of bytes.
std::optional<std::uint64_t> named_unit(std::string_view unit, std::uint64_t profile_unit) {
  struct Prefix {
    std::string_view sign, word, binary_sign, binary_word;
  };
  constexpr std::array<Prefix, 5> kPrefixes{{{"k", "kilo", "ki", "kibi"},
                                             {"m", "mega", "mi", "mebi"},
                                             {"g", "giga", "gi", "gibi"},
                                             {"t", "tera", "ti", "tebi"},
                                             {"p", "peta", "pi", "pebi"}}};
  constexpr std::array<std::string_view, 3> kBytes{"bytes", "byte", "b"};
  const auto word = lower(trimmed(unit));
  const auto end = std::find_if(kBytes.begin(), kBytes.end(),
                                [&word](std::string_view bytes) { return word.ends_with(bytes); });
  if (end == kBytes.end()) return std::nullopt;
  const auto prefix = std::string_view(word).substr(0, word.size() - end->size());
  if (prefix.empty()) return 1;
  const std::uint64_t step = profile_unit < 1024 ? 1000 : 1024;
  std::uint64_t decimal = profile_unit;
  std::uint64_t binary = 1024;
  for (const auto& known : kPrefixes) {
    if (prefix == known.sign || prefix == known.word) return decimal;
    if (prefix == known.binary_sign || prefix == known.binary_word) return binary;
    decimal = product(decimal, step);
    binary *= 1024;
  }
  return std::nullopt;
}

std::uint64_t unit_bytes(const Column& column, std::uint64_t profile_unit) {
  if (!column.unit.empty()) return named_unit(column.unit, profile_unit).value_or(profile_unit);
  if (lower(column.ucd) == "vox:image_filesize") return 1;  // SIA 1.0 section 4.2.3
  // phase3v2.files has bytes and no unit; the standard's unit is the kilobyte.
  const auto description = lower(column.description);
  return holds(description, "in bytes") || holds(description, "(bytes)") ? 1 : profile_unit;
}

// FITS 4.0, section 3.1.
constexpr std::uint64_t kFitsBlock = 2880;

// Rounded up by one unit, and a FITS file to whole blocks: archives cut digits off, and a size below the truth would make
// some programs cut the file.
std::uint64_t estimate(std::optional<double> size, std::uint64_t unit, const std::string& extension) {
  if (!size || !(*size > 0) || *size > 1e15) return 0;
  const auto units = static_cast<std::uint64_t>(std::floor(*size));
  if (unit == 1) return std::max<std::uint64_t>(units, 1);
  const std::uint64_t bytes = product(units + 1, unit);
  if (extension != ".fits") return bytes;
  return std::min((bytes + kFitsBlock - 1) / kFitsBlock * kFitsBlock, kMostBytes);
}

// "FITS", "FZ", "PNG" of phase3v2.product_files.
std::string extension_of_word(const std::string& word) {
  const auto low = lower(word);
  constexpr std::array fits_words{"fits", "fit", "fts", "fz", "fits.fz", "fits.gz", "fits.z", "fits.bz2"};
  if (std::find(fits_words.begin(), fits_words.end(), low) != fits_words.end()) return ".fits";
  const bool plain =
      !low.empty() && low.size() <= 8 &&
      std::all_of(low.begin(), low.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  return plain ? "." + low : "";
}

// The extension at the end of a URL or an identifier, if it is one of those that files of archives have; "" for others.
std::string extension_of_end(std::string_view text) {
  constexpr std::array<std::string_view, 16> kOthers{".txt", ".dat",  ".ascii", ".csv", ".tsv",  ".vot",
                                                     ".xml", ".json", ".png",   ".jpg", ".jpeg", ".gif",
                                                     ".pdf", ".html", ".tiff",  ".tif"};
  const auto ends = [text](std::string_view end) { return ends_with_any_case(text, end); };
  if (!fits_extension(text).empty() || ends(".fts") || ends(".fz")) return ".fits";
  const auto other = std::find_if(kOthers.begin(), kOthers.end(), ends);
  return other != kOthers.end() ? std::string(*other) : package_extension("", text);
}

class Reader {
 public:
  // A product's file is more than the product: if a query joins both, the row is about the file.
  Reader(std::shared_ptr<const Identifiers> ids, const std::vector<Column>& columns)
      : ids_(std::move(ids)), id_(find(columns, {{"archive_id"}})), file_of_product_(id_.has_value()) {
    if (!id_) id_ = find(columns, {{"dp_id", "quicklook_id"}});
    const bool esos = id_.has_value();
    url_ = find(columns,
                {{"access_url", "accessurl", "accref"}, {"access.reference"}, {"vox:image_accessreference"}});
    datalink_ = find(columns, {{"datalink_url"}, {"access.datalink"}});
    if (!id_) {
      id_ = find(columns, {{"obs_publisher_did", "publisher_did", "pubdid", "publisherdid"},
                           {"curation.publisherdid", "dataid.datasetid", "dataid.creatordid"},
                           {"vox:image_accessreference"}});
    }
    if (!id_) id_ = spectrum_reference(columns);
    const auto& profile = ids_->profile();
    by_pattern_ = esos && !(profile.datalink_pattern.empty() && profile.file_pattern.empty());
    usable_ = id_ && (url_ || datalink_ || by_pattern_);
    format_ = find(columns, {{"access_format"}, {"access.format"}, {"vox:image_format"}});
    extension_ = find(columns, {{"extension"}});
    size_ = find(columns, {{"access_estsize"}, {"access.size"}, {"vox:image_filesize"}});
    if (size_) unit_ = unit_bytes(columns[*size_], profile.estsize_unit);
    release_ = find(columns, {{"obs_release_date", "release_date"}, {"curation.releasedate"}});
    times_ = {find(columns, {{"last_mod_date", "mtime"}, {"curation.date"}}), release_,
              find(columns, {{"date_obs"}}), find(columns, {{"exp_start"}})};
    mjd_ = find(columns, {{"t_min", "mjd_obs"}, {"char.timeaxis.coverage.bounds.limits.starttime"}});
  }

  bool usable() const noexcept { return usable_; }

  std::optional<Dataset> operator()(std::span<const Value> row) const {
    auto id = text_at(row, id_);
    if (id.empty() && !by_pattern_) id = text_at(row, url_);
    if (id.empty()) return std::nullopt;
    id = name_of_url(id);  // identifiers are shown, and may be URLs
    Dataset dataset = Identifiers::named(id);
    dataset.id = id;
    set_access(dataset, row);
    if (dataset.access_url.empty()) return std::nullopt;
    set_extension(dataset, row);
    dataset.estimate_bytes = estimate(number_at(row, size_), unit_, dataset.extension);
    dataset.release_date = text_at(row, release_);
    dataset.modified = parse_iso_time(text_at(row, times_.front())).value_or(0);
    dataset.mtime = dataset.modified != 0 ? dataset.modified : time(row);
    return dataset;
  }

 private:
  void set_access(Dataset& dataset, std::span<const Value> row) const {
    const auto links = text_at(row, datalink_);
    if (!links.empty() && !file_of_product_) {
      dataset.access_url = links;
      dataset.access = AccessKind::kDataLink;
      return;
    }
    const auto url = text_at(row, url_);
    const bool others =
        file_of_product_ && url.find(dataset.id) == std::string::npos;  // the product's, in a join
    if (url.empty() || others) {
      // By the patterns, but only for ids of the archive: other rows may be of unknown archives.
      if (!ids_->valid(dataset.id)) return;
      const auto by_id = ids_->dataset(dataset.id);
      dataset.access_url = by_id.access_url;
      dataset.access = by_id.access;
      return;
    }
    dataset.access_url = url;
    const auto format = text_at(row, format_);
    if (is_datalink_type(format))
      dataset.access = AccessKind::kDataLink;
    else
      dataset.access = ids_->kind_of_url(url);
    if (dataset.access == AccessKind::kUnknown && tells_type(format)) dataset.access = AccessKind::kFile;
  }

  void set_extension(Dataset& dataset, std::span<const Value> row) const {
    auto extension = extension_of_word(text_at(row, extension_));
    if (extension.empty()) extension = extension_of_type(text_at(row, format_));
    if (extension.empty()) extension = extension_of_end(without_query(dataset.access_url));
    if (extension.empty()) extension = extension_of_end(dataset.access_url);
    if (extension.empty()) extension = extension_of_end(dataset.id);
    if (extension.empty()) return;  // by the id: ".fits" except for night logs and packages
    const bool named_whole = dataset.extension.empty() && extension == ".tar";
    if (!named_whole) dataset.extension = extension;
  }

  std::int64_t time(std::span<const Value> row) const {
    for (const auto place : times_) {
      if (const auto time = parse_iso_time(text_at(row, place))) return *time;
    }
    const auto mjd = number_at(row, mjd_);
    return mjd ? time_of_mjd(*mjd).value_or(0) : 0;
  }

  std::shared_ptr<const Identifiers> ids_;
  Place id_, url_, datalink_, format_, extension_, size_, release_, mjd_;
  std::array<Place, 4> times_;
  std::uint64_t unit_ = 1;
  bool file_of_product_;
  bool by_pattern_ = false;  // the profile has a pattern for the file of an id
  bool usable_ = false;
};

}  // namespace

DatasetReader make_dataset_reader(std::shared_ptr<const Identifiers> ids,
                                  const std::vector<Column>& columns) {
  Reader reader(std::move(ids), columns);
  if (!reader.usable()) return nullptr;
  return reader;
}

std::string_view cell_text(std::string_view cell) {
  cell = trimmed(cell);
  return same_word(cell, "null") ? std::string_view() : cell;
}

bool tells_type(const std::string& content_type) {
  const auto type = media_type(content_type);
  return !type.empty() && !type.ends_with("/octet-stream") && type != "application/x-download" &&
         type != "application/force-download" && type != "application/unknown";
}

std::string extension_of_type(const std::string& content_type) {
  auto type = lower(content_type);
  type = type.substr(0, type.find(';'));
  type.erase(std::remove(type.begin(), type.end(), ' '), type.end());
  if (is_datalink_type(content_type) || holds(type, "fits")) return ".fits";
  static constexpr std::array<std::pair<const char*, const char*>, 17> types{
      {{"text/plain", ".txt"},
       {"image/jpeg", ".jpg"},
       {"image/jpg", ".jpg"},
       {"image/png", ".png"},
       {"image/gif", ".gif"},
       {"application/x-tar", ".tar"},
       {"application/tar", ".tar"},
       {"application/x-gtar", ".tar"},
       {"application/zip", ".zip"},
       {"application/pdf", ".pdf"},
       {"application/json", ".json"},
       {"text/csv", ".csv"},
       {"text/html", ".html"},
       {"text/xml", ".xml"},
       {"application/xml", ".xml"},
       {"application/x-votable+xml", ".vot"},
       {"text/x-votable+xml", ".vot"}}};
  for (const auto& [known, extension] : types) {
    if (type == known) return extension;
  }
  return "";
}

std::string_view fits_extension(std::string_view name) {
  constexpr std::array<std::string_view, 6> kEnds{".fits",    ".fit",    ".fits.gz",
                                                  ".fits.fz", ".fits.z", ".fits.bz2"};
  for (const auto end : kEnds) {
    if (ends_with_any_case(name, end)) return name.substr(name.size() - end.size());
  }
  return "";
}

std::string package_extension(const std::string& content_type, std::string_view name_or_url) {
  auto by_type = extension_of_type(content_type);
  if (by_type == ".tar" || by_type == ".zip") return by_type;
  if (by_type == ".fits") return "";
  const auto name = without_query(name_or_url);
  for (const char* extension : {".tar.gz", ".tgz", ".tar", ".zip"}) {
    if (ends_with_any_case(name, extension)) return extension;
  }
  return "";
}

}  // namespace esofs::client
