#include "cache/content/forms/wholeness.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "tests/support/fits_text.h"
#include "tests/support/lzw.h"

namespace esofs::cache {
namespace {

using Bytes = std::vector<std::byte>;
using tests::bytes_of;
using tests::fits_of;

int error_of(const Bytes& file, std::size_t piece = 1000) {
  Wholeness wholeness;
  for (std::size_t at = 0; at < file.size(); at += piece)
    wholeness.feed(std::span(file).subspan(at, std::min(piece, file.size() - at)));
  const auto ended = wholeness.end();
  return ended ? 0 : ended.error().code();
}

Bytes cut(const Bytes& file, std::size_t size) {
  return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)};
}

Bytes with(Bytes file, std::size_t more, std::byte what) {
  file.insert(file.end(), more, what);
  return file;
}

// One or two members in an archive of this format and filter. raw: without a format, one member only.
Bytes archived(int format, int filter, const Bytes& member, int members = 2) {
  Bytes made(member.size() * 4 + 100'000);
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format(writer, format);
  archive_write_add_filter(writer, filter);
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open_memory(writer, made.data(), made.size(), &used);
  for (int i = 0; i < members; ++i) {
    archive_entry* entry = archive_entry_new();
    const std::string name =
        (i == 0 ? std::string(90, 'd') + "/" : "") + std::string(90, 'n') + std::to_string(i) + ".fits";
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.size()));
    archive_write_header(writer, entry);
    archive_write_data(writer, member.data(), member.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  made.resize(used);
  return made;
}

Bytes packed(int filter, const Bytes& plain) { return archived(ARCHIVE_FORMAT_RAW, filter, plain, 1); }

const Bytes kFits = bytes_of(fits_of(100'000));

TEST(Wholeness, PlainFitsGoesByItsHeaders) {
  EXPECT_EQ(error_of(kFits), 0);
  EXPECT_EQ(error_of(cut(kFits, 50'000)), EIO);
  EXPECT_EQ(error_of(cut(kFits, 100)), EIO) << "less than what tells the form";
}

TEST(Wholeness, GzipHasItsEndAndWhatIsInsideToo) {
  const Bytes file = packed(ARCHIVE_FILTER_GZIP, kFits);
  EXPECT_EQ(error_of(file), 0);
  for (const std::size_t left : {std::size_t{1}, std::size_t{8}, file.size() / 2})
    EXPECT_EQ(error_of(cut(file, file.size() - left)), EIO) << left;
  EXPECT_EQ(error_of(packed(ARCHIVE_FILTER_GZIP, cut(kFits, 50'000))), EIO);
  EXPECT_EQ(error_of(with(file, 600, std::byte{0})), 0);
  EXPECT_EQ(error_of(with(file, 600, std::byte{'x'})), 0) << "gzip ignores what follows";
  EXPECT_EQ(error_of(packed(ARCHIVE_FILTER_GZIP, Bytes(50'000, std::byte{'x'}))), 0);
}

TEST(Wholeness, LzwGoesByWhatIsInside) {
  EXPECT_EQ(error_of(tests::lzw_of(kFits, true)), 0);
  EXPECT_EQ(error_of(tests::lzw_of(kFits, false)), 0);
  const Bytes file = tests::lzw_of(kFits, true);
  EXPECT_EQ(error_of(cut(file, file.size() / 2)), EIO);
}

TEST(Wholeness, Bzip2HasItsEndMark) {
  for (std::size_t more = 0; more < 20; ++more) {  // the mark begins at any bit
    const Bytes file = packed(ARCHIVE_FILTER_BZIP2, with(kFits, more, std::byte{'x'}));
    EXPECT_EQ(error_of(file), 0) << more;
    EXPECT_EQ(error_of(with(file, 100, std::byte{0})), 0) << more;
    EXPECT_EQ(error_of(cut(file, file.size() - 1)), EIO) << more;
    EXPECT_EQ(error_of(cut(file, file.size() / 2)), EIO) << more;
  }
}

TEST(Wholeness, ATarFileEndsWithItsMark) {
  for (const int format :
       {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE}) {
    const Bytes file = archived(format, ARCHIVE_FILTER_NONE, kFits);
    EXPECT_EQ(error_of(file), 0) << format;
    EXPECT_EQ(error_of(file, 7), 0) << format;
    EXPECT_EQ(error_of(cut(file, file.size() - 1024)), EIO) << format << ": between two members";
    EXPECT_EQ(error_of(cut(file, file.size() / 2)), EIO) << format;
    EXPECT_EQ(error_of(cut(file, 1000)), EIO) << format;
    EXPECT_EQ(error_of(with(file, 5000, std::byte{'x'})), 0) << format;
  }
  const Bytes zeros = archived(ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, Bytes(100'000));
  EXPECT_EQ(error_of(cut(zeros, 50'176)), EIO) << "zeros in a member are no mark";
  const Bytes gz = archived(ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, kFits);
  EXPECT_EQ(error_of(gz), 0);
  EXPECT_EQ(error_of(cut(gz, gz.size() - 1)), EIO);
}

TEST(Wholeness, AZipFileEndsWithItsDirectory) {
  const Bytes file = archived(ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, kFits);
  EXPECT_EQ(error_of(file), 0);
  for (const std::size_t left : {std::size_t{1}, std::size_t{22}, file.size() / 2})
    EXPECT_EQ(error_of(cut(file, file.size() - left)), EIO) << left;
  Bytes commented = with(file, 300, std::byte{'c'});
  commented[file.size() - 2] = std::byte{300 - 256};
  commented[file.size() - 1] = std::byte{1};
  EXPECT_EQ(error_of(commented), 0);
}

TEST(Wholeness, OtherFormsAreNotJudged) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{5000}})
    EXPECT_EQ(error_of(Bytes(size, std::byte{'x'})), 0) << size;
}

}  // namespace
}  // namespace esofs::cache
