// header.txt: which bytes of a file are read, and what is made of them.
#include "fs/datasets/header_text.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "fs/tree/plain_nodes.h"

namespace esofs::fs {
namespace {

std::string card(std::string text) {
  text.resize(80, ' ');
  return text;
}

std::string header(const std::vector<std::string>& cards) {
  std::string block;
  for (const auto& text : cards) block += card(text);
  block += card("END");
  block.resize((block.size() + 2879) / 2880 * 2880, ' ');
  return block;
}

std::string image(const std::string& first, int bitpix, const std::vector<std::uint64_t>& axes,
                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> cards{first, "BITPIX  = " + std::to_string(bitpix),
                                 "NAXIS   = " + std::to_string(axes.size())};
  for (std::size_t i = 0; i < axes.size(); ++i)
    cards.push_back("NAXIS" + std::to_string(i + 1) + "  = " + std::to_string(axes[i]) + " / length");
  cards.insert(cards.end(), more.begin(), more.end());
  return header(cards);
}

// A file of a given size with texts at some places; every other byte counts as 0xff. It remembers what was read.
class SparseFile : public cache::OpenFile {
 public:
  explicit SparseFile(std::uint64_t size) : size_(size) {}
  void put(std::uint64_t offset, std::string text) { parts_.emplace_back(offset, std::move(text)); }

  std::uint64_t size() const noexcept override { return size_; }
  const std::string& version() const noexcept override { return version_; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<cache::Bytes> done) override {
    const auto end = std::min(offset + size, size_);
    cache::Bytes bytes(static_cast<std::size_t>(end - offset), std::byte{0xff});
    for (const auto& [at, text] : parts_) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (at + i >= offset && at + i < end)
          bytes[static_cast<std::size_t>(at + i - offset)] = static_cast<std::byte>(text[i]);
      }
    }
    read_bytes += bytes.size();
    if (hold) {
      waiting = [done, bytes] { done(bytes); };
      return [done] { done(Error(EINTR, "cancelled")); };
    }
    done(std::move(bytes));
    return {};
  }

  std::uint64_t read_bytes = 0;
  bool hold = false;
  std::function<void()> waiting;

 private:
  const std::uint64_t size_;
  const std::string version_ = "v1";
  std::vector<std::pair<std::uint64_t, std::string>> parts_;
};

Result<std::string> text_of(const std::shared_ptr<SparseFile>& file) {
  std::optional<Result<std::string>> answer;
  header_text(file, [&](Result<std::string> text) { answer = std::move(text); });
  if (!answer) return Error(EINPROGRESS, "not answered");
  return *std::move(answer);
}

TEST(HeaderTextTest, OneCardALineAndAnEmptyLineBetweenHdus) {
  const auto first =
      header({"SIMPLE  =                    T / a file", "BITPIX  = 8", "NAXIS   = 0", "", "COMMENT x"});
  const auto second = image("XTENSION= 'IMAGE   '", 16, {2, 3}, {"PCOUNT  = 0", "GCOUNT  = 1"});
  auto file = std::make_shared<SparseFile>(3 * 2880);
  file->put(0, first + second);
  const auto text = text_of(file);
  ASSERT_TRUE(text) << text.error().what();
  EXPECT_EQ(*text,
            "SIMPLE  =                    T / a file\nBITPIX  = 8\nNAXIS   = 0\n\nCOMMENT x\nEND\n\n"
            "XTENSION= 'IMAGE   '\nBITPIX  = 16\nNAXIS   = 2\nNAXIS1  = 2 / length\nNAXIS2  = 3 / length\n"
            "PCOUNT  = 0\nGCOUNT  = 1\nEND\n");
}

TEST(HeaderTextTest, DataUnitsAreSkippedByTheirSize) {
  constexpr std::uint64_t kSide = 20'000;
  constexpr std::uint64_t kData = (kSide * kSide * 4 + 2879) / 2880 * 2880;
  auto file = std::make_shared<SparseFile>(2880 + 3 * (2880 + kData));
  file->put(0, header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"}));
  for (std::uint64_t i = 0; i < 3; ++i)
    file->put(2880 + i * (2880 + kData),
              image("XTENSION= 'IMAGE   '", -32, {kSide, kSide}, {"EXTVER  = " + std::to_string(i)}));
  const auto text = text_of(file);
  ASSERT_TRUE(text) << text.error().what();
  for (const char* found : {"EXTVER  = 0", "EXTVER  = 1", "EXTVER  = 2"})
    EXPECT_NE(text->find(found), std::string::npos) << found;
  EXPECT_LE(file->read_bytes, 4U * 65536) << "of nearly five gigabytes";
}

TEST(HeaderTextTest, HeapsGroupsAndEmptyAxesCount) {
  const auto data_after = [](const std::string& block) {
    HeaderCards cards;
    EXPECT_EQ(cards.take(block), HeaderCards::Step::kHduEnds);
    return cards.data_bytes();
  };
  EXPECT_EQ(data_after(image("XTENSION= 'BINTABLE'", 8, {10, 1}, {"PCOUNT  = 2900", "GCOUNT  = 1"})), 5760U);
  EXPECT_EQ(data_after(image("SIMPLE  = T", 16, {0, 3}, {"GROUPS  = T", "PCOUNT  = 2", "GCOUNT  = 300"})),
            5760U);
  EXPECT_EQ(data_after(image("SIMPLE  = T", 16, {0, 3})), 0U);
  EXPECT_EQ(data_after(image("SIMPLE  = T", -64, {4'000'000'000, 4'000'000'000, 4'000'000'000})),
            std::nullopt);
  EXPECT_EQ(data_after(header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = -5"})), std::nullopt);
  EXPECT_EQ(
      data_after(header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = +6000", "NAXIS2  = 1"})),
      8640U);
  EXPECT_EQ(data_after(header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = many"})),
            std::nullopt);
  EXPECT_EQ(data_after(header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1"})), std::nullopt);
}

TEST(HeaderTextTest, OfAKeywordThatIsGivenTwiceTheFirstCounts) {
  HeaderCards cards;
  ASSERT_EQ(cards.take(header({"SIMPLE  = T", "BITPIX  = 16", "NAXIS   = 1", "NAXIS1  = 3000", "NAXIS   = 1",
                               "NAXIS1  = 1", "BITPIX  = 8", "GCOUNT  = 1", "GCOUNT  = 7"})),
            HeaderCards::Step::kHduEnds);
  EXPECT_EQ(cards.data_bytes(), 8640U);
  ASSERT_EQ(cards.take(header({"XTENSION= 'IMAGE   '", "NAXIS   = 0", "NAXIS   = 1", "NAXIS1  = 3000"})),
            HeaderCards::Step::kHduEnds);
  EXPECT_EQ(cards.data_bytes(), 0U);
}

TEST(HeaderTextTest, NullsBehindTheEndAreFill) {
  auto block = header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"});
  std::fill(block.begin() + 3 * 80 + 3, block.end(), '\0');
  auto file = std::make_shared<SparseFile>(2880);
  file->put(0, block);
  const auto text = text_of(file);
  ASSERT_TRUE(text) << text.error().what();
  EXPECT_EQ(*text, "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 0\nEND\n");
}

TEST(HeaderTextTest, WhatIsNoFitsIsAnError) {
  auto other = std::make_shared<SparseFile>(10'000);
  EXPECT_EQ(text_of(other).error().code(), EIO);
  auto cut = std::make_shared<SparseFile>(2880);
  std::string block = header({"SIMPLE  = T"});
  block.replace(80, 3, "XXX");
  cut->put(0, block);
  EXPECT_EQ(text_of(cut).error().code(), EIO) << "a header without END";
  EXPECT_EQ(text_of(std::make_shared<SparseFile>(0)).error().code(), EIO);
}

TEST(HeaderTextTest, AHeaderWithoutAnEndDoesNotFillTheMemory) {
  class Endless : public SparseFile {
   public:
    using SparseFile::SparseFile;
    Cancel read(std::uint64_t, std::size_t size, Done<cache::Bytes> done) override {
      std::string text;
      while (text.size() < size) text += card("SIMPLE  = T");
      done(slice(text, 0, size));
      return {};
    }
  };
  const auto text = text_of(std::make_shared<Endless>(1ULL << 40U));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), EFBIG);
}

TEST(HeaderTextTest, WhatFollowsTheLastHduIsLeftOut) {
  auto file = std::make_shared<SparseFile>(2 * 2880 + 100);
  file->put(0, header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"}));
  const auto text = text_of(file);
  ASSERT_TRUE(text) << text.error().what();
  EXPECT_EQ(*text, "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 0\nEND\n");
}

TEST(HeaderTextTest, BytesThatAreNoTextAreShownAsQuestionMarks) {
  auto file = std::make_shared<SparseFile>(2880);
  file->put(0, header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "OBJECT  = 'a\x1b[2Jb\xE9'"}));
  const auto text = text_of(file);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("OBJECT  = 'a?[2Jb?'"), std::string::npos);
}

TEST(HeaderTextTest, ItWaitsWithoutAThreadAndCanBeCancelled) {
  auto file = std::make_shared<SparseFile>(2880);
  file->put(0, header({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"}));
  file->hold = true;
  std::optional<Result<std::string>> answer;
  const auto ask = [&] {
    return header_text(file, [&](Result<std::string> text) { answer = std::move(text); });
  };
  const auto first = ask();
  EXPECT_FALSE(answer);
  first();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EINTR);
  answer.reset();
  (void)ask();
  EXPECT_FALSE(answer);
  std::exchange(file->waiting, nullptr)();
  ASSERT_TRUE(answer && *answer);
}

}  // namespace
}  // namespace esofs::fs
