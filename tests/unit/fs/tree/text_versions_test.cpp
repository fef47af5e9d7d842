#include "fs/tree/text_versions.h"

#include <gtest/gtest.h>

namespace esofs::fs {
namespace {

class TextVersionsTest : public ::testing::Test {
 protected:
  TextVersionsTest() { versions_.shown(); }
  // Of a handle that is opened now.
  TextBase opened(bool append = false) const { return {versions_.base(), append}; }
  void read() { versions_.read(versions_.base()); }
  void another_mount_saves() { versions_.changed(); }
  bool outdated(const TextBase& of = {}) const { return versions_.outdated(of, false); }

  TextVersions versions_;
};

TEST_F(TextVersionsTest, WhatWasReadReplacesNoNewerText) {
  read();
  EXPECT_FALSE(outdated());
  another_mount_saves();
  versions_.shown();
  EXPECT_TRUE(outdated());
  read();
  EXPECT_FALSE(outdated());
}

TEST_F(TextVersionsTest, AMountThatHasReadNothingReplacesAnyText) {
  another_mount_saves();
  EXPECT_FALSE(outdated());
  EXPECT_TRUE(versions_.replaces_any({}));
}

TEST_F(TextVersionsTest, AnEmptyTextIsReplacedByAny) {
  read();
  another_mount_saves();
  EXPECT_FALSE(versions_.outdated({}, true));
  versions_.begun(true);
  EXPECT_FALSE(outdated(opened())) << "the program may continue once something is saved";
  versions_.saved(opened());
  another_mount_saves();
  EXPECT_TRUE(outdated());
}

TEST_F(TextVersionsTest, AHandleWritesIntoTheTextThatItWasOpenedWith) {
  const auto before = opened();
  another_mount_saves();
  versions_.shown();
  read();
  EXPECT_TRUE(outdated(before));
  EXPECT_FALSE(outdated(opened()));
}

TEST_F(TextVersionsTest, AppendedLinesFollowTheNewestText) {
  const auto lines = opened(true);
  another_mount_saves();
  EXPECT_TRUE(outdated(lines)) << "the file shows other unsaved changes";
  versions_.shown();
  EXPECT_FALSE(outdated(lines));
}

TEST_F(TextVersionsTest, AppendingIsNotReading) {
  read();
  another_mount_saves();
  versions_.shown();
  versions_.saved(opened(true));
  EXPECT_TRUE(outdated());
}

TEST_F(TextVersionsTest, WhatWasDroppedIsNotCalledSaved) {
  read();
  const auto rewritten = opened();
  const auto lines = opened(true);
  versions_.dropped();
  EXPECT_TRUE(outdated(rewritten));
  EXPECT_TRUE(outdated(lines));
  EXPECT_FALSE(outdated()) << "the text that was read is still the newest";
}

TEST_F(TextVersionsTest, UnsavedTextOfNoVersionDoesNotCountAsRead) {
  versions_.begun(false);
  read();
  another_mount_saves();
  EXPECT_FALSE(outdated());
}

}  // namespace
}  // namespace esofs::fs
