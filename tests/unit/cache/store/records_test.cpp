#include "cache/store/records.h"

#include <gtest/gtest.h>

#include <complex>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cache/store/metadata_store.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

client::Row row_of_all_kinds() {
  client::ValueArray inner{{std::int64_t{1}}, {std::string("two")}, {}};
  return {{},
          {true},
          {false},
          {std::int64_t{-1}},
          {std::numeric_limits<std::int64_t>::min()},
          {std::numeric_limits<std::int64_t>::max()},
          {1.5F},
          {std::numeric_limits<double>::denorm_min()},
          {std::complex<float>(1.0F, -2.0F)},
          {std::complex<double>(3.0, 4.0)},
          {std::string("NGC 253 \xce\xb1")},
          {std::string("with\0nul", 8)},
          {client::ValueArray{{inner}, {2.0}}}};
}

client::Links all_of_links() {
  client::Links links;
  client::Link link;
  link.id = "A";
  link.access_url = "http://archive/A";
  link.content_length = 1ULL << 40U;
  links.rows = {link, client::Link{}};
  client::ServiceDescriptor service;
  service.params = {{"accessURL", "http://archive/soda"}, {"standardID", "ivo://ivoa.net/std/SODA"}};
  client::ServiceParam param;
  param.column.name = "CIRCLE";
  param.options = {{"a", "1"}, {"b", "2"}};
  service.inputs = {param};
  links.services = {service};
  links.document = "<VOTABLE/>";
  return links;
}

SnapshotRecord some_snapshot() {
  return {"123456789012", 7, 6, true, true, 1'700'000'000, "obs", "http://tap", "http://tap/async/1", 99};
}

TEST(RecordsTest, ARowComesBackAsItWas) {
  const client::Row row = row_of_all_kinds();
  EXPECT_EQ(decode<client::Row>(encode_row(row)), row);
  EXPECT_EQ(decode<client::Row>(encode_row({})), client::Row());
}

TEST(RecordsTest, NotANumberComesBackAsNotANumber) {
  const client::Row row{{std::numeric_limits<double>::quiet_NaN()}};
  const auto back = decode<client::Row>(encode_row(row));
  ASSERT_TRUE(back);
  EXPECT_TRUE(std::isnan(std::get<double>(back->at(0).is)));
}

TEST(RecordsTest, ASnapshotComesBackAsItWas) {
  const auto back = decode<SnapshotRecord>(encode(some_snapshot()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->generation, "123456789012");
  EXPECT_EQ(back->rows, 7U);
  EXPECT_EQ(back->datasets, 6U);
  EXPECT_TRUE(back->names_datasets);
  EXPECT_TRUE(back->truncated);
  EXPECT_EQ(back->fetched_at, 1'700'000'000);
  EXPECT_EQ(back->service, "obs");
  EXPECT_EQ(back->service_url, "http://tap");
  EXPECT_EQ(back->job_url, "http://tap/async/1");
  EXPECT_EQ(back->result_bytes, 99U);
}

TEST(RecordsTest, AnAttemptComesBackWithItsErrorAndWithout) {
  AttemptRecord attempt{"http://job/1", true, Error(EINVAL, "bad ADQL"), 5};
  auto back = decode<AttemptRecord>(encode(attempt));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->job_url, "http://job/1");
  EXPECT_TRUE(back->refresh_requested);
  ASSERT_TRUE(back->error);
  EXPECT_EQ(back->error->code(), EINVAL);
  EXPECT_EQ(back->error->what(), "bad ADQL");
  attempt.error.reset();
  back = decode<AttemptRecord>(encode(attempt));
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->error);
}

TEST(RecordsTest, AnEntryComesBackAsItWas) {
  client::Dataset dataset{"A.1", "http://a", client::AccessKind::kFile, ".tar", 12, -5, "2020-01-01"};
  dataset.modified = 7;
  const auto back = decode<EntryRecord>(encode(EntryRecord{"A.1.tar", dataset}));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->name, "A.1.tar");
  EXPECT_EQ(back->dataset.id, "A.1");
  EXPECT_EQ(back->dataset.access_url, "http://a");
  EXPECT_EQ(back->dataset.access, client::AccessKind::kFile);
  EXPECT_EQ(back->dataset.extension, ".tar");
  EXPECT_EQ(back->dataset.estimate_bytes, 12U);
  EXPECT_EQ(back->dataset.mtime, -5);
  EXPECT_EQ(back->dataset.modified, 7);
  EXPECT_EQ(back->dataset.release_date, "2020-01-01");
}

TEST(RecordsTest, LinksAndSourcesComeBackAsTheyWere) {
  const auto links = decode<LinksRecord>(encode(LinksRecord{3, all_of_links()}));
  ASSERT_TRUE(links);
  EXPECT_EQ(links->fetched_at, 3);
  ASSERT_EQ(links->value.rows.size(), 2U);
  EXPECT_EQ(links->value.rows[0].content_length, 1ULL << 40U);
  EXPECT_EQ(links->value.rows[1].content_length, std::nullopt);
  ASSERT_EQ(links->value.services.size(), 1U);
  EXPECT_EQ(links->value.services[0].params.at("accessURL"), "http://archive/soda");
  EXPECT_EQ(links->value.services[0].inputs.at(0).column.name, "CIRCLE");
  EXPECT_EQ(links->value.services[0].inputs.at(0).options.at(1).second, "2");
  EXPECT_EQ(links->value.document, "<VOTABLE/>");
  const auto source = decode<SourceRecord>(encode(SourceRecord{4, {"http://f", 10, "image/fits", "o.fits"}}));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->value.url, "http://f");
  EXPECT_EQ(source->value.length, 10U);
  EXPECT_EQ(source->value.original_name, "o.fits");
}

TEST(RecordsTest, AnotherFormatIsAbsent) {
  std::string bytes = encode(some_snapshot());
  ++bytes[0];
  EXPECT_FALSE(decode<SnapshotRecord>(bytes));
  EXPECT_FALSE(decode<SnapshotRecord>(""));
}

EntryRecord some_entry() {
  EntryRecord entry;
  entry.name = "A.fits";
  entry.dataset.id = "A";
  entry.dataset.access_url = "http://a";
  return entry;
}

std::vector<client::Column> some_columns() {
  client::Column column;
  column.name = "s_ra";
  column.unit = "deg";
  return {column, column};
}

// Every record in its encoded form, and what decodes it.
struct Sample {
  std::string bytes;
  bool (*decodes)(std::string_view);
};
template <class Record>
bool decodes(std::string_view bytes) {
  return decode<Record>(bytes).has_value();
}
std::vector<Sample> samples() {
  return {{encode_row(row_of_all_kinds()), decodes<client::Row>},
          {encode(some_snapshot()), decodes<SnapshotRecord>},
          {encode(AttemptRecord{"job", true, Error(EIO, "broken"), 5}), decodes<AttemptRecord>},
          {encode(GenerationRecord{"query", GenerationRecord::State::kCommitted, 4, 5}),
           decodes<GenerationRecord>},
          {encode(some_entry()), decodes<EntryRecord>},
          {encode(ColumnsRecord{some_columns()}), decodes<ColumnsRecord>},
          {encode(NumberRecord{300}), decodes<NumberRecord>},
          {encode(LinksRecord{3, all_of_links()}), decodes<LinksRecord>},
          {encode(SourceRecord{4, {"http://f", 10, "image/fits", "o"}}), decodes<SourceRecord>},
          {encode(NamedRowRecord{5, some_columns(), row_of_all_kinds()}), decodes<NamedRowRecord>}};
}

TEST(RecordsTest, ATruncatedRecordIsAbsent) {
  for (const auto& sample : samples()) {
    ASSERT_TRUE(sample.decodes(sample.bytes));
    for (std::size_t size = 0; size < sample.bytes.size(); ++size) {
      // A copy of its own size, so that a sanitizer sees the first byte read too much.
      const std::vector<char> cut(sample.bytes.begin(),
                                  sample.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(sample.decodes({cut.data(), cut.size()})) << size << " of " << sample.bytes.size();
    }
    EXPECT_FALSE(sample.decodes(sample.bytes + "x"));
  }
}

TEST(RecordsTest, DamagedRecordsNeverCrash) {
  std::mt19937 random(253);
  int whole = 0;
  for (const auto& sample : samples()) {
    for (int round = 0; round < 3000; ++round) {
      std::vector<char> bytes(sample.bytes.begin(), sample.bytes.end());
      for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
        bytes[1 + random() % (bytes.size() - 1)] = static_cast<char>(random() % 256);
      whole += sample.decodes({bytes.data(), bytes.size()}) ? 1 : 0;
    }
  }
  EXPECT_GT(whole, 0);  // some changes only change a text
}

TEST(RecordsTest, ArraysNestedTooDeeplyAreDamage) {
  std::string bytes("\x01\x01", 2);  // format, one value
  for (int i = 0; i < 100'000; ++i) bytes += std::string("\x09\x01", 2);
  bytes += '\0';
  EXPECT_FALSE(decode<client::Row>(bytes));
}

// What an earlier program has written, and this one would write the same.
template <class Record>
bool is_stable(std::string_view bytes) {
  const auto record = decode<Record>(bytes);
  if constexpr (std::is_same_v<Record, client::Row>) {
    return record && encode_row(*record) == bytes;
  } else {
    return record && encode(*record) == bytes;
  }
}

bool is_stable_in_listings(std::string_view key, std::string_view bytes) {
  switch (key.front()) {
    case 'S':
      return is_stable<SnapshotRecord>(bytes);
    case 'A':
      return is_stable<AttemptRecord>(bytes);
    case 'C':
      return is_stable<ColumnsRecord>(bytes);
    default:
      return key.front() == 'G' && is_stable<GenerationRecord>(bytes);
  }
}

TEST(RecordsTest, RecordsOfAStoredCacheAreReadAndWrittenAlike) {
  const tests::TempDir folder;
  const std::string unpack = "tar -xJf " ESOFS_SOURCE_DIR
                             "/tests/mount/machine/data/stored_cache.tar.xz -C " +
                             folder.path().string();
  ASSERT_EQ(std::system(unpack.c_str()), 0);  // NOLINT(cert-env33-c): a path of our own
  auto store = MetadataStore::open({folder / "cache", 1ULL << 30U});
  ASSERT_TRUE(store) << store.error().what();
  const std::vector<std::pair<Shelf, bool (*)(std::string_view)>> shelves = {
      {Shelf::kEntries, is_stable<EntryRecord>},      {Shelf::kNames, is_stable<NumberRecord>},
      {Shelf::kRows, is_stable<client::Row>},         {Shelf::kLinks, is_stable<LinksRecord>},
      {Shelf::kSources, is_stable<SourceRecord>},     {Shelf::kIdRows, is_stable<NamedRowRecord>},
      {Shelf::kVisited, is_stable<NumberRecord>},     {Shelf::kCalibs, is_stable<AssociationsRecord>},
      {Shelf::kPositions, is_stable<PositionRecord>}, {Shelf::kJobs, is_stable<JobRecord>}};
  for (const auto& [shelf, stable] : shelves) {
    int seen = 0;
    ASSERT_TRUE((*store)->scan(shelf, "", [&, stable = stable](std::string_view key, std::string_view value) {
      ++seen;
      EXPECT_TRUE(stable(value)) << key;
      return true;
    }));
    EXPECT_GT(seen, 0) << "shelf " << static_cast<int>(shelf);
  }
  int listings = 0;
  ASSERT_TRUE((*store)->scan(Shelf::kListings, "", [&](std::string_view key, std::string_view value) {
    ++listings;
    EXPECT_TRUE(is_stable_in_listings(key, value)) << key;
    return true;
  }));
  EXPECT_GT(listings, 10);
}

}  // namespace
}  // namespace esofs::cache
