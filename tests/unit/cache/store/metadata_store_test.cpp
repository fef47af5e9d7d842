#include "cache/store/metadata_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cache/store/lmdb_txn.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

namespace fs = std::filesystem;

class MetadataStoreTest : public ::testing::Test {
 protected:
  static std::unique_ptr<MetadataStore> open(const fs::path& directory,
                                             std::uint64_t map_bytes = 1ULL << 30U) {
    auto store = MetadataStore::open({directory, map_bytes});
    EXPECT_TRUE(store) << store.error().what();
    return store ? std::move(*store) : nullptr;
  }
  static std::optional<std::string> get(MetadataStore& store, Shelf shelf, std::string_view key) {
    auto value = store.get(shelf, key);
    EXPECT_TRUE(value) << value.error().what();
    return value ? *value : std::nullopt;
  }
  static std::vector<std::string> keys(MetadataStore& store, Shelf shelf, std::string_view from) {
    std::vector<std::string> found;
    EXPECT_TRUE(store.scan(shelf, from, [&](std::string_view key, std::string_view) {
      found.emplace_back(key);
      return true;
    }));
    return found;
  }
  // Runs `work` in another process; its return value is the exit status.
  template <class Work>
  static int in_child(const Work& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
  }

  tests::TempDir dir_;
};

TEST_F(MetadataStoreTest, WhatIsPutIsFoundAndSurvivesReopening) {
  {
    auto store = open(dir_ / "cache");
    ASSERT_TRUE(store->put(Shelf::kLinks, "a", "one"));
    ASSERT_TRUE(store->put(Shelf::kLinks, "b", std::string(100'000, 'x')));
    ASSERT_TRUE(store->put(Shelf::kFiles, "a", ""));
    ASSERT_TRUE(store->erase(Shelf::kLinks, "never there"));
  }
  auto store = open(dir_ / "cache");
  EXPECT_EQ(get(*store, Shelf::kLinks, "a"), "one");
  EXPECT_EQ(get(*store, Shelf::kLinks, "b"), std::string(100'000, 'x'));
  EXPECT_EQ(get(*store, Shelf::kFiles, "a"), "");
  EXPECT_EQ(get(*store, Shelf::kFiles, "b"), std::nullopt);
  ASSERT_TRUE(store->erase(Shelf::kLinks, "a"));
  EXPECT_EQ(get(*store, Shelf::kLinks, "a"), std::nullopt);
}

TEST_F(MetadataStoreTest, TheDirectoryIsForItsOwnerOnly) {
  auto store = open(dir_ / "deep/er/cache");
  EXPECT_EQ(fs::status(dir_ / "deep/er/cache").permissions(), fs::perms::owner_all);
}

TEST_F(MetadataStoreTest, LongKeysAreToldApartByTheirEnds) {
  auto store = open(dir_.path());
  const std::string stem(5000, 'k');
  for (const std::string end : {"1", "2", "3"})
    ASSERT_TRUE(store->put(Shelf::kSources, stem + end, "value " + end));
  EXPECT_EQ(get(*store, Shelf::kSources, stem + "2"), "value 2");
  EXPECT_EQ(get(*store, Shelf::kSources, stem + "4"), std::nullopt);
  ASSERT_TRUE(store->erase(Shelf::kSources, stem + "1"));
  EXPECT_EQ(get(*store, Shelf::kSources, stem + "1"), std::nullopt);
  auto found = keys(*store, Shelf::kSources, stem.substr(0, 100));
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{stem + "2", stem + "3"}));
}

TEST_F(MetadataStoreTest, KeysOfEveryLengthAroundTheLimitWork) {
  auto store = open(dir_.path());
  for (std::size_t size = 480; size <= 520; ++size)
    ASSERT_TRUE(store->put(Shelf::kRows, std::string(size, 'r'), std::to_string(size)));
  for (std::size_t size = 480; size <= 520; ++size)
    EXPECT_EQ(get(*store, Shelf::kRows, std::string(size, 'r')), std::to_string(size));
}

TEST_F(MetadataStoreTest, AnEmptyKeyIsRefused) {
  auto store = open(dir_.path());
  EXPECT_EQ(store->put(Shelf::kRows, "", "x").error().code(), EINVAL);
  EXPECT_EQ(store->get(Shelf::kRows, "").error().code(), EINVAL);
}

TEST_F(MetadataStoreTest, AScanGoesInKeyOrderFromAKeyUntilItIsStopped) {
  auto store = open(dir_.path());
  auto batch = store->batch();
  ASSERT_TRUE(batch);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE((*batch)->put(Shelf::kEntries, std::to_string(10'000 + i), "v"));
  ASSERT_TRUE((*batch)->commit());
  const auto all = keys(*store, Shelf::kEntries, "");
  ASSERT_EQ(all.size(), 5000U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(keys(*store, Shelf::kEntries, "14990").size(), 10U);
  EXPECT_EQ(keys(*store, Shelf::kEntries, "149905").front(), "14991");
  int seen = 0;
  ASSERT_TRUE(
      store->scan(Shelf::kEntries, "", [&](std::string_view, std::string_view) { return ++seen < 7; }));
  EXPECT_EQ(seen, 7);
}

TEST_F(MetadataStoreTest, ABatchIsAllOrNothingAndSeesItsOwnWrites) {
  auto store = open(dir_.path());
  ASSERT_TRUE(store->put(Shelf::kNumbers, "old", "1"));
  {
    auto batch = store->batch();
    ASSERT_TRUE((*batch)->put(Shelf::kNumbers, "new", "2"));
    ASSERT_TRUE((*batch)->erase(Shelf::kNumbers, "old"));
    EXPECT_EQ(*(*batch)->get(Shelf::kNumbers, "new"), "2");
    EXPECT_EQ(*(*batch)->get(Shelf::kNumbers, "old"), std::nullopt);
    EXPECT_EQ(get(*store, Shelf::kNumbers, "new"), std::nullopt);
  }
  EXPECT_EQ(get(*store, Shelf::kNumbers, "old"), "1");
  auto batch = store->batch();
  ASSERT_TRUE((*batch)->put(Shelf::kNumbers, "new", "2"));
  ASSERT_TRUE((*batch)->commit());
  EXPECT_EQ(get(*store, Shelf::kNumbers, "new"), "2");
}

TEST_F(MetadataStoreTest, ManyRecordsAreWrittenAllOrNone) {
  auto store = open(dir_.path());
  const std::string long_key(600, 'k');
  ASSERT_TRUE(store->put_all({{Shelf::kNames, "b", "1"},
                              {Shelf::kRows, "r", "2"},
                              {Shelf::kNames, "a", "3"},
                              {Shelf::kNames, long_key, "4"},
                              {Shelf::kNames, "b", "5"}}));
  EXPECT_EQ(keys(*store, Shelf::kNames, ""), (std::vector<std::string>{"a", "b", long_key}));
  EXPECT_EQ(get(*store, Shelf::kNames, "b"), "5");
  EXPECT_EQ(get(*store, Shelf::kNames, long_key), "4");
  EXPECT_EQ(get(*store, Shelf::kRows, "r"), "2");
  EXPECT_EQ(store->put_all({{Shelf::kNames, "c", "6"}, {Shelf::kNames, "", "7"}}).error().code(), EINVAL);
  EXPECT_EQ(get(*store, Shelf::kNames, "c"), std::nullopt);
}

TEST_F(MetadataStoreTest, ManyRecordsGrowAMapThatIsFull) {
  auto store = open(dir_.path(), 1);
  std::vector<MetadataStore::Record> records;
  for (int i = 0; i < 200; ++i)
    records.push_back({Shelf::kLinks, std::to_string(i), std::string(100'000, 'v')});
  const auto written = store->put_all(records);
  ASSERT_TRUE(written) << written.error().what();
  EXPECT_EQ(keys(*store, Shelf::kLinks, "").size(), 200U);
}

TEST_F(MetadataStoreTest, TheMapGrowsWhenItIsFull) {
  auto store = open(dir_.path(), 1);
  const std::string value(100'000, 'v');
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(store->put(Shelf::kLinks, std::to_string(i), value));
  auto batch = store->batch();
  for (int i = 100; i < 200; ++i) ASSERT_TRUE((*batch)->put(Shelf::kLinks, std::to_string(i), value));
  auto committed = (*batch)->commit();
  ASSERT_TRUE(committed) << committed.error().what();
  EXPECT_EQ(keys(*store, Shelf::kLinks, "").size(), 140U);
}

TEST_F(MetadataStoreTest, ProcessesShareADirectoryEvenWhenOneOutgrowsTheMapOfTheOther) {
  auto store = open(dir_.path(), 1);
  ASSERT_TRUE(store->put(Shelf::kLinks, "mine", "1"));
  EXPECT_EQ(get(*store, Shelf::kLinks, "mine"), "1");
  const fs::path directory = dir_.path();
  EXPECT_EQ(in_child([&directory] {
              auto other = MetadataStore::open({directory, 1});
              if (!other) return 1;
              for (int i = 0; i < 100; ++i) {
                if (!(*other)->put(Shelf::kLinks, "theirs" + std::to_string(i), std::string(50'000, 't')))
                  return 2;
              }
              auto seen = (*other)->get(Shelf::kLinks, "mine");
              return seen && *seen == "1" ? 0 : 3;
            }),
            0);
  EXPECT_EQ(get(*store, Shelf::kLinks, "theirs99"), std::string(50'000, 't'));
  ASSERT_TRUE(store->put(Shelf::kLinks, "after", "2"));
  EXPECT_EQ(get(*store, Shelf::kLinks, "after"), "2");
}

TEST_F(MetadataStoreTest, AProcessThatDiesLeavesWhatItCommittedAndNoLock) {
  const fs::path directory = dir_.path();
  EXPECT_EQ(in_child([&directory] {
              auto store = MetadataStore::open({directory, 1U << 30U});
              if (!store || !(*store)->put(Shelf::kRows, "kept", "1")) return 1;
              auto batch = (*store)->batch();
              if (!batch || !(*batch)->put(Shelf::kRows, "lost", "1")) return 2;
              return 0;  // _exit: nothing is closed
            }),
            0);
  auto store = open(directory);
  EXPECT_EQ(get(*store, Shelf::kRows, "kept"), "1");
  EXPECT_EQ(get(*store, Shelf::kRows, "lost"), std::nullopt);
  ASSERT_TRUE(store->put(Shelf::kRows, "next", "2"));
  int users = 0;
  for (const auto& file : fs::directory_iterator(directory))
    users += file.path().filename().string().rfind("meta.user-", 0) == 0 ? 1 : 0;
  EXPECT_EQ(users, 1);
}

TEST_F(MetadataStoreTest, ASecondStoreOfOneProcessOnADirectoryIsRefused) {
  auto store = open(dir_.path());
  auto second = MetadataStore::open({dir_.path()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), EBUSY);
  store.reset();
  EXPECT_TRUE(open(dir_.path()));
}

int count_aside(const fs::path& directory) {
  int count = 0;
  for (const auto& file : fs::directory_iterator(directory))
    count += file.path().filename().string().rfind("meta.old-", 0) == 0 ? 1 : 0;
  return count;
}

TEST_F(MetadataStoreTest, AFileThatLmdbCannotReadIsSetAside) {
  fs::create_directories(dir_ / "meta");
  std::ofstream(dir_ / "meta/data.mdb") << std::string(100'000, 'j');
  auto store = open(dir_.path());
  ASSERT_TRUE(store->put(Shelf::kRows, "a", "1"));
  EXPECT_EQ(count_aside(dir_.path()), 1);
}

TEST_F(MetadataStoreTest, AFileThatWasCutIsSetAside) {
  {
    auto store = open(dir_.path());
    ASSERT_TRUE(store->put(Shelf::kRows, "a", std::string(8U << 20U, 'x')));
  }
  fs::resize_file(dir_ / "meta/data.mdb", 64 * 1024);
  auto store = open(dir_.path());
  EXPECT_EQ(get(*store, Shelf::kRows, "a"), std::nullopt);
  EXPECT_EQ(count_aside(dir_.path()), 1);
}

TEST_F(MetadataStoreTest, AFileThatWasCutAnywhereIsWholeOrSetAside) {
  {
    auto store = open(dir_.path());
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(store->put(Shelf::kRows, "key" + std::to_string(i), std::string(1000, 'x')));
      ASSERT_TRUE(store->put(Shelf::kLinks, "key" + std::to_string(i), std::string(10'000, 'x')));
    }
  }
  const fs::path whole = dir_ / "whole.mdb";
  const fs::path file = dir_ / "meta/data.mdb";
  fs::copy_file(file, whole);
  const auto size = fs::file_size(whole);
  ASSERT_LT(size, 10U << 20U);
  for (std::uint64_t cut = size / 23; cut < size; cut += size / 23) {
    fs::copy_file(whole, file, fs::copy_options::overwrite_existing);
    fs::resize_file(file, cut);
    const int aside = count_aside(dir_.path());
    auto store = open(dir_.path());  // in this process: SIGBUS would end it
    ASSERT_TRUE(store) << cut;
    ASSERT_TRUE(store->put(Shelf::kRows, "new", "1")) << cut;
    // Nothing is missing where only free pages were lost.
    const bool kept = count_aside(dir_.path()) == aside;
    EXPECT_EQ(keys(*store, Shelf::kRows, "").size(), kept ? 201U : 1U) << cut;
    for (int i = 0; kept && i < 200; ++i)
      EXPECT_EQ(get(*store, Shelf::kLinks, "key" + std::to_string(i)), std::string(10'000, 'x')) << cut;
    EXPECT_TRUE(!kept || cut > size / 2) << cut;
  }
}

TEST_F(MetadataStoreTest, AStoreThatEndedItsProcessIsSetAside) {
  const fs::path directory = dir_.path();
  // The file is cut while it is in use; the next look at a page that is gone is a SIGBUS.
  const int ended = in_child([&directory] {
    auto store = MetadataStore::open({directory, 1U << 30U});
    if (!store) return 2;
    for (int i = 0; i < 100; ++i)
      if (!(*store)->put(Shelf::kRows, std::to_string(i), std::string(5000, 'x'))) return 3;
    fs::resize_file(directory / "meta/data.mdb", 8192);
    for (int i = 0; i < 100; ++i) (void)(*store)->get(Shelf::kRows, std::to_string(i));
    return 4;
  });
  EXPECT_TRUE(ended == 255 || ended == 1 || ended == 66)
      << ended;  // by the signal; as ASan, as TSan end for it
  auto store = open(dir_.path());
  ASSERT_TRUE(store->put(Shelf::kRows, "new", "1"));
  EXPECT_EQ(count_aside(dir_.path()), 1);
}

TEST_F(MetadataStoreTest, AStoreThatLmdbFindsDamagedIsSetAsideByTheNextProcess) {
  const fs::path directory = dir_.path();
  const fs::path file = directory / "meta/data.mdb";
  {
    auto store = open(directory);
    for (int i = 0; i < 300; ++i)
      ASSERT_TRUE(store->put(Shelf::kRows, std::to_string(i), std::string(500, 'x')));
  }
  // The heads of the pages of records: LMDB looks at them when it needs them.
  constexpr std::streamoff kPage = 4096;
  std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
  std::string page(kPage, '\0');
  int damaged = 0;
  for (std::streamoff at = 0; damage.seekg(at).read(page.data(), kPage); at += kPage) {
    const bool leaf = page[10] == 2;  // mp_flags of mdb.c
    if (!leaf || page.find("xxxx") == std::string::npos || page.find("esofs") != std::string::npos) continue;
    damage.seekp(at + 8) << std::string(8, '\xff');
    ++damaged;
  }
  damage.close();
  ASSERT_GT(damaged, 20);
  (void)in_child([&directory] {
    auto store = MetadataStore::open({directory, 1U << 30U});
    if (!store) return 1;
    for (int i = 0; i < 300; ++i) {
      (void)(*store)->get(Shelf::kRows, std::to_string(i));
      (void)(*store)->put(Shelf::kRows, std::to_string(i), "other");
    }
    return 0;
  });
  auto store = open(directory);
  ASSERT_TRUE(store->put(Shelf::kRows, "new", "1"));
  EXPECT_EQ(keys(*store, Shelf::kRows, "").size(), 1U);
  EXPECT_EQ(count_aside(directory), 1);
}

TEST_F(MetadataStoreTest, AnUnknownFormatIsSetAside) {
  {
    auto store = open(dir_.path());
    ASSERT_TRUE(store->put(Shelf::kRows, "a", "1"));
  }
  {
    MDB_env* made = nullptr;
    ASSERT_EQ(mdb_env_create(&made), 0);
    const LmdbEnv env(made);
    mdb_env_set_maxdbs(made, 20);
    ASSERT_EQ(mdb_env_open(made, (dir_ / "meta").c_str(), 0, 0600), 0);
    LmdbTxn txn;
    ASSERT_EQ(begin_txn(made, 0, txn), 0);
    MDB_dbi head = 0;
    ASSERT_EQ(mdb_dbi_open(txn.get(), "esofs", 0, &head), 0);
    MDB_val key = value_of("format");
    MDB_val value = value_of("99");
    ASSERT_EQ(mdb_put(txn.get(), head, &key, &value, 0), 0);
    ASSERT_EQ(commit_txn(std::move(txn)), 0);
  }
  auto store = open(dir_.path());
  EXPECT_EQ(get(*store, Shelf::kRows, "a"), std::nullopt);
  EXPECT_EQ(count_aside(dir_.path()), 1);
}

TEST_F(MetadataStoreTest, ADirectoryThatCannotBeMadeIsAnErrorWithItsErrno) {
  std::ofstream(dir_ / "file") << "x";
  auto store = MetadataStore::open({dir_ / "file/cache"});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ENOTDIR);
}

TEST_F(MetadataStoreTest, ThreadsReadWhileOthersWriteAndTheMapGrows) {
  auto store = open(dir_.path(), 1);
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 60; ++i) {
          const std::string key = std::to_string(t) + "/" + std::to_string(i);
          if (t % 2 == 0) {
            failures += store->put(Shelf::kFiles, key, std::string(20'000, 'f')) ? 0 : 1;
          } else {
            failures += store->get(Shelf::kFiles, key) ? 0 : 1;
            failures += store->scan(Shelf::kFiles, "", [](auto, auto) { return true; }) ? 0 : 1;
          }
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(keys(*store, Shelf::kFiles, "").size(), 120U);
}

}  // namespace
}  // namespace esofs::cache
