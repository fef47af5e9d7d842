#include "cache/catalog.h"

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;
using Op = FakeArchive::Op;

class CatalogTest : public CatalogFixture {
 protected:
  CatalogTest() {
    dataset_ = archive_.dataset(id(1));
    archive_.put_links(dataset_.access_url, FakeArchive::links_to("http://archive/file/1", 3'000));
  }

  template <class T, class Operation>
  Asked<T> begin(const Operation& operation) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    auto cancel = operation([promise](Result<T> answer) { promise->set_value(std::move(answer)); });
    return {std::move(future), std::move(cancel)};
  }
  using Links = std::shared_ptr<const client::Links>;
  Asked<Links> ask_links() {
    return begin<Links>([this](auto done) { return catalog_->links(dataset_, std::move(done)); });
  }
  Result<Links> links() {
    auto asked = ask_links();
    return wait(asked.answer);
  }
  Result<client::FileSource> source() {
    auto asked =
        begin<client::FileSource>([this](auto done) { return catalog_->source(dataset_, std::move(done)); });
    return wait(asked.answer);
  }
  Result<std::shared_ptr<const NamedRow>> row(const std::string& id) {
    auto asked =
        begin<std::shared_ptr<const NamedRow>>([&](auto done) { return catalog_->row(id, std::move(done)); });
    return wait(asked.answer);
  }

  client::Dataset dataset_;
};

TEST_F(CatalogTest, LinksAreAskedOnceAndKeptOverARestart) {
  EXPECT_EQ(catalog_->known_links(dataset_), nullptr);
  auto found = links();
  ASSERT_TRUE(found) << found.error().what();
  ASSERT_EQ((*found)->rows.size(), 1U);
  EXPECT_EQ((*found)->rows[0].access_url, "http://archive/file/1");
  EXPECT_TRUE(links());
  restart();
  ASSERT_TRUE(catalog_->known_links(dataset_));
  EXPECT_EQ((*links())->rows[0].content_length, 3'000U);
  EXPECT_EQ(archive_.link_count(), 1);
}

TEST_F(CatalogTest, SourcesOfManyDatasetsAreOneRequest) {
  std::vector<client::Dataset> many;
  for (std::uint64_t i = 0; i < 10; ++i) many.push_back(archive_.dataset(id(i)));
  archive_.tell_of_many({id(1)});  // it is asked for by itself
  archive_.hold("together");
  catalog_->prepare_sources(many, {});
  catalog_->prepare_sources(many, {});
  ASSERT_TRUE(archive_.wait_held());
  auto asked = begin<client::FileSource>(
      [&](auto done) { return catalog_->source(archive_.dataset(id(7)), std::move(done)); });
  archive_.release();
  const auto found = wait(asked.answer);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->url, "http://archive/file/" + id(7));
  ASSERT_TRUE(source());
  EXPECT_EQ(source()->url, "http://archive/file/1");
  EXPECT_EQ(archive_.together_count(), 1);
  EXPECT_EQ(archive_.locate_count(), 2) << "one for many, and one for the other";
}

TEST_F(CatalogTest, ManyThatFailTogetherAreAskedForByThemselves) {
  archive_.tell_of_many();
  archive_.fail_next(Op::kLocate, Error(EIO, "HTTP 500"), 1, "together");
  catalog_->prepare_sources({dataset_, archive_.dataset(id(2))}, {});
  ASSERT_TRUE(source());
  EXPECT_EQ(source()->url, "http://archive/file/1");
}

TEST_F(CatalogTest, AskersOfLinksShareOneRequestAndMayLeave) {
  archive_.hold();
  auto one = ask_links();
  auto two = ask_links();
  ASSERT_TRUE(archive_.wait_held());
  one.cancel();
  EXPECT_EQ(wait(one.answer).error().code(), EINTR);
  archive_.release();
  EXPECT_TRUE(wait(two.answer));
  EXPECT_EQ(archive_.link_count(), 1);
}

TEST_F(CatalogTest, LinksPastTheirTtlAreAskedForAgain) {
  ASSERT_TRUE(links());
  archive_.put_links(dataset_.access_url, FakeArchive::links_to("http://archive/file/new"));
  now_ += 24 * 3600;
  EXPECT_EQ((*links())->rows[0].access_url, "http://archive/file/new");
  EXPECT_EQ(archive_.link_count(), 2);
}

TEST_F(CatalogTest, OldLinksServeWhileTheArchiveCannotBeReached) {
  ASSERT_TRUE(links());
  now_ += 24 * 3600;
  archive_.fail_next(Op::kLinks, Error(EHOSTUNREACH, "no route"), -1);
  EXPECT_TRUE(links());
  EXPECT_TRUE(links());
  EXPECT_EQ(archive_.link_count(), 2);  // the failure is remembered
}

TEST_F(CatalogTest, OldLinksDoNotServeWhenTheArchiveSaysThatTheyAreGone) {
  ASSERT_TRUE(links());
  now_ += 24 * 3600;
  archive_.fail_next(Op::kLinks, Error(ENOENT, "NotFoundFault"), -1);
  EXPECT_EQ(links().error().code(), ENOENT);
  EXPECT_EQ(links().error().code(), ENOENT);
  EXPECT_EQ(archive_.link_count(), 2);
}

TEST_F(CatalogTest, AFailureIsRememberedForSomeSeconds) {
  archive_.fail_next(Op::kLinks, Error(ENOENT, "NotFoundFault"));
  EXPECT_EQ(links().error().code(), ENOENT);
  EXPECT_EQ(links().error().what(), "NotFoundFault");
  EXPECT_EQ(archive_.link_count(), 1);
  now_ += 10;
  EXPECT_TRUE(links());
}

TEST_F(CatalogTest, ADatasetWithoutDataLinkHasNoLinks) {
  dataset_ = {};
  dataset_.id = "no id";
  dataset_.access_url = "http://archive/file/x";
  dataset_.access = client::AccessKind::kFile;
  EXPECT_EQ(links().error().code(), ENOENT);
  EXPECT_EQ(catalog_->known_links(dataset_), nullptr);
  EXPECT_EQ(archive_.link_count(), 0);
}

TEST_F(CatalogTest, WhetherAUrlIsDataLinkIsFoundOutOnce) {
  dataset_ = {};
  dataset_.id = "no id";
  dataset_.access_url = "http://archive/unknown/1";
  archive_.put_links(dataset_.access_url, tests::FakeArchive::links_to("http://archive/file/1"));
  EXPECT_TRUE(links());
  EXPECT_EQ(source()->url, "http://archive/file/1");
  EXPECT_EQ(archive_.locate_count(), 1);
  dataset_.access_url = "http://archive/unknown/2";
  EXPECT_EQ(links().error().code(), ENOENT);
  EXPECT_EQ(links().error().code(), ENOENT);
  EXPECT_EQ(source()->url, "http://archive/unknown/2");
  EXPECT_EQ(archive_.locate_count(), 2);
  EXPECT_EQ(catalog_->known_links(dataset_), nullptr);
}

TEST_F(CatalogTest, ASourceWhoseUrlMayHaveExpiredIsForgotten) {
  const auto put = [this](const std::string& url) {
    archive_.put_links(dataset_.access_url, tests::FakeArchive::links_to(url));
  };
  put("http://archive/file/1?token=old");
  EXPECT_EQ(source()->url, "http://archive/file/1?token=old");
  put("http://archive/file/1?token=new");
  EXPECT_FALSE(catalog_->forget_source(dataset_)) << "it was told a moment ago";
  now_ += 61;
  EXPECT_TRUE(catalog_->forget_source(dataset_));
  EXPECT_EQ(source()->url, "http://archive/file/1?token=new");
  put("http://archive/file/1");
  now_ += 61;
  EXPECT_TRUE(catalog_->forget_source(dataset_));
  EXPECT_EQ(source()->url, "http://archive/file/1");
  now_ += 61;
  EXPECT_FALSE(catalog_->forget_source(dataset_)) << "a plain URL is good for ever";
}

TEST_F(CatalogTest, ASourceIsLocatedOnceAndTheLinksOnTheWayAreKept) {
  EXPECT_FALSE(catalog_->known_source(dataset_));
  auto found = source();
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->url, "http://archive/file/1");
  EXPECT_EQ(found->length, 3'000U);
  EXPECT_TRUE(catalog_->known_links(dataset_));
  restart();
  EXPECT_EQ(catalog_->known_source(dataset_)->url, "http://archive/file/1");
  EXPECT_TRUE(source());
  EXPECT_TRUE(links());
  EXPECT_EQ(archive_.locate_count(), 1);
  EXPECT_EQ(archive_.link_count(), 1);  // by the locating itself
}

TEST_F(CatalogTest, AnUnknownSourceIsRememberedAsAFailure) {
  archive_.fail_next(Op::kLocate, Error(EACCES, "proprietary"), -1);
  EXPECT_EQ(source().error().code(), EACCES);
  EXPECT_EQ(source().error().code(), EACCES);
  EXPECT_EQ(archive_.locate_count(), 1);
}

TEST_F(CatalogTest, TheRowOfAnIdIsAskedOnceInEitherSpelling) {
  archive_.put_table(archive_.row_query(id(1)).adql, columns(), {row_of(id(1))});
  auto found = row(id(1));
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ((*found)->columns.at(0).name, "dp_id");
  EXPECT_EQ((*found)->row, row_of(id(1)));
  restart();
  std::string portable = id(1);
  std::replace(portable.begin(), portable.end(), ':', '_');
  EXPECT_TRUE(row(portable));
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(CatalogTest, AnIdWithoutARowIsAbsentAndOtherNamesAreNotAskedFor) {
  archive_.put_table(archive_.row_query(id(2)).adql, columns(), {});
  EXPECT_EQ(row(id(2)).error().code(), ENOENT);
  EXPECT_EQ(row(id(2)).error().code(), ENOENT);
  EXPECT_EQ(archive_.query_count(), 1);
  EXPECT_EQ(row("login.cl").error().code(), ENOENT);
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(CatalogTest, AnswersServeAlsoWhileTheStoreFails) {
  store_->good_puts = false;
  EXPECT_TRUE(links());
  EXPECT_TRUE(links());
  EXPECT_EQ(archive_.link_count(), 1);
}

TEST_F(CatalogTest, ASourceIsLearntFromAnotherAnswer) {
  client::FileSource elsewhere;
  elsewhere.url = "http://archive/file/learnt";
  catalog_->learn_source(dataset_, elsewhere);
  EXPECT_EQ(catalog_->known_source(dataset_)->url, elsewhere.url);
  auto found = source();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->url, elsewhere.url);
  EXPECT_EQ(archive_.link_count(), 0) << "nothing was asked";
  restart();
  EXPECT_EQ(catalog_->known_source(dataset_)->url, elsewhere.url);
}

TEST_F(CatalogTest, AKnownSourceIsNotReplacedByThatOfALink) {
  ASSERT_TRUE(source());
  client::FileSource elsewhere;
  elsewhere.url = "http://archive/file/learnt";
  catalog_->learn_source(dataset_, elsewhere);
  EXPECT_EQ(catalog_->known_source(dataset_)->url, "http://archive/file/1");
}

TEST_F(CatalogTest, AnArchiveWithoutATableOfProductFilesSaysSo) {
  auto asked = begin<std::shared_ptr<const Catalog::ProductFiles>>(
      [this](auto done) { return catalog_->product_files(id(1), std::move(done)); });
  EXPECT_EQ(wait(asked.answer).error().code(), ENOTSUP);
  EXPECT_EQ(catalog_->known_product_files(id(1)), nullptr);
}

TEST_F(CatalogTest, AnAnswerToALoginIsKeptForItAlone) {
  archive_.log_in("jdoe");
  ASSERT_TRUE(links());
  ASSERT_TRUE(source());
  for (const std::string user : {"", "another"}) {
    archive_.log_in(user);
    EXPECT_EQ(catalog_->known_links(dataset_), nullptr) << user;
    EXPECT_FALSE(catalog_->known_source(dataset_)) << user;
  }
  archive_.log_in("jdoe");
  EXPECT_NE(catalog_->known_links(dataset_), nullptr);
  EXPECT_TRUE(catalog_->known_source(dataset_));
}

TEST_F(CatalogTest, AnAnswerIsAskedForAgainIfTheLoginChanged) {
  archive_.log_in("jdoe");
  archive_.hold();
  auto asked = ask_links();
  ASSERT_TRUE(archive_.wait_held());
  archive_.log_in("");  // as if the password turned out to be wrong
  archive_.release();
  const auto links = wait(asked.answer);
  ASSERT_TRUE(links) << links.error().what();
  EXPECT_EQ(archive_.link_count(), 2);
  EXPECT_NE(catalog_->known_links(dataset_), nullptr);
  archive_.log_in("jdoe");
  EXPECT_EQ(catalog_->known_links(dataset_), nullptr);
}

}  // namespace
}  // namespace esofs::cache
