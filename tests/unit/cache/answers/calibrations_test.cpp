// Calibrations of observations, as the catalog keeps them.
#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using client::CalibrationMode;
using tests::FakeArchive;
using Op = FakeArchive::Op;

client::Associations three_files() {
  client::Associations found;
  found.mode = "Raw2Raw";
  found.complete = false;
  found.messages = {"no flat", "no \x01 dark"};
  for (const std::string name : {"a", "b", "c"}) {
    client::CalibrationFile file;
    file.dataset.id = name;
    file.dataset.estimate_bytes = 2880;
    file.name = name + ".fits";
    file.category = "BIAS";
    file.fits = name != "c";
    found.files.push_back(file);
  }
  found.tree_url = "http://archive/tree";
  return found;
}

class CalibrationsTest : public CatalogFixture {
 protected:
  using Answer = std::shared_ptr<const AssociationsRecord>;

  CalibrationsTest() {
    dataset_ = archive_.dataset(id(1));
    archive_.calibration_service(true);
    archive_.put_associations(url_, three_files());
    client::Associations tree;
    tree.tree = "<association/>";
    archive_.put_associations("http://archive/tree", tree);
  }

  Asked<Answer> begin() {
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    auto future = promise->get_future();
    auto cancel = catalog_->associations(dataset_, CalibrationMode::kRaw, [promise](Result<Answer> answer) {
      promise->set_value(std::move(answer));
    });
    return {std::move(future), std::move(cancel)};
  }
  Result<Answer> list() {
    auto asked = begin();
    return wait(asked.answer);
  }
  Result<std::string> tree() {
    auto promise = std::make_shared<std::promise<Result<std::string>>>();
    auto future = promise->get_future();
    (void)catalog_->association_tree(dataset_, CalibrationMode::kRaw, [promise](Result<std::string> text) {
      promise->set_value(std::move(text));
    });
    return wait(future);
  }
  static client::Links links_with(const std::string& term, const std::string& url) {
    client::Links links;
    links.rows.resize(1);
    links.rows[0].semantics = "http://archive.eso.org/rdf/datalink/eso#" + term;
    links.rows[0].access_url = url;
    return links;
  }
  void know_links(client::Links links) {
    archive_.put_links(dataset_.access_url, std::move(links));
    std::promise<void> asked;
    (void)catalog_->links(dataset_, [&](const auto&) { asked.set_value(); });
    asked.get_future().wait();
  }

  client::Dataset dataset_;
  const std::string url_ = FakeArchive::calibrations_url(id(1), CalibrationMode::kRaw);
};

TEST_F(CalibrationsTest, AreAskedOnceAndKeptWholeOverARestart) {
  EXPECT_EQ(catalog_->known_associations(dataset_, CalibrationMode::kRaw), nullptr);
  ASSERT_TRUE(list());
  restart();
  const auto known = catalog_->known_associations(dataset_, CalibrationMode::kRaw);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->url, url_);
  EXPECT_EQ(known->fetched_at, now_);
  EXPECT_EQ(known->value.mode, "Raw2Raw");
  EXPECT_EQ(known->value.complete, false);
  EXPECT_EQ(known->value.certified, std::nullopt);
  EXPECT_EQ(known->value.messages, three_files().messages);
  ASSERT_EQ(known->value.files.size(), 3U);
  EXPECT_EQ(known->value.files[2].name, "c.fits");
  EXPECT_EQ(known->value.files[2].category, "BIAS");
  EXPECT_FALSE(known->value.files[2].fits);
  EXPECT_EQ(known->value.files[1].dataset.estimate_bytes, 2880U);
  EXPECT_TRUE(list());
  EXPECT_EQ(archive_.association_count(), 1);
  EXPECT_EQ(archive_.link_count(), 0) << "the pattern tells where they are";
  EXPECT_EQ(catalog_->known_associations(dataset_, CalibrationMode::kMaster), nullptr);
}

TEST_F(CalibrationsTest, AskersShareOneRequestAndMayLeave) {
  archive_.hold();
  auto one = begin();
  auto two = begin();
  ASSERT_TRUE(archive_.wait_held());
  one.cancel();
  EXPECT_EQ(wait(one.answer).error().code(), EINTR);
  archive_.release();
  EXPECT_TRUE(wait(two.answer));
  EXPECT_EQ(archive_.association_count(), 1);
}

TEST_F(CalibrationsTest, OldOnesAreRequestedAgainAndServeWhileTheArchiveIsAway) {
  ASSERT_TRUE(list());
  now_ += 24 * 3600;
  archive_.fail_next(Op::kAssociations, Error(EHOSTUNREACH, "no route"));
  EXPECT_TRUE(list());
  now_ += 10;
  client::Associations newer = three_files();
  newer.files.clear();
  archive_.put_associations(url_, newer);
  EXPECT_TRUE((*list())->value.files.empty());
  EXPECT_EQ(archive_.association_count(), 3);
}

TEST_F(CalibrationsTest, AFailureIsRememberedForSomeSeconds) {
  archive_.fail_next(Op::kAssociations, Error(EACCES, "protected"));
  EXPECT_EQ(list().error().code(), EACCES);
  EXPECT_EQ(list().error().what(), "protected");
  EXPECT_EQ(archive_.association_count(), 1);
  now_ += 10;
  EXPECT_TRUE(list());
}

TEST_F(CalibrationsTest, TheRowOfAKnownDataLinkAnswerGoesBeforeThePattern) {
  know_links(links_with("calSelector_raw2raw", "http://other/c"));
  archive_.put_associations("http://other/c", three_files());
  EXPECT_EQ((*list())->url, "http://other/c");
}

TEST_F(CalibrationsTest, WithoutAPatternTheDataLinkAnswerIsAskedFor) {
  archive_.calibration_service(false);
  EXPECT_EQ(list().error().code(), ENOENT);
  archive_.put_links(dataset_.access_url, links_with("calSelector_raw2raw", "http://other/c"));
  archive_.put_associations("http://other/c", three_files());
  now_ += 10;
  EXPECT_TRUE(list());
  EXPECT_EQ(archive_.link_count(), 2);
  EXPECT_TRUE(catalog_->known_links(dataset_)) << "what was met on the way is kept";
}

TEST_F(CalibrationsTest, AreExpectedByKnownLinksElseByThePattern) {
  EXPECT_TRUE(catalog_->has_associations(dataset_));
  archive_.calibration_service(false);
  EXPECT_FALSE(catalog_->has_associations(dataset_));
  know_links(links_with("calSelector_raw2master", "http://other/c"));
  EXPECT_TRUE(catalog_->has_associations(dataset_));
  restart();
  now_ += 24 * 3600;
  archive_.calibration_service(true);
  know_links(links_with("night_log", "http://other/c"));
  EXPECT_FALSE(catalog_->has_associations(dataset_)) << "its links name none";
  EXPECT_EQ(archive_.association_count(), 0);
}

TEST_F(CalibrationsTest, ATreeIsAskedForByItselfAndKept) {
  ASSERT_TRUE(list());
  EXPECT_EQ(archive_.association_count(), 1);
  EXPECT_EQ(*tree(), "<association/>");
  EXPECT_EQ(archive_.association_count("http://archive/tree"), 1);
  restart();
  EXPECT_EQ(*tree(), "<association/>");
  EXPECT_EQ(archive_.association_count(), 2);
}

TEST_F(CalibrationsTest, ATreeThatCameWithTheListCostsNothing) {
  auto both = three_files();
  both.tree = "<association x=\"1\"/>";
  archive_.put_associations(url_, both);
  EXPECT_EQ(*tree(), both.tree);
  EXPECT_TRUE(list());
  EXPECT_EQ(archive_.association_count(), 1);
}

TEST_F(CalibrationsTest, WhereThereIsNoTreeItIsEnodata) {
  client::Associations none;
  none.messages = {"No association could be established"};
  archive_.put_associations("http://archive/tree", none);
  const auto missing = tree();
  EXPECT_EQ(missing.error().code(), ENODATA);
  EXPECT_EQ(missing.error().what(), none.messages[0]);
}

}  // namespace
}  // namespace esofs::cache
