#include "client/votable/base64.h"

#include <array>
#include <cerrno>
#include <cstdint>

namespace esofs::client {
namespace {

constexpr std::uint8_t kBlank = 64;
constexpr std::uint8_t kPadding = 65;
constexpr std::uint8_t kIllegal = 66;

// Room is made for what is decoded at once; a line end stops it, so it should not be much longer than lines are.
constexpr std::size_t kMostDecodedAtOnce = 1024;

constexpr std::array<std::uint8_t, 256> make_sextets() {
  std::array<std::uint8_t, 256> sextets{};
  sextets.fill(kIllegal);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    sextets[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  for (const char c : {' ', '\t', '\n', '\r'}) sextets[static_cast<unsigned char>(c)] = kBlank;
  sextets[static_cast<unsigned char>('=')] = kPadding;
  return sextets;
}

constexpr auto kSextets = make_sextets();

void append_octet(std::vector<std::byte>& bytes, unsigned group, int shift) {
  bytes.push_back(static_cast<std::byte>((group >> static_cast<unsigned>(shift)) & 0xFFU));
}

}  // namespace

bool Base64Decoder::end_group(std::vector<std::byte>& bytes) {
  const int sextets = std::exchange(sextets_, 0);
  if (sextets == 1) return false;
  if (sextets == 2) append_octet(bytes, group_, 4);
  if (sextets == 3) {
    append_octet(bytes, group_, 10);
    append_octet(bytes, group_, 2);
  }
  group_ = 0;
  return true;
}

// Whole groups without white space, the most of any stream, as fast as a table allows.
std::size_t Base64Decoder::decode_groups(std::string_view text, std::vector<std::byte>& bytes) {
  const auto sextet = [text](std::size_t i) -> unsigned {
    return kSextets[static_cast<unsigned char>(text[i])];
  };
  const std::size_t before = bytes.size();
  bytes.resize(before + text.size() / 4 * 3);
  std::byte* out = bytes.data() + before;
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const unsigned a = sextet(at);
    const unsigned b = sextet(at + 1);
    const unsigned c = sextet(at + 2);
    const unsigned d = sextet(at + 3);
    if ((a | b | c | d) >= kBlank) break;
    const unsigned group = a << 18U | b << 12U | c << 6U | d;
    *out++ = static_cast<std::byte>(group >> 16U);
    *out++ = static_cast<std::byte>(group >> 8U & 0xFFU);
    *out++ = static_cast<std::byte>(group & 0xFFU);
  }
  bytes.resize(before + at / 4 * 3);
  return at;
}

Result<void> Base64Decoder::decode(std::string_view text, std::vector<std::byte>& bytes) {
  while (!text.empty()) {
    if (sextets_ == 0) text.remove_prefix(decode_groups(text.substr(0, kMostDecodedAtOnce), bytes));
    if (text.empty()) break;
    const auto sextet = kSextets[static_cast<unsigned char>(text[0])];
    text.remove_prefix(1);
    if (sextet < kBlank) {
      group_ = group_ << 6U | sextet;
      if (++sextets_ < 4) continue;
      append_octet(bytes, group_, 16);
      append_octet(bytes, group_, 8);
      append_octet(bytes, group_, 0);
      group_ = 0;
      sextets_ = 0;
    } else if (sextet == kPadding) {
      if (!end_group(bytes)) return Error(EBADMSG, "base64 with misplaced padding");
    } else if (sextet == kIllegal) {
      return Error(EBADMSG, "a character that is not base64");
    }
  }
  return {};
}

Result<void> Base64Decoder::finish(std::vector<std::byte>& bytes) {
  if (!end_group(bytes)) return Error(EBADMSG, "base64 that ends inside a byte");
  return {};
}

}  // namespace esofs::client
