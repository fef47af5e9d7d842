// Encoder and Decoder: records to bytes and back, by one description of their fields.
//
// A type is described once, for both directions:
//   template <> struct FieldsOf<Point> {
//     template <class Codec, class P> static void visit(Codec& codec, P& p) { codec(p.x), codec(p.y); }
//   };
// Integers are LEB128 (signed ones zigzag), floats their IEEE 754 bits, texts and lists begin with their count. The decoder
// never reads past the end and never allocates more than its input could fill: what does not fit makes it fail.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

template <class T>
struct FieldsOf;

class Encoder {
 public:
  // Reserves memory, if the number of bytes is known.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  std::string take() { return std::move(bytes_); }
  std::size_t size() const { return bytes_.size(); }

  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) byte(static_cast<std::uint8_t>(value | 0x80U));
    byte(static_cast<std::uint8_t>(value));
  }
  template <class Bits>
  void bits(Bits value) {
    std::array<char, sizeof(Bits)> bytes;
    for (std::size_t i = 0; i < sizeof(Bits); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    bytes_.append(bytes.data(), bytes.size());
  }

  void operator()(bool value) { byte(value ? 1 : 0); }
  template <std::unsigned_integral T>
  void operator()(T value) {
    number(value);
  }
  template <std::signed_integral T>
  void operator()(T value) {
    const auto wide = static_cast<std::int64_t>(value);
    number((static_cast<std::uint64_t>(wide) << 1U) ^ static_cast<std::uint64_t>(wide >> 63));
  }
  void operator()(float value) { bits(std::bit_cast<std::uint32_t>(value)); }
  void operator()(double value) { bits(std::bit_cast<std::uint64_t>(value)); }
  template <class T>
  requires std::is_enum_v<T>
  void operator()(T value) { number(static_cast<std::uint64_t>(value)); }
  void operator()(std::string_view text) {
    number(text.size());
    bytes_ += text;
  }
  void operator()(const std::string& text) { (*this)(std::string_view(text)); }
  void operator()(const Error& error) {
    (*this)(error.code());
    (*this)(error.what());
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }
  template <class T>
  void operator()(const std::vector<T>& list) {
    number(list.size());
    for (const auto& item : list) (*this)(item);
  }
  template <class K, class V>
  void operator()(const std::map<K, V>& map) {
    number(map.size());
    for (const auto& item : map) (*this)(item);
  }
  template <class A, class B>
  void operator()(const std::pair<A, B>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  template <class T>
  requires requires { sizeof(FieldsOf<T>); }
  void operator()(const T& record) { FieldsOf<T>::visit(*this, record); }

 private:
  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : left_(bytes) {}

  // False once anything did not fit; from then on every value is zero or empty.
  bool ok() const { return ok_; }
  // Everything fitted and nothing is left over.
  bool complete() const { return ok_ && left_.empty(); }
  void fail() {
    ok_ = false;
    left_ = {};
  }
  std::size_t left() const { return left_.size(); }

  std::uint8_t byte() {
    if (left_.empty()) {
      fail();
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= static_cast<std::uint64_t>(next & 0x7fU) << shift;
      if (next < 0x80) return value;
    }
    fail();
    return 0;
  }
  // A count of things that take at least one byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value <= left_.size()) return static_cast<std::size_t>(value);
    fail();
    return 0;
  }
  template <class Bits>
  Bits bits() {
    Bits value = 0;
    for (std::size_t i = 0; i < sizeof(Bits); ++i)
      value |= static_cast<Bits>(static_cast<Bits>(byte()) << (8 * i));
    return value;
  }
  std::string_view text() {
    const std::size_t size = count();
    const std::string_view found = left_.substr(0, size);
    left_.remove_prefix(size);
    return found;
  }

  void operator()(bool& value) { value = byte() != 0; }
  template <std::unsigned_integral T>
  void operator()(T& value) {
    value = static_cast<T>(number());
  }
  template <std::signed_integral T>
  void operator()(T& value) {
    const std::uint64_t zigzag = number();
    value = static_cast<T>(static_cast<std::int64_t>((zigzag >> 1U) ^ (~(zigzag & 1U) + 1U)));
  }
  void operator()(float& value) { value = std::bit_cast<float>(bits<std::uint32_t>()); }
  void operator()(double& value) { value = std::bit_cast<double>(bits<std::uint64_t>()); }
  void operator()(std::string& value) { value = text(); }
  void operator()(std::optional<Error>& value) {
    value.reset();
    if (byte() == 0) return;
    int code = 0;
    (*this)(code);
    std::string what(text());
    if (code <= 0) return fail();
    value.emplace(code, std::move(what));
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    value.reset();
    if (byte() != 0) (*this)(value.emplace());
  }
  template <class T>
  void operator()(std::vector<T>& list) {
    list.clear();
    for (std::size_t n = count(); n > 0 && ok_; --n) (*this)(list.emplace_back());
  }
  template <class K, class V>
  void operator()(std::map<K, V>& map) {
    map.clear();
    for (std::size_t n = count(); n > 0 && ok_; --n) {
      std::pair<K, V> item;
      (*this)(item);
      map.insert(std::move(item));
    }
  }
  template <class A, class B>
  void operator()(std::pair<A, B>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  template <class T>
  requires requires { sizeof(FieldsOf<T>); }
  void operator()(T& record) { FieldsOf<T>::visit(*this, record); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace esofs::cache
