#include "cache/content/forms/packed_hdu.h"

#include <fitsio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "cache/content/forms/fits_memory.h"
#include "cache/content/forms/fits_sum.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kBlockBytes = 2880;
constexpr std::size_t kCardLength = 80;
constexpr std::size_t kValueAt = 10;      // of a number in fixed format
constexpr std::size_t kValueLength = 20;  // of it
constexpr double kMostImage = 1e15;       // bytes; more is a damaged header
constexpr int kMostAxes = 6;              // of CFITSIO, compressed

Error unusual(const std::string& what) { return {EOPNOTSUPP, what}; }

std::string_view keyword_of(std::string_view card) {
  const std::string_view keyword = card.substr(0, 8);
  return keyword.substr(0, keyword.find(' '));
}

std::size_t find_card(std::string_view header, std::string_view keyword) {
  for (std::size_t at = 0; at + kCardLength <= header.size(); at += kCardLength) {
    const std::string_view card = header.substr(at, kCardLength);
    if (keyword_of(card) == keyword && card.substr(8, 2) == "= ") return at;
  }
  return std::string_view::npos;
}

// Sizes that stand in a header for the true ones, so that CFITSIO makes no data for it.
class Stand {
 public:
  // in: the keyword in the packed header; out: in the plain one.
  Result<void> replace(std::string& header, const std::string& in, const std::string& out, const char* by) {
    const std::size_t at = find_card(header, in);
    if (at == std::string_view::npos) return unusual("no " + in);
    std::string value = header.substr(at + kValueAt, kValueLength);
    const std::size_t digits = value.find_first_not_of(' ');
    if (digits == std::string::npos || value.find_first_not_of("0123456789", digits) != std::string::npos)
      return unusual(in + " is not in fixed format");
    std::string other(kValueLength, ' ');
    other.replace(kValueLength - 1, 1, by);
    header.replace(at + kValueAt, kValueLength, other);
    values_.emplace_back(out, std::move(value));
    return {};
  }

  Result<std::string> restored(std::string_view made) const {
    std::string header(made);
    for (const auto& [keyword, value] : values_) {
      const std::size_t at = find_card(header, keyword);
      if (at == std::string_view::npos) return unusual("no plain " + keyword);
      header.replace(at + kValueAt, kValueLength, value);
    }
    return header;
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// The keywords of the current HDU of a file in memory.
class Keywords {
 public:
  explicit Keywords(fitsfile* file) : file_(file) {}

  bool has(const std::string& keyword) {
    std::array<char, FLEN_CARD> card{};
    int status = 0;
    fits_read_card(file_, keyword.c_str(), card.data(), &status);
    if (status != 0) fits_clear_errmsg();
    return status == 0;
  }
  std::optional<std::int64_t> number(const std::string& keyword) {
    LONGLONG value = 0;
    int status = 0;
    fits_read_key(file_, TLONGLONG, keyword.c_str(), &value, nullptr, &status);
    if (status != 0) fits_clear_errmsg();
    return status == 0 ? std::optional<std::int64_t>(value) : std::nullopt;
  }
  std::string text(const std::string& keyword) {
    std::array<char, FLEN_VALUE> value{};
    int status = 0;
    fits_read_key_str(file_, keyword.c_str(), value.data(), nullptr, &status);
    if (status != 0) fits_clear_errmsg();
    return status == 0 ? value.data() : "";
  }
  bool is_true(const std::string& keyword) {
    int value = 0;
    int status = 0;
    fits_read_key(file_, TLOGICAL, keyword.c_str(), &value, nullptr, &status);
    if (status != 0) fits_clear_errmsg();
    return status == 0 && value != 0;
  }

 private:
  fitsfile* file_;
};

std::string in_blocks(std::string_view cards) {
  std::string block(cards);
  std::string end = "END";
  end.resize(kCardLength, ' ');
  block += end;
  block.resize((block.size() + kBlockBytes - 1) / kBlockBytes * kBlockBytes, ' ');
  return block;
}

std::string card(std::string text) {
  text.resize(kCardLength, ' ');
  return text;
}

std::string empty_primary() {
  return in_blocks(card("SIMPLE  =                    T") + card("BITPIX  =                    8") +
                   card("NAXIS   =                    0") + card("EXTEND  =                    T"));
}

std::string empty_image() {
  return in_blocks(card("XTENSION= 'IMAGE   '") + card("BITPIX  =                    8") +
                   card("NAXIS   =                    0") + card("PCOUNT  =                    0") +
                   card("GCOUNT  =                    1"));
}

struct Sizes {
  std::vector<std::uint64_t> axes;
  double elements = 1;
};

// prefix: "NAXIS" or "ZNAXIS".
Result<Sizes> sizes(Keywords& keys, const std::string& prefix) {
  const auto count = keys.number(prefix);
  if (!count || *count < 0 || *count > 99) return unusual("no " + prefix);
  Sizes found;
  for (std::int64_t i = 1; i <= *count; ++i) {
    const auto size = keys.number(prefix + std::to_string(i));
    if (!size || *size < 0) return unusual("no " + prefix + std::to_string(i));
    found.axes.push_back(static_cast<std::uint64_t>(*size));
    found.elements *= static_cast<double>(*size);
  }
  if (*count == 0) found.elements = 0;
  if (found.elements > kMostImage) return unusual("an image without bounds");
  return found;
}

Result<std::uint64_t> pixel_bytes(Keywords& keys, const std::string& keyword) {
  const auto bits = keys.number(keyword);
  if (!bits) return unusual("no " + keyword);
  switch (*bits) {
    case 8:
    case 16:
    case 32:
    case 64:
    case -32:
    case -64:
      return static_cast<std::uint64_t>(std::abs(*bits) / 8);
    default:
      return unusual("another " + keyword);
  }
}

// --- the table of a compressed image ---

std::uint64_t element_bytes(char type) {
  switch (type) {
    case 'L':
    case 'B':
    case 'A':
      return 1;
    case 'I':
      return 2;
    case 'J':
    case 'E':
      return 4;
    case 'K':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

// Appends what the column says; returns its bytes in a row.
Result<std::uint64_t> add_column(const std::string& format, std::uint64_t at,
                                 std::vector<TileColumn>& columns) {
  std::uint64_t count = 1;
  const auto [type, error] = std::from_chars(format.data(), format.data() + format.size(), count);
  if (type != format.data() && error != std::errc()) return unusual("a column without bounds");
  const auto place = static_cast<std::size_t>(type - format.data());
  if (place >= format.size()) return unusual("a column without a type");
  if (format[place] != 'P' && format[place] != 'Q') {
    const std::uint64_t bytes = element_bytes(format[place]);
    if (bytes == 0 || count > 1000) return unusual("a column of another type");
    return count * bytes;
  }
  const std::uint64_t bytes = place + 1 < format.size() ? element_bytes(format[place + 1]) : 0;
  if (bytes == 0 || count > 1) return unusual("a column of variable length of another type");
  const bool wide = format[place] == 'Q';
  if (count == 1) columns.push_back({at, wide, bytes});
  return count * (wide ? 16U : 8U);
}

bool one_of(std::string_view keyword, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), keyword) != all.end();
}

// Whether decoding a tile may depend on this card.
bool decodes(std::string_view keyword) {
  for (const std::string_view prefix : {"TTYPE", "TFORM", "TSCAL", "TZERO", "TNULL", "ZNAME", "ZVAL"}) {
    if (keyword.starts_with(prefix)) return true;
  }
  return one_of(keyword, {"ZIMAGE", "ZBITPIX", "ZCMPTYPE", "ZQUANTIZ", "ZBLANK", "ZSCALE", "ZZERO", "BLANK",
                          "BSCALE", "BZERO"});
}

std::string decoding_cards(std::string_view header) {
  std::string cards;
  for (std::size_t at = 0; at + kCardLength <= header.size(); at += kCardLength) {
    const std::string_view one = header.substr(at, kCardLength);
    if (one.substr(8, 2) == "= " && decodes(keyword_of(one))) cards += one;
  }
  return cards;
}

Result<Tiling::Table> table_of(Keywords& keys, std::string_view header) {
  Tiling::Table table;
  const auto row = keys.number("NAXIS1");
  const auto rows = keys.number("NAXIS2");
  const auto fields = keys.number("TFIELDS");
  const auto extra = keys.number("PCOUNT");
  if (keys.number("NAXIS") != 2 || !row || !rows || !fields || !extra || *row <= 0 || *rows <= 0 ||
      *fields <= 0 || *fields > 99 || *extra < 0 ||
      static_cast<double>(*row) * static_cast<double>(*rows) > kMostImage)
    return unusual("another table");
  std::uint64_t at = 0;
  for (std::int64_t i = 1; i <= *fields; ++i) {
    const auto bytes = add_column(keys.text("TFORM" + std::to_string(i)), at, table.columns);
    if (!bytes) return bytes.error();
    at += *bytes;
  }
  if (at != static_cast<std::uint64_t>(*row)) return unusual("columns that do not fill a row");
  const std::int64_t end = *row * *rows;
  const std::int64_t heap = keys.number("THEAP").value_or(end);
  if (heap < end || heap > end + *extra) return unusual("a heap outside the data");
  table.row_bytes = static_cast<std::uint64_t>(*row);
  table.rows = static_cast<std::uint64_t>(*rows);
  table.heap = static_cast<std::uint64_t>(heap);
  table.heap_bytes = static_cast<std::uint64_t>(end + *extra - heap);
  table.fields = static_cast<int>(*fields);
  table.cards = decoding_cards(header);
  const auto dither = keys.has("ZDITHER0") ? keys.number("ZDITHER0") : 1;
  if (!dither || *dither < 1 || *dither > 10000) return unusual("another ZDITHER0");
  table.dither = static_cast<int>(*dither);
  return table;
}

Result<std::shared_ptr<const Tiling>> tiling_of(Keywords& keys, std::string_view header) {
  auto table = table_of(keys, header);
  if (!table) return table.error();
  const auto image = sizes(keys, "ZNAXIS");
  if (!image) return image.error();
  const auto pixel = pixel_bytes(keys, "ZBITPIX");
  if (!pixel) return pixel.error();
  if (keys.number("ZBITPIX") == 64) return unusual("64-bit integers");
  if (image->axes.empty() || image->axes.size() > kMostAxes || image->elements < 1)
    return unusual("an image of no pixels or of many axes");
  std::vector<std::uint64_t> tile;
  double tiles = 1;
  for (std::size_t i = 0; i < image->axes.size(); ++i) {
    const std::string keyword = "ZTILE" + std::to_string(i + 1);
    const auto standard = static_cast<std::int64_t>(i == 0 ? image->axes[0] : 1);
    const auto size = keys.has(keyword) ? keys.number(keyword) : standard;
    if (!size || *size < 1 || *size > 1'000'000'000) return unusual("another " + keyword);
    tile.push_back(static_cast<std::uint64_t>(*size));
    tiles *= std::ceil(static_cast<double>(image->axes[i]) / static_cast<double>(tile.back()));
  }
  if (tiles != static_cast<double>(table->rows)) return unusual("another number of tiles");
  const auto tiling = std::make_shared<const Tiling>(std::move(*table), *pixel, image->axes, std::move(tile));
  // From the first tile with an undefined pixel on, CFITSIO writes such tiles as if they were runs.
  if (keys.number("ZBITPIX") < 0 && !tiling->in_runs())
    return unusual("floating point in tiles that are no runs");
  return tiling;
}

// Whether the pixels are those that were packed, bit by bit.
bool lossless(Keywords& keys) {
  if (keys.number("ZBITPIX").value_or(-1) < 0) return false;
  const std::string kind = keys.text("ZCMPTYPE");
  if (kind == "HCOMPRESS_1") return keys.number("ZVAL1") == 0;
  return one_of(kind, {"RICE_1", "GZIP_1", "GZIP_2", "PLIO_1"});
}

// --- the plain header ---

std::optional<std::uint32_t> sum_in(const std::string& text) {
  std::uint32_t sum = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sum);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(sum) : std::nullopt;
}

bool all_ones(std::uint32_t sum) { return sum == 0 || sum == 0xFFFFFFFFU; }
std::uint32_t header_sum(std::string_view header) { return fits_sum(std::as_bytes(std::span(header)), 0); }

// A plain header in the making.
class PlainHeader {
 public:
  PlainHeader(FitsMemory& to, const Stand& stand) : to_(to), stand_(stand) {}

  Result<std::string> now() {
    int status = 0;
    fits_set_hdustruc(to_.get(), &status);
    const std::string_view made = to_.header(&status);
    if (status != 0) return fits_error(status);
    return stand_.restored(made);
  }

  // The same with the CHECKSUM that it has with data of this sum (renew_sums() in fits_file.h).
  Result<std::string> with_checksum(std::uint32_t data_sum) {
    auto header = now();
    if (!header || all_ones(add_sums(header_sum(*header), data_sum))) return header;
    if (auto set = set_checksum("0000000000000000"); !set) return set.error();
    header = now();
    if (!header) return header;
    std::array<char, FLEN_VALUE> text{};
    fits_encode_chksum(add_sums(header_sum(*header), data_sum), 1, text.data());
    if (auto set = set_checksum(text.data()); !set) return set.error();
    return now();
  }

 private:
  Result<void> set_checksum(const char* value) {
    int status = 0;
    fits_modify_key_str(to_.get(), "CHECKSUM", value, "&", &status);
    if (status != 0) return fits_error(status);
    return {};
  }

  FitsMemory& to_;
  const Stand& stand_;
};

// Sets hdu.header and hdu.data_sum of a compressed image. exact: its pixels are those that were packed.
Result<void> settle_sums(PackedHdu& hdu, FitsMemory& to, const Stand& stand, bool exact) {
  Keywords keys(to.get());
  PlainHeader making(to, stand);
  const bool has_data = keys.has("DATASUM");
  const bool has_all = keys.has("CHECKSUM");
  if (!has_data && !has_all) {
    auto header = making.now();
    if (!header) return header.error();
    hdu.header = std::move(*header);
    return {};
  }
  const auto sum = sum_in(keys.text("DATASUM"));
  if (!exact || !sum) return unusual("check sums that only the pixels tell");
  if (has_all && keys.text("CHECKSUM").empty()) return unusual("an empty CHECKSUM");
  auto header = has_all ? making.with_checksum(*sum) : making.now();
  if (!header) return header.error();
  hdu.header = std::move(*header);
  hdu.data_sum = sum;
  return {};
}

// --- the two kinds of HDU ---

// What comes before HDU `number`, for what CFITSIO makes of that place; the HDU itself is the next one.
std::string before(int number, std::string_view primary) {
  if (number == 1) return "";
  if (number == 2 && !primary.empty()) return std::string(primary);
  return empty_primary() + empty_image();
}
int place(int number, std::string_view primary) {
  if (number == 1) return 1;
  return number == 2 && !primary.empty() ? 2 : 3;
}

// Copies all HDUs before the one at `here`.
void copy_before(FitsMemory& from, FitsMemory& to, int here, int* status) {
  for (int hdu = 1; hdu < here; ++hdu) {
    fits_movabs_hdu(from.get(), hdu, nullptr, status);
    fits_copy_hdu(from.get(), to.get(), 0, status);
  }
  fits_movabs_hdu(from.get(), here, nullptr, status);
}

struct Place {
  std::string before;
  int here = 1;
};

Result<void> read_compressed(PackedHdu& hdu, Keywords& keys, std::string_view header, const Place& at) {
  if (keys.is_true("ZTABLE")) return unusual("a compressed table");
  hdu.was_primary = keys.has("ZSIMPLE");
  if (hdu.was_primary && at.here != 2) return unusual("ZSIMPLE behind the first extension");
  auto tiling = tiling_of(keys, header);
  if (!tiling) return tiling.error();
  hdu.tiling = std::move(*tiling);
  hdu.data = hdu.tiling->image_bytes();
  std::string small(header);
  Stand stand;
  for (std::int64_t i = 1; i <= keys.number("ZNAXIS"); ++i) {
    const std::string axis = "NAXIS" + std::to_string(i);
    if (auto done = stand.replace(small, "Z" + axis, axis, "1"); !done) return done;
  }
  Stand table;  // of which nothing is left in the plain header
  for (const auto& [keyword, value] : {std::pair("NAXIS2", "1"), std::pair("PCOUNT", "0")}) {
    if (auto done = table.replace(small, keyword, "", value); !done) return done;
  }
  int status = 0;
  FitsMemory from(at.before + small, &status);
  FitsMemory to(0, &status);
  copy_before(from, to, at.here, &status);
  fits_img_decompress_header(from.get(), to.get(), &status);
  fits_set_hdustruc(to.get(), &status);
  if (status != 0) return fits_error(status);
  return settle_sums(hdu, to, stand, lossless(keys));
}

Result<void> read_copied(PackedHdu& hdu, Keywords& keys, std::string_view header, const Place& at) {
  const auto axes = sizes(keys, "NAXIS");
  if (!axes) return axes.error();
  const auto pixel = pixel_bytes(keys, "BITPIX");
  if (!pixel) return pixel.error();
  const std::int64_t extra = at.here == 1 ? 0 : keys.number("PCOUNT").value_or(0);
  const std::string kind = at.here == 1 ? "IMAGE" : keys.text("XTENSION");
  if (keys.is_true("GROUPS") || keys.number("GCOUNT").value_or(1) != 1 || extra < 0 ||
      (kind == "IMAGE" && extra > 0) || keys.has("THEAP") || !one_of(kind, {"IMAGE", "TABLE", "BINTABLE"}))
    return unusual("an HDU of another kind");
  hdu.data = static_cast<std::uint64_t>(axes->elements) * *pixel + static_cast<std::uint64_t>(extra);
  if (kind == "TABLE") hdu.fill = ' ';
  std::string small(header);
  Stand stand;
  if (kind == "IMAGE") {
    for (std::size_t i = 1; i <= axes->axes.size(); ++i) {
      const std::string axis = "NAXIS" + std::to_string(i);
      if (auto done = stand.replace(small, axis, axis, "0"); !done) return done;
    }
  } else {
    for (const char* keyword : {"NAXIS2", "PCOUNT"}) {
      if (auto done = stand.replace(small, keyword, keyword, "0"); !done) return done;
    }
  }
  int status = 0;
  FitsMemory from(at.before + small, &status);
  FitsMemory to(0, &status);
  copy_before(from, to, at.here, &status);
  fits_copy_hdu(from.get(), to.get(), 0, &status);
  if (status != 0) return fits_error(status);
  auto made = PlainHeader(to, stand).now();
  if (!made) return made.error();
  hdu.header = std::move(*made);
  hdu.data_sum = sum_in(keys.text("DATASUM"));
  return {};
}

}  // namespace

Result<PackedHdu> read_packed_hdu(std::string_view header, int number, std::string_view primary) {
  const auto lock = cfitsio_lock();
  const Place at{before(number, primary), place(number, primary)};
  int status = 0;
  LONGLONG data = 0;
  LONGLONG end = 0;
  const FitsMemory whole(at.before + std::string(header), &status);
  fits_movabs_hdu(whole.get(), at.here, nullptr, &status);
  fits_get_hduaddrll(whole.get(), nullptr, &data, &end, &status);
  if (status != 0) return fits_error(status);
  if (end < data) return unusual("data without bounds");
  PackedHdu hdu;
  hdu.packed_data = static_cast<std::uint64_t>(end - data);
  Keywords keys(whole.get());
  const bool compressed = number > 1 && (keys.is_true("ZIMAGE") || keys.is_true("ZTABLE"));
  auto read =
      compressed ? check_plain_form(whole.get(), hdu.packed_data) : read_copied(hdu, keys, header, at);
  if (read && compressed) read = read_compressed(hdu, keys, header, at);
  return read ? Result<PackedHdu>(std::move(hdu)) : read.error();
}

std::optional<std::uint64_t> header_length(std::string_view begin) {
  for (std::size_t at = 0; at + kCardLength <= begin.size(); at += kCardLength) {
    const std::string_view one = begin.substr(at, kCardLength);
    if (one.starts_with("END") && one.find_first_not_of(' ', 3) == std::string_view::npos)
      return (at + kCardLength + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  }
  return std::nullopt;
}

}  // namespace esofs::cache
