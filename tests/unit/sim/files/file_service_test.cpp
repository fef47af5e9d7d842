#include "tests/sim/files/file_service.h"

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

using FileServiceTest = SimTest;

TEST_F(FileServiceTest, AFileComesWholeUnderItsArchiveName) {
  const Reply reply = get(url(), file(kImage));
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, all_bytes(content(kImage)));
  EXPECT_EQ(reply.header("content-type"), "application/octet-stream");
  EXPECT_EQ(reply.header("content-disposition"), "attachment; filename=\"" + std::string(kImage) + ".fits\"");
  EXPECT_EQ(get(url(), "/dataPortal_new/file/" + std::string(kImage)).body, reply.body);
  EXPECT_EQ(get(url(), "/dataPortal/file/ADP.2014-11-12T16%3A17%3A07.630").body, reply.body);
}

TEST_F(FileServiceTest, AFolderListsTheFileThatLiesInIt) {
  const std::string folder = "/folders/" + std::string(kImage);
  for (const char* slash : {"", "/"}) {
    const Reply page = get(url(), folder + slash);
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("href=\"file.fits\""), std::string::npos) << page.body;
  }
  const Reply part = get_range(url(), folder + "/file.fits", "100-299");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, bytes(kImage, 100, 200));
  EXPECT_EQ(get(url(), folder + "/other.fits").status, 404);
  EXPECT_EQ(get(url(), "/folders/ADP.1999/").status, 404);
}

TEST_F(FileServiceTest, PackedRawsHaveTheSuffixOfTheirPacking) {
  EXPECT_EQ(request(url(), "HEAD", file(kRawZ)).header("content-disposition"),
            "attachment; filename=\"" + std::string(kRawZ) + ".fits.Z\"");
  EXPECT_EQ(request(url(), "HEAD", file(kRawFz)).header("content-disposition"),
            "attachment; filename=\"" + std::string(kRawFz) + ".fits.fz\"");
  EXPECT_EQ(request(url(), "HEAD", file(std::string(kRawZ) + ".NL")).header("content-disposition"),
            "attachment; filename=\"" + std::string(kRawZ) + ".NL.txt\"");
}

TEST_F(FileServiceTest, ARangeIsTheBytesAskedFor) {
  const std::uint64_t size = content(kImage).size();
  const Reply middle = get_range(url(), file(kImage), "100-299");
  EXPECT_EQ(middle.status, 206);
  EXPECT_EQ(middle.header("content-range"), "bytes 100-299/" + std::to_string(size));
  EXPECT_EQ(middle.body, bytes(kImage, 100, 200));

  const Reply open = get_range(url(), file(kImage), std::to_string(size - 5) + "-");
  EXPECT_EQ(open.body, bytes(kImage, size - 5, 5));
  const Reply suffix = get_range(url(), file(kImage), "-7");
  EXPECT_EQ(suffix.header("content-range"), "bytes " + std::to_string(size - 7) + "-" +
                                                std::to_string(size - 1) + "/" + std::to_string(size));
  EXPECT_EQ(suffix.body, bytes(kImage, size - 7, 7));
  EXPECT_EQ(get_range(url(), file(kImage), "0-99999999999").body.size(), size);
}

TEST_F(FileServiceTest, ARangeOutsideTheFileIs416) {
  const std::string size = std::to_string(content(kImage).size());
  for (const std::string& range : {size + "-", std::string("-0")}) {
    const Reply reply = get_range(url(), file(kImage), range);
    EXPECT_EQ(reply.status, 416);
    EXPECT_EQ(reply.header("content-range"), "bytes */" + size);
  }
}

TEST_F(FileServiceTest, SeveralOrMalformedRangesMeanTheWholeFile) {
  for (const char* range : {"0-1,5-6", "x-y", "9-3"}) {
    const Reply reply = get_range(url(), file(kImage), range);
    EXPECT_EQ(reply.status, 200) << range;
    EXPECT_EQ(reply.body.size(), content(kImage).size());
  }
}

TEST_F(FileServiceTest, AFileWithACorrectedHeaderIgnoresRanges) {
  const Reply reply = get_range(url(), file(kPatched), "0-9");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("accept-ranges"), "");
  EXPECT_EQ(reply.body.size(), content(kPatched).size());
}

TEST_F(FileServiceTest, IfRangeComparesTheValidator) {
  const std::string etag = request(url(), "HEAD", file(kImage)).header("etag");
  ASSERT_NE(etag, "");
  EXPECT_EQ(get(url(), file(kImage), {{"Range", "bytes=0-9"}, {"If-Range", etag}}).status, 206);
  EXPECT_EQ(get(url(), file(kImage), {{"Range", "bytes=0-9"}, {"If-Range", "\"other\""}}).status, 200);
}

TEST_F(FileServiceTest, ValidatorsAreTheSameInEveryRun) {
  const Reply first = request(url(), "HEAD", file(kImage));
  sim_ = ArchiveSim::start({});
  const Reply second = request(url(), "HEAD", file(kImage));
  EXPECT_EQ(first.header("etag"), second.header("etag"));
  EXPECT_EQ(first.header("last-modified"), second.header("last-modified"));
  EXPECT_NE(first.header("last-modified"), "");
}

TEST_F(FileServiceTest, UnknownIdsAre404) {
  EXPECT_EQ(get(url(), file("ADP.1999-01-01T00:00:00.000")).status, 404);
}

TEST_F(FileServiceTest, ProprietaryFilesNeedALogin) {
  const Reply refused = get(url(), file(kProprietary));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("www-authenticate").substr(0, 5), "Basic");
  EXPECT_EQ(get(url(), file(kProprietary), {{"Authorization", "Basic b2JzZXJ2ZXI6c2VjcmV0"}}).status, 200);
  EXPECT_EQ(get(url(), file(kProprietary), {{"Authorization", "Bearer sim-token"}}).status, 200);
  EXPECT_EQ(get(url(), file(kProprietary), {{"Authorization", "Bearer other"}}).status, 401);
}

TEST_F(FileServiceTest, GiantsAreComputedFromTheirOffsets) {
  const std::uint64_t size = content(kLargest).size();
  EXPECT_GT(size, 364'000'000'000U);
  const std::uint64_t far = 300'000'000'003;
  const Reply part = get_range(url(), file(kLargest), std::to_string(far) + "-" + std::to_string(far + 99));
  EXPECT_EQ(part.body, bytes(kLargest, far, 100));
  EXPECT_EQ(part.body.substr(1), bytes(kLargest, far + 1, 99));
  EXPECT_NE(part.body, bytes(kLargest, far + 4, 100));
  EXPECT_NE(part.body, bytes(kLargest, far + 8, 100));
  EXPECT_NE(part.body, bytes(kLargest, far + 65536, 100));
}

TEST_F(FileServiceTest, RequestsAreLogged) {
  get_range(url(), file(kImage), "0-9");
  const auto log = sim_->requests();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].method, "GET");
  EXPECT_EQ(log[0].target, file(kImage));
  EXPECT_EQ(log[0].range, "bytes=0-9");
  EXPECT_EQ(log[0].status, 206);
  EXPECT_EQ(log[0].body_bytes, 10U);
  EXPECT_EQ(sim_->counters().body_bytes, 10U);
  sim_->reset_log();
  EXPECT_TRUE(sim_->requests().empty());
  EXPECT_EQ(sim_->counters().requests, 0U);
}

}  // namespace
}  // namespace esofs::sim
