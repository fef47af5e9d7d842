#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;
using Op = FakeArchive::Op;

class CatalogListingTest : public CatalogFixture {};

TEST_F(CatalogListingTest, AQueryIsAskedOnceAndServedFromThenOn) {
  put_table("Q", 3);
  auto first = listing("Q");
  ASSERT_TRUE(first) << first.error().what();
  EXPECT_EQ((*first)->rows(), 3U);
  EXPECT_EQ((*first)->datasets(), 3U);
  auto second = listing("Q");
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->id(), (*first)->id());
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(CatalogListingTest, AListingTellsItsColumnsEntriesAndRows) {
  put_table("Q", 10'000);
  auto found = listing("Q");
  ASSERT_TRUE(found);
  const Listing& here = **found;
  EXPECT_EQ(here.columns().at(1).name, "access_url");
  const auto all = names(here);
  ASSERT_EQ(all.size(), 10'000U);
  EXPECT_EQ(all[5000], id(5000) + ".fits");
  EXPECT_EQ(names(here, 9'990).size(), 10U);
  int seen = 0;
  ASSERT_TRUE(here.entries(5, [&seen](const Listing::Entry& entry) {
    EXPECT_EQ(entry.row, 5U + static_cast<unsigned>(seen));
    return ++seen < 3;
  }));
  EXPECT_EQ(seen, 3);
  auto row = here.row(7);
  ASSERT_TRUE(row);
  EXPECT_EQ(*row, row_of(id(7)));
  EXPECT_EQ(here.row(10'000).error().code(), ENOENT);
}

TEST_F(CatalogListingTest, AnEntryIsFoundByItsNameAndByThePortableForm) {
  put_table("Q", 100);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  auto entry = (*here)->find(id(42) + ".fits");
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->row, 42U);
  EXPECT_EQ((*entry)->dataset.id, id(42));
  EXPECT_EQ((*entry)->dataset.access, client::AccessKind::kDataLink);
  std::string portable = id(42) + ".fits";
  std::replace(portable.begin(), portable.end(), ':', '_');
  entry = (*here)->find(portable);
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->row, 42U);
  std::string other = id(42) + ".fits";
  std::replace(other.begin(), other.end(), ':', ';');
  for (const std::string& name : {std::string("nothing.fits"), other, id(42), std::string()}) {
    entry = (*here)->find(name);
    ASSERT_TRUE(entry) << entry.error().what();
    EXPECT_FALSE(*entry) << name;
  }
}

TEST_F(CatalogListingTest, AskersAtOneTimeShareOneRequest) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto one = ask(query("Q"));
  auto two = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_EQ(one.answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  archive_.release();
  EXPECT_TRUE(wait(one.answer));
  EXPECT_TRUE(wait(two.answer));
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(CatalogListingTest, ACancelledAskerIsAnsweredAtOnceAndTheQueryGoesOn) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto asked = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  asked.cancel();
  auto answer = wait(asked.answer);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EINTR);
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  archive_.release();
  settle();
  ASSERT_TRUE(catalog_->known_listing(query("Q")));
  EXPECT_EQ(catalog_->known_listing(query("Q"))->rows(), 3U);
}

TEST_F(CatalogListingTest, AnEmptyQueryIsInvalid) { EXPECT_EQ(listing("").error().code(), EINVAL); }

TEST_F(CatalogListingTest, QueriesThatDifferInServiceOrMaxrecHaveListingsOfTheirOwn) {
  put_table("Q", 5);
  QuerySpec two = query("Q");
  two.maxrec = 2;
  QuerySpec cat = query("Q");
  cat.service = "cat";
  EXPECT_EQ((*listing("Q"))->rows(), 5U);
  EXPECT_EQ((*listing(two))->rows(), 2U);
  EXPECT_TRUE(catalog_->state(two).truncated);
  EXPECT_FALSE(catalog_->state(query("Q")).truncated);
  ASSERT_TRUE(listing(cat));
  EXPECT_EQ(catalog_->state(cat).service, "cat");
  EXPECT_EQ(archive_.query_count(), 3);
}

TEST_F(CatalogListingTest, PastItsTtlAListingIsServedAsItIsWhileItIsRefreshed) {
  put_table("Q", 3);
  const std::string old = (*listing("Q"))->id();
  put_table("Q", 4);
  now_ += 24 * 3600 - 1;
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  settle();
  EXPECT_EQ(archive_.query_count(), 1);
  now_ += 1;
  archive_.hold("Q");
  EXPECT_EQ((*listing("Q"))->rows(), 3U);  // at once
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  archive_.release();
  settle();
  auto fresh = listing("Q");
  EXPECT_EQ((*fresh)->rows(), 4U);
  EXPECT_NE((*fresh)->id(), old);
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(CatalogListingTest, WhileARefreshFailsTheOldListingStaysAndTheStateTells) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  now_ += 25 * 3600;
  archive_.fail_next(Op::kQuery, Error(EHOSTUNREACH, "no route"), -1);
  ASSERT_TRUE(listing("Q"));
  settle();
  auto still = listing("Q");
  settle();
  ASSERT_TRUE(still);
  EXPECT_EQ((*still)->rows(), 3U);
  EXPECT_EQ(archive_.query_count(), 2);  // the failure is remembered
  const QueryState state = catalog_->state(query("Q"));
  EXPECT_TRUE(state.known);
  ASSERT_TRUE(state.error);
  EXPECT_EQ(state.error->code(), EHOSTUNREACH);
  EXPECT_EQ(state.error_at, now_);
  now_ += 11;
  archive_.clear_failures();
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 3);
  EXPECT_FALSE(catalog_->state(query("Q")).error);
}

TEST_F(CatalogListingTest, AFailureIsRememberedForSomeSecondsAndToldWithoutARequest) {
  put_table("Q", 3);
  archive_.fail_next(Op::kQuery, Error(ETIMEDOUT, "too slow"));
  EXPECT_EQ(listing("Q").error().code(), ETIMEDOUT);
  now_ += 9;
  auto again = listing("Q");
  EXPECT_EQ(again.error().code(), ETIMEDOUT);
  EXPECT_EQ(again.error().what(), "too slow");
  EXPECT_EQ(archive_.query_count(), 1);
  now_ += 1;
  EXPECT_TRUE(listing("Q"));
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(CatalogListingTest, AnInvalidQueryIsRememberedUntilItsTextChangesOrARefreshIsAskedFor) {
  archive_.fail_next(Op::kQuery, Error(EINVAL, "Column not found"));
  EXPECT_EQ(listing("Q").error().code(), EINVAL);
  now_ += 100'000;
  restart();
  EXPECT_EQ(listing("Q").error().what(), "Column not found");
  EXPECT_EQ(catalog_->state(query("Q")).error->code(), EINVAL);
  EXPECT_EQ(archive_.query_count(), 1);
  put_table("Q corrected", 1);
  EXPECT_TRUE(listing("Q corrected"));
  put_table("Q", 1);
  catalog_->refresh(query("Q"));
  EXPECT_TRUE(listing("Q"));
  EXPECT_EQ(archive_.query_count(), 3);
}

TEST_F(CatalogListingTest, AfterARefreshTheNextLookAsksAnewAndTheOldStaysUntilTheAnswer) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  put_table("Q", 4);
  catalog_->refresh(query("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 1);  // a look asks, not the refresh
  EXPECT_EQ(catalog_->known_listing(query("Q"))->rows(), 3U);
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  settle();
  EXPECT_EQ((*listing("Q"))->rows(), 4U);
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(CatalogListingTest, ARefreshAskedForDuringAQueryIsNotLost) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto asked = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  catalog_->refresh(query("Q"));
  archive_.release();
  ASSERT_TRUE(wait(asked.answer));
  settle();
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(CatalogListingTest, TheStateTellsWhatIsRunning) {
  put_table("Q", 10'000);
  QuerySpec spec = query("Q");
  spec.mode = client::QueryMode::kAsync;
  archive_.hold("Q", 9'000);
  auto asked = ask(spec);
  ASSERT_TRUE(archive_.wait_held());
  QueryState state = catalog_->state(spec);
  EXPECT_FALSE(state.known);
  EXPECT_TRUE(state.running);
  EXPECT_EQ(state.started_at, now_);
  EXPECT_EQ(state.rows_so_far, 8192U);
  EXPECT_EQ(state.job_url, "http://archive/tap/async/1");
  archive_.release();
  ASSERT_TRUE(wait(asked.answer));
  state = catalog_->state(spec);
  EXPECT_TRUE(state.known);
  EXPECT_FALSE(state.running);
  EXPECT_EQ(state.rows, 10'000U);
  EXPECT_EQ(state.datasets, 10'000U);
  EXPECT_TRUE(state.names_datasets);
  EXPECT_EQ(state.service, "obs");
  EXPECT_EQ(state.service_url, "http://archive/tap");
  EXPECT_EQ(state.job_url, "http://archive/tap/async/1");
  EXPECT_EQ(state.fetched_at, now_);
}

TEST_F(CatalogListingTest, AnAnswerWithoutDatasetsHasRowsOnly) {
  archive_.put_table("Q", FakeArchive::named({"n"}), {{{std::int64_t{5}}}, {{std::int64_t{6}}}});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->rows(), 2U);
  EXPECT_EQ((*here)->datasets(), 0U);
  EXPECT_TRUE(names(**here).empty());
  EXPECT_EQ((*here)->row(1)->at(0), client::Value{std::int64_t{6}});
  EXPECT_FALSE(catalog_->state(query("Q")).names_datasets);
}

TEST_F(CatalogListingTest, AnAnswerWithoutRowsIsAnAnswer) {
  put_table("Q", 0);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->rows(), 0U);
  EXPECT_EQ((*here)->columns().size(), 3U);
  EXPECT_TRUE(catalog_->state(query("Q")).known);
}

TEST_F(CatalogListingTest, ARetryBeginsTheListingAnew) {
  put_table("Q", 10'000);
  archive_.restart_after("Q", 6'000);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ((*here)->rows(), 10'000U);
  EXPECT_EQ(names(**here).size(), 10'000U);
  EXPECT_EQ(names(**here).at(1), id(1) + ".fits");  // and not -2
  settle();
  EXPECT_EQ(records(Shelf::kRows), 10'000U);  // nothing is left of the first attempt
}

TEST_F(CatalogListingTest, AnAnswerThatBreaksOffIsNoListing) {
  put_table("Q", 10'000);
  archive_.fail_after("Q", 9'000, Error(EIO, "broken off"));
  EXPECT_EQ(listing("Q").error().code(), EIO);
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  settle();
  EXPECT_EQ(records(Shelf::kRows), 0U);
}

TEST_F(CatalogListingTest, ASnapshotStaysReadableWhileItIsHeldAndGoesAfterwards) {
  put_table("Q", 5'000);
  auto old = listing("Q");
  ASSERT_TRUE(old);
  const auto old_file = (*old)->result_file();
  ASSERT_TRUE(old_file);
  put_table("Q", 10);
  catalog_->refresh(query("Q"));
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(catalog_->known_listing(query("Q"))->rows(), 10U);
  EXPECT_EQ(names(**old).size(), 5'000U);
  EXPECT_TRUE((*old)->find(id(4'999) + ".fits")->has_value());
  EXPECT_TRUE((*old)->result_file());
  old = Error(EIO, "let go");
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(records(Shelf::kRows), 10U);
  EXPECT_EQ(records(Shelf::kEntries), 10U);
  EXPECT_EQ(records(Shelf::kNames), 10U);
  EXPECT_FALSE(std::filesystem::exists(*old_file));
}

TEST_F(CatalogListingTest, WhatIsForgottenIsGoneAndAskedAnew) {
  put_table("Q", 100);
  put_table("R", 7);
  ASSERT_TRUE(listing("Q"));
  ASSERT_TRUE(listing("R"));
  catalog_->forget(query("Q"));
  settle();
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_FALSE(catalog_->state(query("Q")).known);
  EXPECT_EQ(records(Shelf::kRows), 7U);
  ASSERT_TRUE(listing("Q"));
  EXPECT_EQ(archive_.query_count("Q"), 2);
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(CatalogListingTest, TheAnswerIsKeptAsTheServerSentIt) {
  put_table("Q", 3, "<VOTABLE>as sent</VOTABLE>");
  auto here = listing("Q");
  ASSERT_TRUE(here);
  auto file = (*here)->result_file();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->parent_path(), results_dir_);
  EXPECT_EQ(file->filename(), (*here)->id() + ".vot");
  EXPECT_EQ(text_of(*file), "<VOTABLE>as sent</VOTABLE>");
  EXPECT_EQ(catalog_->state(query("Q")).result_bytes, 26U);
  std::filesystem::resize_file(*file, 5);
  EXPECT_FALSE((*here)->result_file());  // not the answer any more
}

TEST_F(CatalogListingTest, AnAnswerThatCannotBeKeptDoesNotCostTheListing) {
  std::ofstream(dir_ / "file") << "x";
  results_dir_ = dir_ / "file/results";
  restart();
  put_table("Q", 3);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ(names(**here).size(), 3U);
  EXPECT_FALSE((*here)->result_file());
  EXPECT_EQ(catalog_->state(query("Q")).result_bytes, 0U);
}

TEST_F(CatalogListingTest, ADatasetNamedByManyRowsIsOneEntry) {
  put_ids("Q", {id(1), id(2), id(1), id(1), id(3)});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->rows(), 5U);
  EXPECT_EQ((*here)->datasets(), 3U);
  EXPECT_EQ(names(**here), (std::vector<std::string>{id(1) + ".fits", id(2) + ".fits", id(3) + ".fits"}));
  EXPECT_EQ((*here)->find(id(1) + ".fits")->value().row, 0U);
}

TEST_F(CatalogListingTest, FilesOfOneIdGoByTheirUrlsAfterTheFirst) {
  const std::vector<std::pair<std::string, std::string>> files{{"ivo://other/HST?o1/u5ka5301r", "a"},
                                                               {"ivo://other/HST?o1/u5ka5301r", "b"},
                                                               {"ivo://other/HST?o1/u5ka5301r", "a"},
                                                               {"ivo://other/HST?o1/u5ka5301r", "b"},
                                                               {"ivo://other/b", "c"},
                                                               {"ivo://other/b", "c"}};
  std::vector<client::Row> rows;
  for (const auto& [id, file] : files)
    rows.push_back({{id}, {"http://archive/" + file + ".fits"}, {std::string("image/fits")}});
  archive_.put_table("Q", columns(), rows);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ(names(**here), (std::vector<std::string>{"u5ka5301r.fits", "b.fits", "b-2.fits"}));
  EXPECT_EQ((*here)->find("u5ka5301r.fits")->value().dataset.access_url, "http://archive/a.fits");
  EXPECT_EQ((*here)->find("b.fits")->value().dataset.access_url, "http://archive/b.fits");
  EXPECT_EQ((*here)->find("b-2.fits")->value().dataset.access_url, "http://archive/c.fits");
}

TEST_F(CatalogListingTest, DatasetsOfOneNameGetNumbersInRowOrder) {
  put_ids("Q", {"ivo://a/1/image", "ivo://a/2/image", "ivo://a/3/image", "ivo://a/2/image", "ivo://x/image-3",
                "ivo://a/4/image", "a:b", "a;b"});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  const std::vector<std::string> expected{"image.fits",   "image-2.fits", "image-3.fits", "image-3-2.fits",
                                          "image-4.fits", "a:b.fits",     "a;b-2.fits"};
  EXPECT_EQ(names(**here), expected);
  for (const auto& name : expected) {
    auto entry = (*here)->find(name);
    ASSERT_TRUE(entry && *entry) << name;
    EXPECT_EQ((*entry)->name, name);
  }
  EXPECT_EQ((*here)->find("image-2.fits")->value().dataset.id, "ivo://a/2/image");
}

TEST_F(CatalogListingTest, EveryDatasetIsFoundByItsIdAndByItsDirectory) {
  const std::vector<std::string> ids{id(1), "ivo://a/1/image",      "ivo://a/2/image",
                                     "a:b", std::string(3000, 'l'), "ivo://x?a#b (c)"};
  put_ids("Q", ids);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  const auto all = names(**here);
  ASSERT_EQ(all.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto by_id = (*here)->find_id(ids[i]);
    ASSERT_TRUE(by_id && *by_id) << ids[i];
    EXPECT_EQ((*by_id)->name, all[i]);
    const std::string directory = all[i].substr(0, all[i].size() - 5);
    const auto by_directory = (*here)->find_directory(directory);
    ASSERT_TRUE(by_directory && *by_directory) << directory;
    EXPECT_EQ((*by_directory)->dataset.id, ids[i]);
  }
  EXPECT_EQ((*here)->find_directory("a_b")->value().dataset.id, "a:b") << "the portable form";
  EXPECT_FALSE(*(*here)->find_directory("image-3"));
  EXPECT_FALSE(*(*here)->find_id("ivo://a/3/image"));
}

TEST_F(CatalogListingTest, AllListingsWithDatasetsAreKnownTheLatestFirst) {
  put_ids("old", {id(1)});
  put_ids("new", {id(2)});
  archive_.put_table("none", tests::FakeArchive::named({"x"}), {{{std::string("1")}}});
  for (const char* adql : {"old", "none", "new"}) {
    ASSERT_TRUE(listing(adql));
    ++now_;
  }
  restart();
  const auto all = catalog_->known_listings(10);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(names(*all[0]), std::vector<std::string>{id(2) + ".fits"});
  EXPECT_EQ(names(*all[1]), std::vector<std::string>{id(1) + ".fits"});
  EXPECT_EQ(catalog_->known_listings(1).size(), 1U);
}

TEST_F(CatalogListingTest, NamesOfAServerCannotLeaveTheDirectory) {
  put_ids("Q", {"..", ".", "../../etc/passwd", "a/b/..", "x\ny", std::string(3000, 'l'),
                std::string(3000, 'l') + "m"});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  const auto all = names(**here);
  EXPECT_EQ(all.size(), 7U);
  for (const auto& name : all) {
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_EQ(name.find('\n'), std::string::npos);
    EXPECT_LE(name.size(), 255U);
    EXPECT_NE(name, "..");
    EXPECT_NE(name, ".");
    EXPECT_TRUE((*here)->find(name)->has_value()) << name;
  }
}

TEST_F(CatalogListingTest, ALongListingPassesThroughInBatches) {
  constexpr std::uint64_t kRows = 50'000;
  put_table("Q", kRows);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ((*here)->rows(), kRows);
  EXPECT_LE(store_->largest_batch, 3U * 4096U);
  std::uint64_t count = 0;
  ASSERT_TRUE((*here)->entries(0, [&count](const Listing::Entry& entry) { return entry.row == count++; }));
  EXPECT_EQ(count, kRows);
  EXPECT_TRUE((*here)->find(id(kRows - 1) + ".fits")->has_value());
}

TEST_F(CatalogListingTest, AStoreThatFailsFromTheBeginningCostsNoListing) {
  put_table("Q", 10'000);
  store_->good_puts = false;
  store_->good_commits = 0;
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ(names(**here).size(), 10'000U);
  EXPECT_EQ(*(*here)->row(9'999), row_of(id(9'999)));
  EXPECT_TRUE(catalog_->state(query("Q")).known);
  EXPECT_EQ((*listing("Q"))->id(), (*here)->id());
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(CatalogListingTest, AStoreThatFailsInTheMiddleCostsNoListing) {
  put_table("Q", 20'000);
  for (const int good : {1, 3, 5}) {
    catalog_->forget(query("Q"));
    settle();
    store_->good_commits = good;
    auto here = listing("Q");
    ASSERT_TRUE(here) << here.error().what();
    EXPECT_EQ((*here)->rows(), 20'000U);
    EXPECT_EQ(names(**here).size(), 20'000U);
    EXPECT_TRUE((*here)->find(id(3) + ".fits")->has_value());
    EXPECT_EQ((*listing("Q"))->id(), (*here)->id());
    store_->good_commits = 1 << 30;
    settle();
  }
  EXPECT_EQ(archive_.query_count(), 3);
}

TEST_F(CatalogListingTest, AFailureIsRememberedAlsoWhileTheStoreFails) {
  store_->good_puts = false;
  archive_.fail_next(Op::kQuery, Error(EIO, "broken"), -1);
  EXPECT_EQ(listing("Q").error().code(), EIO);
  EXPECT_EQ(listing("Q").error().code(), EIO);
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(CatalogListingTest, AskersAreAnsweredWhenTheLaneEnds) {
  put_table("Q", 3);
  put_table("R", 3);
  archive_.hold();
  auto running = ask(query("Q"));
  auto queued = ask(query("R"));
  ASSERT_TRUE(archive_.wait_held());
  lane_.reset();
  EXPECT_FALSE(wait(running.answer));
  EXPECT_FALSE(wait(queued.answer));
  lane_ = std::make_unique<Lane>("query", 1);
  catalog_ = make_catalog(*store_, *lane_);
  archive_.release();
  EXPECT_TRUE(listing("Q"));  // the end was no failure of the query
}

TEST_F(CatalogListingTest, AListingMadeWithRightsIsShownToNobodyWithout) {
  archive_.log_in("jdoe");
  put_table("Q", 5);
  auto mine = listing("Q");
  ASSERT_TRUE(mine);
  EXPECT_EQ((*mine)->datasets(), 5U);
  EXPECT_TRUE((*mine)->shown());
  for (const std::string user : {"", "another"}) {
    archive_.log_in(user);
    EXPECT_FALSE((*mine)->shown()) << "to whoever still holds it";
    EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr) << user;
    EXPECT_FALSE(catalog_->state(query("Q")).known) << user;
  }
  put_table("Q", 3);
  auto theirs = listing("Q");
  ASSERT_TRUE(theirs);
  EXPECT_EQ((*theirs)->datasets(), 3U);
  archive_.log_in("jdoe");
  ASSERT_NE(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_EQ(catalog_->known_listing(query("Q"))->datasets(), 5U);
}

TEST_F(CatalogListingTest, AnAnswerThatCameAcrossALoginIsKeptForNobody) {
  put_table("Q", 3);
  archive_.hold("Q");
  auto asked = ask(query("Q"));
  ASSERT_TRUE(archive_.wait_held());
  archive_.log_in("jdoe");
  archive_.release();
  auto answer = wait(asked.answer);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EAGAIN);
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  archive_.log_in("");
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
}

}  // namespace
}  // namespace esofs::cache
