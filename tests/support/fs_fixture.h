// FsFixture: a Filesystem over the fakes, with verbs for its tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/model/identifiers.h"
#include "fs/kernel/filesystem.h"
#include "fs/root.h"
#include "fs/tree/context.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/fake_file_cache.h"
#include "tests/support/fake_timer.h"
#include "tests/support/temp_dir.h"

namespace esofs::tests {

// ADP.… are identifiers, as at ESO. links, files: what the URLs of DataLink and of files begin with.
inline std::shared_ptr<const client::Identifiers> fake_ids(const std::string& links = "",
                                                           const std::string& files = "") {
  client::Profile profile;
  profile.ids = {R"(ADP\.[0-9-]{10}T[0-9:.]{12})"};
  if (!links.empty()) profile.datalink_pattern = links + "{id}";
  if (!files.empty()) profile.file_pattern = files + "{id}";
  return std::make_shared<const client::Identifiers>(std::move(profile));
}

inline const std::string kId = "ADP.2018-06-21T20:32:57.736";
inline const std::string kOtherId = "ADP.2018-06-21T20:32:57.737";
inline const std::string kAdql = "SELECT * FROM ivoa.ObsCore";

class FsFixture : public ::testing::Test {
 protected:
  FsFixture() {
    listing_->add(kId);
    listing_->add(kOtherId);
    catalog_.put(kAdql, listing_);
    cache_.put(kId, {});
    cache_.put(kOtherId, {100'000, "v1", ""});
    client::FileSource source;
    source.original_name = kId + ".fits";
    catalog_.put_source(kId, source);
    mount();
  }
  ~FsFixture() override {
    catalog_.release();
    cache_.release_opens();
    cache_.release_reads();
  }

  fs::Config config() const {
    fs::Config config;
    config.archive_name = "fake";
    config.archive_title = "The Fake Archive";
    config.limits = {"It has two datasets."};
    config.queries_dir = temp_.path() / "queries";
    config.version = "esofs test";
    config.config_json = "{}";
    config.ids = fake_ids();
    config.now = [] { return std::int64_t{1'700'000'000}; };
    return config;
  }
  void mount() { mount(config()); }
  void mount(fs::Config config) {
    fs_.reset();
    root_.reset();
    config.status.insert(config.status.begin(), {"filesystem", [this] { return fs_->status(); }});
    context_ = std::make_unique<fs::Context>(std::move(config), catalog_, cache_, timer_);
    root_ = std::make_unique<fs::Root>(*context_);
    fs_ = std::make_unique<fs::Filesystem>(*context_, root_->node());
  }

  // --- verbs; the answer must be there at once ---
  template <class T>
  static Result<T> now(std::optional<Result<T>> answer) {
    if (!answer) return Error(EINPROGRESS, "not answered at once");
    return *std::move(answer);
  }
  Result<fs::Entry> lookup(std::uint64_t parent, const std::string& name) {
    std::optional<Result<fs::Entry>> answer;
    fs_->lookup(parent, name, [&](Result<fs::Entry> entry) { answer = std::move(entry); });
    return now(std::move(answer));
  }
  // The inode of a path; fails the test and returns 0 if there is none.
  std::uint64_t walk(const std::vector<std::string>& path) {
    std::uint64_t ino = fs::kRootInode;
    for (const auto& name : path) {
      auto entry = lookup(ino, name);
      if (!entry || entry->ino == 0) {
        ADD_FAILURE() << name << ": " << (entry ? "negative" : entry.error().what());
        return 0;
      }
      ino = entry->ino;
    }
    return ino;
  }
  Result<fs::Opened> open(std::uint64_t ino, int flags = O_RDONLY) {
    std::optional<Result<fs::Opened>> answer;
    fs_->open(ino, flags, {}, [&](Result<fs::Opened> opened) { answer = std::move(opened); });
    return now(std::move(answer));
  }
  Result<fs::Opened> opendir(std::uint64_t ino) {
    std::optional<Result<fs::Opened>> answer;
    fs_->opendir(ino, [&](Result<fs::Opened> opened) { answer = std::move(opened); });
    return now(std::move(answer));
  }
  Result<fs::Bytes> read(std::uint64_t handle, std::uint64_t offset, std::size_t size) {
    std::optional<Result<fs::Bytes>> answer;
    fs_->read(handle, offset, size, [&](Result<fs::Bytes> bytes) { answer = std::move(bytes); });
    return now(std::move(answer));
  }
  std::vector<std::string> names(std::uint64_t handle, std::uint64_t offset = 0, bool plus = true) {
    std::vector<std::string> names;
    auto read = fs_->readdir(handle, offset, plus, [&](const fs::DirectoryEntry& entry) {
      if (entry.name != "." && entry.name != "..") names.push_back(entry.name);
      return true;
    });
    EXPECT_TRUE(read) << read.error().what();
    return names;
  }
  std::vector<std::string> list(const std::vector<std::string>& path) {
    auto opened = opendir(walk(path));
    EXPECT_TRUE(opened) << opened.error().what();
    if (!opened) return {};
    auto listed = names(opened->handle);
    fs_->releasedir(opened->handle);
    return listed;
  }
  std::string cat(std::uint64_t ino) {
    auto opened = open(ino);
    if (!opened) return "failed: " + opened.error().what();
    auto bytes = read(opened->handle, 0, 1U << 20U);
    fs_->release(opened->handle);
    if (!bytes) return "failed: " + bytes.error().what();
    std::string text;
    for (const std::byte b : *bytes) text.push_back(static_cast<char>(b));
    return text;
  }
  std::string cat(const std::vector<std::string>& path) { return cat(walk(path)); }
  Result<void> write(std::uint64_t handle, const std::string& text, std::uint64_t offset = 0) {
    std::optional<Result<std::size_t>> answer;
    fs_->write(handle, offset, std::as_bytes(std::span(text)),
               [&](Result<std::size_t> size) { answer = std::move(size); });
    auto written = now(std::move(answer));
    if (!written) return written.error();
    return {};
  }
  Result<void> flush(std::uint64_t handle) {
    std::optional<Result<void>> answer;
    fs_->flush(handle, [&](Result<void> flushed) { answer = std::move(flushed); });
    return now(std::move(answer));
  }
  Result<void> rmdir(std::uint64_t parent, const std::string& name) {
    std::optional<Result<void>> answer;
    fs_->rmdir(parent, name, [&](Result<void> removed) { answer = std::move(removed); });
    return now(std::move(answer));
  }
  // close(2)
  Result<void> close(std::uint64_t handle) {
    auto flushed = flush(handle);
    fs_->release(handle);
    return flushed;
  }
  // echo TEXT > queries/NAME/query.adql, with mkdir
  void save(const std::string& name, const std::string& text) {
    const auto queries = walk({"queries"});
    (void)fs_->mkdir(queries, name);
    auto opened = open(walk({"queries", name, "query.adql"}), O_WRONLY | O_TRUNC);
    ASSERT_TRUE(opened) << opened.error().what();
    ASSERT_TRUE(write(opened->handle, text));
    ASSERT_TRUE(close(opened->handle));
  }
  // What the store has on disk; "absent".
  std::string on_disk(const std::string& name) const {
    auto saved = fs::QueryStore(temp_.path() / "queries").load(name);
    return saved ? saved->text : "absent";
  }

  TempDir temp_;
  FakeTimer timer_;
  FakeCatalog catalog_;
  FakeFileCache cache_;
  std::shared_ptr<FakeListing> listing_ = std::make_shared<FakeListing>();
  std::unique_ptr<fs::Context> context_;
  std::unique_ptr<fs::Root> root_;
  std::unique_ptr<fs::Filesystem> fs_;
};

}  // namespace esofs::tests
