// The files of one directory of links: which rows are files, and their names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/safe_name.h"
#include "tests/unit/fs/datasets/links_fixture.h"

namespace esofs::tests {
namespace {

class LinkTableTest : public LinksFixture {};

TEST_F(LinkTableTest, AListThatFailsIsAFailureAndNotAShortDirectory) {
  put({link("#progenitor", kLinksPrefix + kId + "&INCLUDE=progenitor", "application/x-votable+xml"),
       link("#progenitor", kFilePrefix + kOtherId, "application/fits")});
  EXPECT_EQ(refused("progenitors").code(), ENOENT) << "the fake catalog's answer for what nobody put there";
}

TEST_F(LinkTableTest, LinksToThemselvesEnd) {
  const std::string self = kLinksPrefix + kId;
  const std::string list_url = self + "&INCLUDE=auxiliary";
  put({link("#auxiliary", self, "application/x-votable+xml;content=datalink"),
       link("#auxiliary", list_url, "application/x-votable+xml"),
       link("#auxiliary", kFilePrefix + kOtherId, "image/png")});
  catalog_.put_links(list_url, answer({link("#auxiliary", list_url, "application/x-votable+xml"),
                                       link("#auxiliary", kFilePrefix + kThird, "image/png")}));
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{kOtherId + ".png", kThird + ".png"}));
}

TEST_F(LinkTableTest, OriginalNamesCanBeShownAndBothAreFound) {
  put({link("#auxiliary", kFilePrefix + kOtherId, "image/png", "same.png"),
       link("#auxiliary", kFilePrefix + kThird, "image/png", "same.png"),
       link("#auxiliary", "http://archive/plain.png", "image/png")});
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{kOtherId + ".png", kThird + ".png", "plain.png"}));
  EXPECT_EQ(walk({"datasets", kId, "auxiliary", "same.png"}),
            walk({"datasets", kId, "auxiliary", kOtherId + ".png"}));
  EXPECT_EQ(walk({"datasets", kId, "auxiliary", "same-2.png"}),
            walk({"datasets", kId, "auxiliary", kThird + ".png"}));
  remount(fs::NameStyle::kOriginal);
  EXPECT_EQ(in("auxiliary"), (std::vector<std::string>{"same.png", "same-2.png", "plain.png"}));
  EXPECT_EQ(walk({"datasets", kId, "auxiliary", "same-2.png"}),
            walk({"datasets", kId, "auxiliary", kThird + ".png"}));
}

TEST_F(LinkTableTest, AnotherHostsFileIsNotTakenForTheArchives) {
  put({link("#auxiliary", "http://evil/file/" + kOtherId, "application/fits")});
  const auto names = in("auxiliary");
  ASSERT_EQ(names.size(), 1U);
  EXPECT_NE(walk({"datasets", kId, "auxiliary", names.front()}),
            walk({"datasets", kOtherId, kOtherId + ".fits"}));
}

TEST_F(LinkTableTest, NoNameLeavesItsDirectory) {
  std::vector<client::Link> rows;
  int number = 0;
  for (const std::string& name :
       {std::string("../../x"), std::string("/etc/passwd"), std::string(".."), std::string("."),
        std::string("a\0b", 3), std::string("a\nb\x1b[2J"), std::string(10'000, 'x') + ".png",
        std::string("\xff\xfe"), std::string("same"), std::string("same")})
    rows.push_back(link("#auxiliary", "http://h/" + std::to_string(number++) + ".png", "image/png", name));
  rows.push_back(link("#auxiliary", "http://h/..%2f..%2fup.png", "image/png"));
  const auto count = rows.size();
  put(std::move(rows));
  for (const auto style : {fs::NameStyle::kArchive, fs::NameStyle::kOriginal, fs::NameStyle::kSafe}) {
    remount(style);
    auto names = in("auxiliary");
    EXPECT_EQ(names.size(), count);
    for (const auto& name : names) {
      EXPECT_EQ(name, safe_name(name));
      EXPECT_NE(walk({"datasets", kId, "auxiliary", name}), 0U) << name;
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  }
}

TEST_F(LinkTableTest, AnAnswerOfManyRowsIsListedQuickly) {
  std::vector<client::Link> rows;
  for (int i = 0; i < 100'000; ++i)
    rows.push_back(link("#auxiliary", "http://h/" + std::to_string(i) + "/same.png", "image/png", "same"));
  put(std::move(rows));
  const auto names = in("auxiliary");
  ASSERT_EQ(names.size(), 100'000U);
  EXPECT_EQ(names[99'999], "same-100000.png");
  EXPECT_NE(walk({"datasets", kId, "auxiliary", "same-77777.png"}), 0U);
}

}  // namespace
}  // namespace esofs::tests
