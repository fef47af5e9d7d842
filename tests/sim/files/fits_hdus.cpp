#include "tests/sim/files/fits_hdus.h"

#include <cstdlib>
#include <stdexcept>

#include "tests/sim/files/fits_header.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr std::size_t kValue = 10;       // where the value begins
constexpr std::size_t kFixedValue = 20;  // width of a number in fixed format

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::string_view name_of(std::string_view card) {
  return card.substr(8, 2) == "= " ? without_blanks(card.substr(0, 8)) : std::string_view();
}

// The end of the value of a card: after its closing quote, or before its comment.
std::size_t value_end(std::string_view card) {
  std::size_t i = card.find_first_not_of(' ', kValue);
  if (i == std::string_view::npos) return card.size();
  if (card[i] != '\'') return std::min(card.find('/', i), card.size());
  for (++i; i < card.size(); ++i) {
    if (card[i] != '\'') continue;
    if (i + 1 >= card.size() || card[i + 1] != '\'') return i + 1;
    ++i;
  }
  return card.size();
}

std::string padded_right(std::string text, std::size_t size) {
  if (text.size() < size) text.resize(size, ' ');
  return text;
}

std::string padded_left(std::string text, std::size_t size) {
  if (text.size() < size) text.insert(0, size - text.size(), ' ');
  return text;
}

std::string read(const Content& file, std::uint64_t offset, std::size_t size) {
  std::string out(size, '\0');
  file.read(offset, std::as_writable_bytes(std::span(out)));
  return out;
}

// The text of a header that begins at `offset`, which is moved behind it.
std::string header_text(const Content& file, std::uint64_t& offset) {
  std::string text;
  while (offset + kFitsBlock <= file.size()) {
    text += read(file, offset, kFitsBlock);
    offset += kFitsBlock;
    for (std::size_t i = text.size() - kFitsBlock; i < text.size(); i += kFitsCard) {
      if (text.compare(i, 8, "END     ") == 0) return text;
    }
  }
  throw std::runtime_error("a FITS header without END");
}

}  // namespace

FitsCards::FitsCards(std::string_view text) {
  for (; text.size() >= kFitsCard; text.remove_prefix(kFitsCard)) {
    if (text.substr(0, 8) == "END     ") return;
    cards_.emplace_back(text.substr(0, kFitsCard));
  }
}

const std::string* FitsCards::find(std::string_view name) const {
  for (const std::string& card : cards_) {
    if (name_of(card) == name) return &card;
  }
  return nullptr;
}

std::optional<std::string> FitsCards::value(std::string_view name) const {
  const std::string* card = find(name);
  if (card == nullptr) return std::nullopt;
  std::string_view text = without_blanks(std::string_view(*card).substr(kValue, value_end(*card) - kValue));
  if (text.size() < 2 || text.front() != '\'') return std::string(text);
  text = text.substr(1, text.size() - 2);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '\'') ++i;
  }
  return out;
}

std::int64_t FitsCards::integer(std::string_view name, std::int64_t otherwise) const {
  const auto text = value(name);
  return text ? std::strtoll(text->c_str(), nullptr, 10) : otherwise;
}

std::vector<std::string> FitsCards::names() const {
  std::vector<std::string> out;
  for (const std::string& card : cards_) {
    if (!name_of(card).empty()) out.emplace_back(name_of(card));
  }
  return out;
}

void FitsCards::set(std::string_view name, std::string value) {
  std::string card = padded_right(std::string(name), 8) + "= " + std::move(value);
  if (const std::string* old = find(name)) {
    const std::string comment(without_blanks(std::string_view(*old).substr(value_end(*old))));
    if (!comment.empty() && card.size() + 1 + comment.size() <= kFitsCard) card += " " + comment;
    card.resize(kFitsCard, ' ');
    cards_[static_cast<std::size_t>(old - cards_.data())] = std::move(card);
    return;
  }
  card.resize(kFitsCard, ' ');
  cards_.push_back(std::move(card));
}

void FitsCards::set_integer(std::string_view name, std::int64_t value) {
  set(name, padded_left(std::to_string(value), kFixedValue));
}

void FitsCards::set_real(std::string_view name, double value) {
  set(name, padded_left(decimal(value), kFixedValue));
}

void FitsCards::set_string(std::string_view name, std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  set(name, padded_right(padded_right(std::move(quoted), 9) + "'", kFixedValue));
}

void FitsCards::remove(std::string_view name) {
  std::erase_if(cards_, [name](const std::string& card) { return name_of(card) == name; });
}

void FitsCards::append(const FitsCards& more) {
  cards_.insert(cards_.end(), more.cards_.begin(), more.cards_.end());
}

std::string FitsCards::plain_text() const {
  std::string out;
  for (const std::string& card : cards_) out += card;
  return out;
}

std::string FitsCards::text() const {
  std::string out = plain_text() + "END";
  out.resize((out.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, ' ');
  return out;
}

std::vector<FitsHdu> fits_hdus(const Content& file) {
  if (file.size() < kFitsBlock || read(file, 0, 10) != "SIMPLE  = ")
    throw std::runtime_error("not a FITS file");
  std::vector<FitsHdu> hdus;
  for (std::uint64_t offset = 0; offset < file.size();) {
    FitsHdu& hdu = hdus.emplace_back();
    hdu.cards = FitsCards(header_text(file, offset));
    hdu.data = offset;
    hdu.table = hdu.cards.value("XTENSION") == "BINTABLE";
    hdu.bytes_each = static_cast<int>(std::abs(hdu.cards.integer("BITPIX")) / 8);
    const std::int64_t axes = hdu.cards.integer("NAXIS");
    std::uint64_t count = axes > 0 ? 1 : 0;
    for (std::int64_t i = 1; i <= axes; ++i) {
      hdu.axes.push_back(hdu.cards.integer("NAXIS" + std::to_string(i)));
      count *= static_cast<std::uint64_t>(hdu.axes.back());
    }
    hdu.size = (count + static_cast<std::uint64_t>(hdu.cards.integer("PCOUNT"))) *
               static_cast<std::uint64_t>(hdu.bytes_each);
    offset += (hdu.size + kFitsBlock - 1) / kFitsBlock * kFitsBlock;
  }
  return hdus;
}

}  // namespace esofs::sim
