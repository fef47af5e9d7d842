#include "cache/content/disk/content_key.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

const FileId kFile{"archive", "id\nhttp://host/f"};

TEST(ContentKey, TheTextIsThatOfEarlierPrograms) {
  EXPECT_EQ(ContentKey({kFile, "100 v1"}).text(), "archive\nid\nhttp://host/f\n100 v1");
  EXPECT_EQ(ContentKey({kFile, "100 v1", Login{"jdoe"}}).text(),
            "archive\nid\nhttp://host/f\n100 v1\nfor jdoe");
  EXPECT_EQ(ContentKey({kFile, "100 v1", Login{"jdoe"}}).plain().text(),
            "archive\nid\nhttp://host/f\n100 v1\nfor jdoe+plain");
  EXPECT_EQ(ContentKey({kFile, "100 v1", Login{"jdoe"}, true}),
            ContentKey({kFile, "100 v1", Login{"jdoe"}}).plain());
}

TEST(ContentKey, WhatIsOnDiskIsReadBack) {
  for (const std::string& login : {std::string(), std::string("jdoe")}) {
    const ContentKey key({kFile, "? v\n1-2-3", Login{login}});
    const auto decoded = ContentKey::decoded(key.text(), kFile, Login{login});
    EXPECT_EQ(decoded, key);
    EXPECT_EQ(decoded.login().name, login);
    EXPECT_EQ(decoded.plain(), key.plain());
    EXPECT_EQ(decoded.shared_text("here"), key.shared_text("here"));
  }
}

TEST(ContentKey, ATextOfAnotherFormStaysAsItIs) {
  const auto key = ContentKey::decoded("something", kFile, Login{"jdoe"});
  EXPECT_EQ(key.text(), "something");
  EXPECT_EQ(key.login().name, "jdoe");
  EXPECT_EQ(key.shared_text("here"), "something");
}

TEST(ContentKey, UsersOfOneFileShareWhatTheirLoginsDoNotChange) {
  const ContentKey anna({{"archive of 1", "f"}, "v1", Login{"anna"}});
  const ContentKey ben({{"archive of 2", "f"}, "v1", Login{"ben"}});
  EXPECT_EQ(anna.shared_text("archive"), ben.shared_text("archive"));
  EXPECT_EQ(anna.shared_text("archive"), ContentKey({{"archive", "f"}, "v1"}).text());
  EXPECT_EQ(anna.plain().shared_text("archive"), "archive\nf\nv1+plain");
}

TEST(ContentKey, NamesOfFilesOnDiskStayAsTheyAre) {
  EXPECT_EQ(ContentKey("ADP.2018\nv1").hex(), "cfa31be8147656a034df10517726768d");
  EXPECT_EQ(ContentKey("").hex(), "efd01f60ba9929266bcb9d63eb8eab8b");
}

}  // namespace
}  // namespace esofs::cache
