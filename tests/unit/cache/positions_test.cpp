// Positions of named objects: asked once, kept for months, and an unknown name is not a failure.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <memory>

#include "cache/catalog.h"
#include "tests/support/fake_archive.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

// Knows one object.
class SkyArchive : public tests::FakeArchive {
 public:
  Result<client::SkyPosition> resolve(const std::string& name, Lane::Turn&) override {
    ++asked;
    if (failing) return Error(ETIMEDOUT, "the resolver is silent");
    if (name != "NGC 253") return Error(ENOENT, "no catalogue knows " + name);
    return client::SkyPosition{11.888, -25.288, "NGC   253", "AGN", "Simbad"};
  }
  std::atomic<int> asked = 0;
  std::atomic<bool> failing = false;
};

class Positions : public ::testing::Test {
 protected:
  Positions() { open(); }
  void open() {
    lane_.reset();
    catalog_.reset();
    store_.reset();
    auto store = MetadataStore::open({directory_.path()});
    ASSERT_TRUE(store);
    store_ = std::move(*store);
    lane_ = std::make_unique<Lane>("query", 2);
    Catalog::Config config;
    config.results_dir = directory_.path() / "results";
    config.now = [this] { return now_.load(); };
    auto catalog = Catalog::create(config, archive_, *store_, *lane_);
    ASSERT_TRUE(catalog);
    catalog_ = std::move(*catalog);
  }
  ~Positions() override {
    lane_.reset();
    catalog_.reset();
  }
  Result<client::SkyPosition> resolve(const std::string& name) {
    auto promise = std::make_shared<std::promise<Result<client::SkyPosition>>>();
    catalog_->resolve(name,
                      [promise](Result<client::SkyPosition> found) { promise->set_value(std::move(found)); });
    return promise->get_future().get();
  }

  tests::TempDir directory_;
  SkyArchive archive_;
  std::atomic<std::int64_t> now_ = 1'700'000'000;
  std::unique_ptr<MetadataStore> store_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(Positions, AreAskedForOnceAndKeptAcrossRestarts) {
  EXPECT_FALSE(catalog_->known_position("NGC 253"));
  const auto found = resolve("NGC 253");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ra_deg, 11.888);
  ASSERT_TRUE(resolve("NGC 253"));
  EXPECT_EQ(archive_.asked, 1);
  open();
  const auto known = catalog_->known_position("NGC 253");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->dec_deg, -25.288);
  EXPECT_EQ(known->resolver, "Simbad");
  now_ += 80 * 24 * 3600;
  ASSERT_TRUE(resolve("NGC 253"));
  EXPECT_EQ(archive_.asked, 1);
}

TEST_F(Positions, OfUnknownNamesAreEnoentAndNotAskedForAgainAtOnce) {
  EXPECT_EQ(resolve("Nonsense").error().code(), ENOENT);
  EXPECT_EQ(resolve("Nonsense").error().code(), ENOENT);
  EXPECT_EQ(archive_.asked, 1);
  now_ += 60;
  EXPECT_EQ(resolve("Nonsense").error().code(), ENOENT);
  EXPECT_EQ(archive_.asked, 2);
}

TEST_F(Positions, ThatAreOldServeWhereTheResolverIsSilent) {
  ASSERT_TRUE(resolve("NGC 253"));
  archive_.failing = true;
  now_ += 200 * 24 * 3600;
  ASSERT_TRUE(resolve("NGC 253"));
  EXPECT_EQ(archive_.asked, 2);
  EXPECT_EQ(resolve("M 83").error().code(), ETIMEDOUT);
}

}  // namespace
}  // namespace esofs::cache
