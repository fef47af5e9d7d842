#include "client/votable/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "client/base/text.h"
#include "client/votable/utf8.h"

namespace esofs::client {
namespace {

// Above any size that a cell may have, and far from overflowing when multiplied by an element's size.
constexpr std::uint64_t kMostElements = 1ULL << 40U;

constexpr bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::optional<Primitive> primitive_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Primitive>, 12> kNames{{
      {"boolean", Primitive::kBoolean},
      {"bit", Primitive::kBit},
      {"unsignedByte", Primitive::kUnsignedByte},
      {"short", Primitive::kShort},
      {"int", Primitive::kInt},
      {"long", Primitive::kLong},
      {"char", Primitive::kChar},
      {"unicodeChar", Primitive::kUnicodeChar},
      {"float", Primitive::kFloat},
      {"double", Primitive::kDouble},
      {"floatComplex", Primitive::kFloatComplex},
      {"doubleComplex", Primitive::kDoubleComplex},
  }};
  for (const auto& [known, primitive] : kNames)
    if (known == name) return primitive;
  return std::nullopt;
}

// The dimensions of an arraysize, or false if it is not ([0-9]+x)*[0-9]*[*]?
bool read_arraysize(std::string_view size, CellType& type) {
  std::uint64_t product = 1;
  std::uint64_t first = 0;
  int dimensions = 0;
  bool variable = false;
  while (true) {
    const auto cross = size.find('x');
    const bool last = cross == std::string_view::npos;
    std::string_view item = trimmed(size.substr(0, cross));
    if (last && item.ends_with('*')) {
      variable = true;
      item.remove_suffix(1);
    }
    std::uint64_t length = 1;
    const auto [end, code] = std::from_chars(item.data(), item.data() + item.size(), length);
    const bool open = item.empty() && variable;
    if (!open && (code != std::errc{} || end != item.data() + item.size())) return false;
    length = std::min(length, kMostElements);
    product = length != 0 && product > kMostElements / length ? kMostElements : product * length;
    if (dimensions++ == 0) first = open ? 0 : length;
    if (last) break;
    size.remove_prefix(cross + 1);
  }
  type.variable = variable;
  type.count = product;
  type.array = variable || dimensions > 1 || product != 1;
  if (dimensions > 1 && type.text()) type.string_length = first;
  return true;
}

// Reads decimal or 0x hexadecimal; a hexadecimal number beyond the signed range is a bit pattern of `bits` bits.
std::optional<std::int64_t> read_integer(std::string_view text, unsigned bits) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t magnitude = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;

  const bool byte = bits == 8;  // unsigned
  const std::uint64_t most = byte ? 255 : (1ULL << (bits - 1)) - 1;
  if (negative) {
    if (magnitude > (byte ? 0 : most + 1)) return std::nullopt;
    return static_cast<std::int64_t>(0 - magnitude);
  }
  if (magnitude <= most) return static_cast<std::int64_t>(magnitude);
  if (base == 10 || byte || (bits < 64 && magnitude >> bits != 0)) return std::nullopt;
  const std::uint64_t sign_extension = bits < 64 ? ~0ULL << bits : 0;
  return static_cast<std::int64_t>(magnitude | sign_extension);
}

template <class Float>
std::optional<Float> read_float(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Float value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data(), last, value);
  if (code == std::errc{} && end == last) return value;
  if (code != std::errc::result_out_of_range || end != last) return std::nullopt;
  long double wide = 0;  // beyond the range: infinity or zero, as IEEE 754 rounds it
  if (std::from_chars(text.data(), last, wide).ec != std::errc{}) return std::nullopt;
  return static_cast<Float>(wide);
}

std::optional<bool> read_boolean(std::string_view text) {
  const auto is = [text](std::string_view word) {
    if (text.size() != word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i)
      if ((text[i] | 0x20) != word[i]) return false;
    return true;
  };
  if (text == "1" || is("t") || is("true")) return true;
  if (text == "0" || is("f") || is("false")) return false;
  return std::nullopt;
}

std::string_view next_word(std::string_view& text) {
  std::size_t first = 0;
  while (first < text.size() && blank(text[first])) ++first;
  std::size_t last = first;
  while (last < text.size() && !blank(text[last])) ++last;
  const auto word = text.substr(first, last - first);
  text.remove_prefix(last);
  return word;
}

template <class Number>
bool store(std::optional<Number> number, Value& value) {
  if (!number) {
    set_null(value);
    return false;
  }
  value.is = *number;
  return true;
}

bool read_integer_cell(const CellType& type, std::string_view word, unsigned bits, Value& value) {
  const auto number = read_integer(word, bits);
  // The null of a column may lie outside its range (a short with null="-32769").
  if (type.null_integer && (number == type.null_integer || word == type.null_text)) {
    set_null(value);
    return true;
  }
  return store(number, value);
}

template <class Float>
bool store_unless_null(const CellType& type, std::optional<Float> number, Value& value) {
  if (number && type.is_null(*number)) {
    set_null(value);
    return true;
  }
  return store(number, value);
}

template <class Float>
bool read_complex(std::string_view word, std::string_view& rest, Value& value) {
  const auto real = read_float<Float>(word);
  const auto imaginary = read_float<Float>(next_word(rest));
  if (!real || !imaginary) return store(std::optional<Float>{}, value);
  value.is = std::complex<Float>(*real, *imaginary);
  return true;
}

// One element that begins with `word`; a complex number takes its second word from `rest`.
bool read_element(const CellType& type, std::string_view word, std::string_view& rest, Value& value) {
  switch (type.primitive) {
    case Primitive::kBoolean:
      if (word == "?") {
        set_null(value);
        return true;
      }
      return store(read_boolean(word), value);
    case Primitive::kUnsignedByte:
      return read_integer_cell(type, word, 8, value);
    case Primitive::kShort:
      return read_integer_cell(type, word, 16, value);
    case Primitive::kInt:
      return read_integer_cell(type, word, 32, value);
    case Primitive::kLong:
      return read_integer_cell(type, word, 64, value);
    case Primitive::kFloat:
      return store_unless_null(type, read_float<float>(word), value);
    case Primitive::kDouble:
      return store_unless_null(type, read_float<double>(word), value);
    case Primitive::kFloatComplex:
      return read_complex<float>(word, rest, value);
    case Primitive::kDoubleComplex:
      return read_complex<double>(word, rest, value);
    case Primitive::kBit:
      if (word != "0" && word != "1") return store(std::optional<std::int64_t>{}, value);
      value.is = std::int64_t{word == "1"};
      return true;
    case Primitive::kChar:
    case Primitive::kUnicodeChar:
      break;
  }
  return false;
}

Value& element_at(ValueArray& array, std::size_t index) {
  if (index >= array.size()) array.resize(index + 1);
  return array[index];
}

void end_array(ValueArray& array, std::size_t size, Value& value) {
  if (size == 0) return set_null(value);
  array.resize(size);
}

bool read_array(const CellType& type, std::string_view text, Value& value) {
  ValueArray& array = array_of(value);
  std::size_t size = 0;
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
    if (!read_element(type, word, text, element_at(array, size))) {
      set_null(value);
      return false;
    }
    ++size;
  }
  end_array(array, size, value);
  return true;
}

// Bits are written with or without blanks between them.
bool read_bits(std::string_view text, Value& value) {
  ValueArray& array = array_of(value);
  std::size_t size = 0;
  for (const char c : text) {
    if (blank(c)) continue;
    if (c != '0' && c != '1') {
      set_null(value);
      return false;
    }
    element_at(array, size++).is = std::int64_t{c == '1'};
  }
  end_array(array, size, value);
  return true;
}

// The bytes of the first `characters` characters of a UTF-8 text.
std::size_t prefix_bytes(std::string_view text, std::uint64_t characters) {
  std::size_t at = 0;
  while (at < text.size() && characters > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    --characters;
  }
  return at;
}

// The bytes of the first string of `text`; if its length counts bytes, of the characters that end within.
std::size_t string_bytes(const CellType& type, std::string_view text) {
  if (!type.utf8) return prefix_bytes(text, type.string_length);
  const auto within = whole_utf8(text.substr(0, type.string_length)).size();
  return within != 0 ? within : prefix_bytes(text, std::min<std::uint64_t>(type.string_length, 1));
}

// Strings of one length stand side by side without separator.
void read_strings(const CellType& type, std::string_view text, Value& value) {
  ValueArray& array = array_of(value);
  std::size_t size = 0;
  while (!text.empty()) {
    const auto bytes = string_bytes(type, text);
    if (bytes == 0) break;  // strings of no length
    set_string(type, text.substr(0, bytes), element_at(array, size++));
    text.remove_prefix(bytes);
  }
  end_array(array, size, value);
}

}  // namespace

std::string& string_of(Value& value) {
  if (auto* text = std::get_if<std::string>(&value.is)) return *text;
  return value.is.emplace<std::string>();
}

ValueArray& array_of(Value& value) {
  if (auto* array = std::get_if<ValueArray>(&value.is)) return *array;
  return value.is.emplace<ValueArray>();
}

CellType cell_type(const Column& column, bool char_is_utf8) {
  CellType type;
  const auto primitive = primitive_named(trimmed(column.datatype));
  type.primitive = primitive.value_or(Primitive::kChar);
  const auto size = trimmed(column.arraysize);
  if (size.empty() ? !primitive : !read_arraysize(size, type)) type.array = type.variable = true;
  type.utf8 = char_is_utf8 && type.primitive == Primitive::kChar;
  type.null_text = trimmed(column.null_value);
  if (type.integer()) type.null_integer = read_integer(type.null_text, 64);
  if (type.primitive == Primitive::kFloat || type.primitive == Primitive::kDouble)
    type.null_number = read_float<double>(type.null_text);
  return type;
}

void set_string(const CellType& type, std::string_view text, Value& value) {
  text = text.substr(0, text.find('\0'));
  if (type.padded() || type.string_length != 0)
    while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty() || (!type.null_text.empty() && text == type.null_text)) return set_null(value);
  string_of(value).assign(text);
}

bool read_cell_text(const CellType& type, std::string_view text, Value& value) {
  if (type.text()) {
    if (type.string_length != 0)
      read_strings(type, text, value);
    else
      set_string(type, text, value);
    return true;
  }
  const auto word = trimmed(text);
  if (word.empty() || word == type.null_text) {
    set_null(value);
    return true;
  }
  if (type.primitive == Primitive::kBit && type.array) return read_bits(word, value);
  if (type.array) return read_array(type, word, value);
  auto rest = word;
  const auto first = next_word(rest);
  if (!read_element(type, first, rest, value)) return false;
  if (!trimmed(rest).empty()) {  // two numbers in place of one
    set_null(value);
    return false;
  }
  return true;
}

}  // namespace esofs::client
