#include "client/services/many_links.h"

#include <gtest/gtest.h>

namespace esofs::client {
namespace {

Link row(const std::string& id, const std::string& url) {
  Link link;
  link.id = id;
  link.semantics = "#this";
  link.access_url = url;
  return link;
}

TEST(ManyLinksTest, TheIdIsRepeated) {
  EXPECT_EQ(many_links_url("https://a/links?ID=ivo://eso.org/ID?{id}", {"ADP.2018-06-21T20:32:57.736", "B"}),
            "https://a/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736&ID=ivo://eso.org/ID?B");
  EXPECT_EQ(many_links_url("https://a/links?ID={id}", {"A b&c"}), "https://a/links?ID=A%20b%26c");
}

TEST(ManyLinksTest, OtherPatternsAreForOneIdOnly) {
  for (const char* pattern : {"https://a/links/{id}", "https://a/links?ID={id}&x=y",
                              "https://a/links?x=y&ID={id}", "https://a/links?name={id}", ""})
    EXPECT_EQ(many_links_url(pattern, {"A"}), "") << pattern;
}

TEST(ManyLinksTest, EachIdGetsItsRows) {
  Links links;
  links.services.emplace_back();
  links.rows = {row("ivo://eso.org/ID?B", "b"), row("ivo://eso.org/ID?A", "a"), row("A", "a2"),
                row("ivo://eso.org/ID?xA", "other"), row("C", "c")};
  const auto parts = divided_links(links, {"A", "B", "D"});
  ASSERT_EQ(parts.size(), 3U);
  ASSERT_EQ(parts[0].rows.size(), 2U);
  EXPECT_EQ(parts[0].rows[0].access_url, "a");
  EXPECT_EQ(parts[0].rows[1].access_url, "a2");
  ASSERT_EQ(parts[1].rows.size(), 1U);
  EXPECT_TRUE(parts[2].rows.empty());
  EXPECT_EQ(parts[0].services.size(), 1U);
}

TEST(ManyLinksTest, AServiceThatAnswersForOneIsNotAskedForManyAgain) {
  ManyLinksLuck luck;
  EXPECT_TRUE(luck.worth_asking());
  luck.answered(10, 10);
  luck.failed();
  EXPECT_TRUE(luck.worth_asking()) << "once may be chance";
  luck.answered(10, 1);
  EXPECT_FALSE(luck.worth_asking());
}

TEST(ManyLinksTest, AServiceThatRefusesIsGivenUp) {
  ManyLinksLuck luck;
  luck.failed();
  luck.failed();
  EXPECT_FALSE(luck.worth_asking());
}

}  // namespace
}  // namespace esofs::client
