#include "client/votable/binary.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "client/votable/utf8.h"

namespace esofs::client {
namespace {

template <class Unsigned>
Unsigned load(const std::byte* data) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    value =
        static_cast<Unsigned>(static_cast<std::uint64_t>(value) << 8U | std::to_integer<Unsigned>(data[i]));
  return value;
}

float load_float(const std::byte* data) { return std::bit_cast<float>(load<std::uint32_t>(data)); }
double load_double(const std::byte* data) { return std::bit_cast<double>(load<std::uint64_t>(data)); }

std::int64_t load_integer(Primitive primitive, const std::byte* data) {
  switch (primitive) {
    case Primitive::kShort:
      return static_cast<std::int16_t>(load<std::uint16_t>(data));
    case Primitive::kInt:
      return static_cast<std::int32_t>(load<std::uint32_t>(data));
    case Primitive::kLong:
      return static_cast<std::int64_t>(load<std::uint64_t>(data));
    default:
      return std::to_integer<std::int64_t>(data[0]);
  }
}

bool load_boolean(std::byte byte, Value& value) {
  set_null(value);
  switch (std::to_integer<char>(byte)) {
    case 'T':
    case 't':
    case '1':
      value.is = true;
      return true;
    case 'F':
    case 'f':
    case '0':
      value.is = false;
      return true;
    case '\0':
    case ' ':
    case '?':
      return true;
    default:
      return false;
  }
}

template <class Float>
void store_float(const CellType& type, Float number, Value& value) {
  if (type.is_null(number))
    set_null(value);
  else
    value.is = number;
}

bool load_element(const CellType& type, const std::byte* data, Value& value) {
  switch (type.primitive) {
    case Primitive::kBoolean:
      return load_boolean(*data, value);
    case Primitive::kBit:  // the most significant one
      value.is = static_cast<std::int64_t>(std::to_integer<unsigned>(*data) >> 7U);
      return true;
    case Primitive::kFloat:
      store_float(type, load_float(data), value);
      return true;
    case Primitive::kDouble:
      store_float(type, load_double(data), value);
      return true;
    case Primitive::kFloatComplex:
      value.is = std::complex<float>(load_float(data), load_float(data + 4));
      return true;
    case Primitive::kDoubleComplex:
      value.is = std::complex<double>(load_double(data), load_double(data + 8));
      return true;
    default: {
      const auto number = load_integer(type.primitive, data);
      if (number == type.null_integer)
        set_null(value);
      else
        value.is = number;
      return true;
    }
  }
}

void read_string(const CellType& type, const std::byte* data, std::uint64_t count, Value& value) {
  if (type.primitive == Primitive::kUnicodeChar) {
    std::string text;
    append_utf8_of_utf16(data, count, text);
    return set_string(type, text, value);
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data), count);
  auto text = bytes.substr(0, bytes.find('\0'));
  if (type.utf8) text = whole_utf8(text);  // a writer may have cut it at the length of the column
  if (is_utf8(text)) return set_string(type, text, value);
  set_string(type, utf8_of_latin1(text), value);
}

void load_strings(const CellType& type, const std::byte* data, std::uint64_t count, Value& value) {
  const std::uint64_t size = (count + type.string_length - 1) / type.string_length;
  ValueArray& array = array_of(value);
  array.resize(size);
  for (auto& string : array) {
    const auto length = std::min(type.string_length, count);
    read_string(type, data, length, string);
    data += element_bytes(type.primitive, length);
    count -= length;
  }
}

}  // namespace

std::uint64_t element_bytes(Primitive primitive, std::uint64_t count) {
  switch (primitive) {
    case Primitive::kBit:
      return (count + 7) / 8;
    case Primitive::kBoolean:
    case Primitive::kUnsignedByte:
    case Primitive::kChar:
      return count;
    case Primitive::kShort:
    case Primitive::kUnicodeChar:
      return count * 2;
    case Primitive::kInt:
    case Primitive::kFloat:
      return count * 4;
    case Primitive::kLong:
    case Primitive::kDouble:
    case Primitive::kFloatComplex:
      return count * 8;
    case Primitive::kDoubleComplex:
      return count * 16;
  }
  return count;
}

bool read_cell_bytes(const CellType& type, const std::byte* data, std::uint64_t count, Value& value) {
  if (count == 0) {
    set_null(value);
    return true;
  }
  if (type.text()) {
    if (type.string_length != 0)
      load_strings(type, data, count, value);
    else
      read_string(type, data, count, value);
    return true;
  }
  if (!type.array) return load_element(type, data, value);
  ValueArray& array = array_of(value);
  array.resize(count);
  bool legal = true;
  if (type.primitive == Primitive::kBit) {
    for (std::uint64_t i = 0; i < count; ++i)
      array[i].is = static_cast<std::int64_t>(std::to_integer<unsigned>(data[i / 8]) >> (7U - i % 8) & 1U);
    return true;
  }
  const auto size = element_bytes(type.primitive, 1);
  for (std::uint64_t i = 0; i < count; ++i) legal = load_element(type, data + i * size, array[i]) && legal;
  if (!legal) set_null(value);
  return legal;
}

bool read_cell_binary(const CellType& type, std::span<const std::byte> bytes, Value& value) {
  std::uint64_t count = type.count;
  set_null(value);
  if (type.variable) {
    if (bytes.size() < 4) return false;
    count = load<std::uint32_t>(bytes.data());
    bytes = bytes.subspan(4);
  }
  if (element_bytes(type.primitive, count) != bytes.size()) return false;
  return read_cell_bytes(type, bytes.data(), count, value);
}

BinaryRows::BinaryRows(const std::vector<CellType>& types, bool null_flags, std::uint64_t most_row_bytes,
                       Sink sink)
    : types_(types),
      flag_bytes_(null_flags ? (types.size() + 7) / 8 : 0),
      most_row_bytes_(most_row_bytes),
      sink_(std::move(sink)),
      row_(types.size()) {
  begin_row();
}

void BinaryRows::begin_row() {
  column_ = 0;
  offset_ = flag_bytes_;
  needed_ = 0;
  measured_ = false;
}

Result<std::uint64_t> BinaryRows::measure(std::span<const std::byte> row) {
  for (; column_ < types_.size(); ++column_) {
    const CellType& type = types_[column_];
    std::uint64_t count = type.count;
    std::uint64_t prefix = 0;
    if (type.variable) {
      prefix = 4;
      if (row.size() < offset_ + prefix) return offset_ + prefix;
      const auto length = static_cast<std::int32_t>(load<std::uint32_t>(row.data() + offset_));
      if (length < 0)
        return Error(EBADMSG, "row " + std::to_string(rows_ + 1) + " has an array of negative length");
      count = static_cast<std::uint64_t>(length);
    }
    offset_ += prefix + element_bytes(type.primitive, count);
    if (offset_ > most_row_bytes_)
      return Error(EFBIG, "row " + std::to_string(rows_ + 1) + " is larger than " +
                              std::to_string(most_row_bytes_) + " bytes");
  }
  measured_ = true;
  if (offset_ == 0) return Error(EBADMSG, "binary rows without any bytes");
  return offset_;
}

Result<void> BinaryRows::decode(const std::byte* row) {
  const std::byte* cell = row + flag_bytes_;
  std::uint64_t unparsable = 0;
  for (std::size_t column = 0; column < types_.size(); ++column) {
    const CellType& type = types_[column];
    std::uint64_t count = type.count;
    if (type.variable) {
      count = load<std::uint32_t>(cell);
      cell += 4;
    }
    const bool flagged =
        flag_bytes_ != 0 && (std::to_integer<unsigned>(row[column / 8]) >> (7U - column % 8) & 1U) != 0;
    if (flagged)
      set_null(row_[column]);
    else if (!read_cell_bytes(type, cell, count, row_[column]))
      ++unparsable;
    cell += element_bytes(type.primitive, count);
  }
  ++rows_;
  return sink_(row_, unparsable);
}

Result<std::size_t> BinaryRows::take_rows(std::span<const std::byte> bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const auto row = bytes.subspan(taken);
    while (!measured_ && row.size() >= needed_) {
      const auto needed = measure(row);
      if (!needed) return needed.error();
      needed_ = *needed;
    }
    if (!measured_ || row.size() < needed_) break;
    auto decoded = decode(row.data());
    if (!decoded) return decoded.error();
    taken += needed_;
    begin_row();
  }
  return taken;
}

Result<void> BinaryRows::push(std::span<const std::byte> bytes) {
  if (pending_.empty()) {
    const auto taken = take_rows(bytes);
    if (!taken) return taken.error();
    pending_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(*taken), bytes.end());
    return {};
  }
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  const auto taken = take_rows(pending_);
  if (!taken) return taken.error();
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(*taken));
  return {};
}

Result<void> BinaryRows::finish() {
  if (pending_.empty()) return {};
  return Error(EBADMSG, "the table is cut off in row " + std::to_string(rows_ + 1));
}

}  // namespace esofs::client
