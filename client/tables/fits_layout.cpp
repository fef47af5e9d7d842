#include "client/tables/fits_layout.h"

#include <fitsio.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <memory>
#include <set>

#include "client/base/text.h"
#include "client/tables/table_text.h"

namespace esofs::client {
namespace {

constexpr std::size_t kMostColumns = 999;                     // FITS 4.0 section 7.3.1
constexpr std::uint64_t kMostRowBytes = (1ULL << 31U) - 1;    // NAXIS1, as CFITSIO reads it
constexpr std::uint64_t kMostNarrowHeap = (1ULL << 31U) - 1;  // what a P descriptor can reach
constexpr std::size_t kMostNameBytes = 68;                    // a string value of one card

struct CloseFits {
  void operator()(fitsfile* file) const {
    int status = 0;
    fits_close_file(file, &status);
  }
};
using FitsFile = std::unique_ptr<fitsfile, CloseFits>;

struct FreeText {
  void operator()(char* text) const {
    int status = 0;
    fits_free_memory(text, &status);
  }
};

char code_of(Primitive primitive) {
  switch (primitive) {
    case Primitive::kBoolean:
    case Primitive::kBit:
      return 'L';
    case Primitive::kUnsignedByte:
      return 'B';
    case Primitive::kShort:
      return 'I';
    case Primitive::kInt:
      return 'J';
    case Primitive::kLong:
      return 'K';
    case Primitive::kFloat:
      return 'E';
    case Primitive::kDouble:
      return 'D';
    case Primitive::kFloatComplex:
      return 'C';
    case Primitive::kDoubleComplex:
      return 'M';
    case Primitive::kChar:
    case Primitive::kUnicodeChar:
      break;
  }
  return 'A';
}

std::size_t bytes_of(char code) {
  switch (code) {
    case 'I':
      return 2;
    case 'J':
    case 'E':
      return 4;
    case 'K':
    case 'D':
    case 'C':
      return 8;
    case 'M':
      return 16;
    default:
      return 1;
  }
}

std::pair<std::int64_t, std::int64_t> range_of(char code) {
  if (code == 'B') return {0, 255};
  const unsigned bits = std::min(64U, static_cast<unsigned>(8 * bytes_of(code)));
  const auto most = static_cast<std::int64_t>((1ULL << (bits - 1)) - 1);
  return {-most - 1, most};
}

// "3,4" of "3x4"; "" if there is one dimension, or the last is open.
std::string dimensions(const std::string& arraysize) {
  if (arraysize.find('x') == std::string::npos || arraysize.find('*') != std::string::npos) return {};
  std::string text(trimmed(arraysize));
  std::replace(text.begin(), text.end(), 'x', ',');
  return text;
}

std::string form_of(const FitsField& field) {
  const std::string most = std::to_string(field.elements);
  if (field.heap) return std::string("1") + (field.wide ? 'Q' : 'P') + field.code + '(' + most + ')';
  if (field.code == 'A') return std::to_string(field.bytes()) + 'A';
  return (field.elements == 1 ? std::string("1") : most) + field.code;
}

std::string dim_of(const FitsField& field) {
  if (field.heap) return {};
  if (field.code == 'A')
    return field.elements == 1 && field.type.string_length == 0
               ? std::string()
               : '(' + std::to_string(field.element_bytes) + ',' + std::to_string(field.elements) + ')';
  const std::string declared = dimensions(field.column.arraysize);
  return declared.empty() || field.elements != field.type.count ? std::string() : '(' + declared + ')';
}

// Names that no two columns share, ignoring case: many readers make a record of them.
std::vector<std::string> unique_names(const std::vector<FitsField>& fields) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  const auto take = [&taken](std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return taken.insert(name).second;
  };
  for (const FitsField& field : fields) {
    std::string name = fits_text(field.column.name).substr(0, kMostNameBytes);
    if (trimmed(name).empty()) name = "col" + std::to_string(names.size() + 1);
    std::string made = name;
    for (int number = 2; !take(made); ++number) {
      const std::string end = '_' + std::to_string(number);
      made = name.substr(0, kMostNameBytes - end.size()) + end;
    }
    names.push_back(std::move(made));
  }
  return names;
}

// Replaces the number in an existing card. If CFITSIO knew the number of rows, it would fill memory with them.
void set_number(std::string& cards, const std::string& key, std::uint64_t number) {
  constexpr std::size_t card_bytes = 80;
  constexpr std::size_t value_end = 30;
  for (std::size_t card = 0; card + card_bytes <= cards.size(); card += card_bytes) {
    if (cards.compare(card, 9, (key + "        ").substr(0, 8) + '=') != 0) continue;
    const std::string digits = std::to_string(number);
    cards.replace(card + 10, value_end - 10, value_end - 10, ' ');
    cards.replace(card + value_end - digits.size(), digits.size(), digits);
  }
}

// Writes the keywords of one HDU after another, and remembers the first failure.
class Header {
 public:
  static std::optional<Header> make() {
    fitsfile* file = nullptr;
    int status = 0;
    fits_create_file(&file, "mem://", &status);
    if (status != 0) return std::nullopt;
    return Header(FitsFile(file));
  }

  fitsfile* file() const { return file_.get(); }
  int& status() { return status_; }

  void text(const std::string& key, const std::string& value) {
    if (value.empty()) return;
    std::string ascii = fits_text(value);
    fits_update_key_longstr(file(), key.c_str(), ascii.c_str(), nullptr, &status_);
  }
  void number(const std::string& key, std::int64_t value, const char* comment) {
    LONGLONG number = value;
    fits_update_key(file(), TLONGLONG, key.c_str(), &number, comment, &status_);
  }
  // All cards of the present HDU, in whole blocks.
  std::string blocks() {
    char* cards = nullptr;
    int count = 0;
    fits_hdr2str(file(), 0, nullptr, 0, &cards, &count, &status_);
    const std::unique_ptr<char, FreeText> owned(cards);
    if (status_ != 0) return {};
    std::string text(cards);
    text.resize((text.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, ' ');
    return text;
  }

 private:
  explicit Header(FitsFile file) : file_(std::move(file)) {}

  FitsFile file_;
  int status_ = 0;
};

}  // namespace

std::string fits_text(std::string_view utf8) {
  std::string text;
  text.reserve(utf8.size());
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else if ((byte & 0xC0U) != 0x80U) {  // once for each character
      text += byte == '\n' || byte == '\r' || byte == '\t' ? ' ' : '?';
    }
  }
  return text;
}

FitsLayout::FitsLayout(const std::vector<Column>& columns) : seen_(columns.size()) {
  for (const Column& column : columns) {
    FitsField field;
    field.column = column;
    field.type = cell_type(column);
    field.code = code_of(field.type.primitive);
    field.element_bytes = bytes_of(field.code);
    field.heap = field.type.array && field.type.variable && !field.type.text();
    fields_.push_back(std::move(field));
  }
}

void FitsLayout::note_integer(char code, const Value& value, Seen& seen) {
  const auto* number = std::get_if<std::int64_t>(&value.is);
  if (number == nullptr) {
    seen.nulls = true;
    return;
  }
  const std::uint64_t above =
      static_cast<std::uint64_t>(*number) - static_cast<std::uint64_t>(range_of(code).first);
  if (above < seen.low.size()) seen.low.set(static_cast<std::size_t>(above));
}

void FitsLayout::note(const FitsField& field, const Value& value, Seen& seen) {
  const auto* array = std::get_if<ValueArray>(&value.is);
  const std::size_t elements = array != nullptr ? array->size() : value.null() ? 0 : 1;
  if (field.type.text()) {
    const auto note_text = [&seen](const Value& element) {
      if (const auto* text = std::get_if<std::string>(&element.is))
        seen.width = std::max<std::uint64_t>(seen.width, characters(*text));
    };
    if (array != nullptr)
      std::for_each(array->begin(), array->end(), note_text);
    else
      note_text(value);
  } else if (field.type.integer()) {
    if (array != nullptr)
      for (const Value& element : *array) note_integer(field.code, element, seen);
    else if (!field.heap)
      note_integer(field.code, value, seen);
  }
  if (elements < field.type.count) seen.shorter = true;
  seen.elements = std::max<std::uint64_t>(seen.elements, elements);
  seen.all_elements += elements;
}

void FitsLayout::survey(std::span<const Value> row) {
  ++rows_;
  for (std::size_t i = 0; i < std::min(row.size(), fields_.size()); ++i) note(fields_[i], row[i], seen_[i]);
}

Result<void> FitsLayout::choose_null(FitsField& field, const Seen& seen) {
  const bool needed = seen.nulls || (seen.shorter && !field.heap);
  const auto declared = field.type.null_integer;
  const auto [least, most] = range_of(field.code);
  // The reader has made every cell of this value null, so that no other has it.
  if (declared && *declared >= least && *declared <= most) {
    field.null = declared;
    return {};
  }
  if (!needed) return {};
  for (std::size_t above = 0; above < seen.low.size() && !field.null; ++above)
    if (!seen.low.test(above)) field.null = least + static_cast<std::int64_t>(above);
  if (field.null) return {};
  if (field.code == 'K')
    return Error(EOVERFLOW, "column " + field.column.name + " leaves no value for its nulls");
  // The next wider type has values that no cell can have.
  field.code = field.code == 'B' ? 'I' : field.code == 'I' ? 'J' : 'K';
  field.element_bytes = bytes_of(field.code);
  field.null = range_of(field.code).first;
  return {};
}

Result<void> FitsLayout::decide(FitsField& field, const Seen& seen) {
  if (field.type.text()) {
    // Declared lengths are kept if they are lengths of strings and no cell is longer.
    const std::uint64_t declared = field.type.string_length != 0 ? field.type.string_length
                                   : field.type.variable         ? 0
                                                                 : field.type.count;
    field.element_bytes = std::max<std::uint64_t>({seen.width, std::min<std::uint64_t>(declared, 1024), 1});
    const bool strings = field.type.string_length != 0;
    field.elements = strings ? std::max<std::uint64_t>(seen.elements, 1) : 1;
    return {};
  }
  if (field.type.integer()) {
    if (auto chosen = choose_null(field, seen); !chosen) return chosen;
  }
  if (field.heap)
    field.elements = seen.elements;
  else if (field.type.array)
    field.elements = std::max(seen.elements, std::min<std::uint64_t>(field.type.count, 1U << 20U));
  return {};
}

Result<void> FitsLayout::decide() {
  if (fields_.size() > kMostColumns)
    return Error(EOVERFLOW,
                 "a FITS table has 999 columns at most, this one " + std::to_string(fields_.size()));
  heap_bytes_ = 0;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (auto decided = decide(fields_[i], seen_[i]); !decided) return decided;
    if (fields_[i].heap) heap_bytes_ += seen_[i].all_elements * fields_[i].element_bytes;
  }
  row_bytes_ = 0;
  for (FitsField& field : fields_) {
    field.wide = field.heap && heap_bytes_ > kMostNarrowHeap;
    row_bytes_ += field.bytes();
    if (row_bytes_ > kMostRowBytes) return Error(EOVERFLOW, "a row is too long for a FITS table");
  }
  return {};
}

Result<std::string> FitsLayout::header() const {
  auto header = Header::make();
  if (!header) return Error(ENOMEM, "no memory for a FITS header");
  int& status = header->status();
  fits_create_img(header->file(), BYTE_IMG, 0, nullptr, &status);
  std::string text = header->blocks();

  fits_create_tbl(header->file(), BINARY_TBL, 0, 0, nullptr, nullptr, nullptr, "RESULT", &status);
  header->number("TFIELDS", static_cast<std::int64_t>(fields_.size()), "number of columns");
  const auto names = unique_names(fields_);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const FitsField& field = fields_[i];
    const std::string n = std::to_string(i + 1);
    header->text("TTYPE" + n, names[i]);
    header->text("TFORM" + n, form_of(field));
    header->text("TDIM" + n, dim_of(field));
    header->text("TUNIT" + n, field.column.unit);
    if (field.null) header->number("TNULL" + n, *field.null, "value of null cells");
    header->text("TUCD" + n, field.column.ucd);
    header->text("TUTYP" + n, field.column.utype);
    header->text("TXTYP" + n, field.column.xtype);
    header->text("TCOMM" + n, field.column.description);
  }
  std::string table = header->blocks();
  set_number(table, "NAXIS1", row_bytes_);
  set_number(table, "NAXIS2", rows_);
  set_number(table, "PCOUNT", heap_bytes_);
  text += table;
  if (status != 0) {
    std::array<char, FLEN_STATUS> sentence{};
    fits_get_errstatus(status, sentence.data());
    return Error(EIO, std::string("making a FITS header: ") + sentence.data());
  }
  return text;
}

}  // namespace esofs::client
