#include "cache/listings/listing_keys.h"

namespace esofs::cache {
namespace {

std::string with_prefix(char prefix, std::string_view rest) {
  std::string key(1, prefix);
  key += rest;
  return key;
}

std::string in_generation(const Generation& generation, char kind, std::string_view rest) {
  std::string key = generation;
  key += kind;
  key += rest;
  return key;
}

}  // namespace

std::string snapshot_key(std::string_view query) { return with_prefix('S', query); }
std::string attempt_key(std::string_view query) { return with_prefix('A', query); }
std::string columns_key(const Generation& generation) { return with_prefix('C', generation); }
std::string generation_key(const Generation& generation) { return with_prefix('G', generation); }

std::string row_key(const Generation& generation, std::uint64_t row) {
  std::string key = generation;
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>((row >> static_cast<unsigned>(shift)) & 0xffU);
  return key;
}

std::optional<std::uint64_t> row_of(std::string_view key, const Generation& generation) {
  if (key.size() != generation.size() + 8 || key.substr(0, generation.size()) != generation)
    return std::nullopt;
  std::uint64_t row = 0;
  for (const char c : key.substr(generation.size())) row = (row << 8U) | static_cast<unsigned char>(c);
  return row;
}

std::string name_key(const Generation& generation, std::string_view portable) {
  return in_generation(generation, '\0', portable);
}
std::string id_key(const Generation& generation, std::string_view id) {
  return in_generation(generation, '\1', id);
}
std::string counter_key(const Generation& generation, std::string_view portable) {
  return in_generation(generation, '\2', portable);
}
std::string directory_key(const Generation& generation, std::string_view portable) {
  return in_generation(generation, '\3', portable);
}

std::string generation_id(const Generation& generation) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (const char c : generation) {
    id += digits[static_cast<unsigned char>(c) >> 4U];
    id += digits[static_cast<unsigned char>(c) & 0xfU];
  }
  return id;
}

}  // namespace esofs::cache
