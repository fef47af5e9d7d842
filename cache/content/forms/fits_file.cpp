#include "cache/content/forms/fits_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <optional>
#include <string>

namespace esofs::cache {
namespace {

constexpr LONGLONG kFitsFileBlock = 2880;

// Fill as tapes and copying programs leave it: zeros or blanks from `offset` to the end of the file.
bool only_fill_from(int fd, off_t offset) {
  std::array<char, kFitsFileBlock> piece{};
  for (;;) {
    const ssize_t n = ::pread(fd, piece.data(), piece.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    if (!std::all_of(piece.begin(), piece.begin() + n, [](char c) { return c == '\0' || c == ' '; }))
      return false;
    offset += n;
  }
}

// Of plain bytes to packed ones. The tightest code is that of PLIO, which writes a run of 4096 pixels in 2 bytes.
constexpr double kMostDense = 16384;
constexpr double kSmallPlain = 64.0 * (1U << 20U);  // bytes, however few are packed

// nullopt: no such keyword; a value that is no integer is 2^63, as none is.
std::optional<double> integer_of(fitsfile* file, const std::string& keyword) {
  constexpr double kNoInteger = 9.3e18;
  LONGLONG value = 0;
  int status = 0;
  fits_read_key(file, TLONGLONG, keyword.c_str(), &value, nullptr, &status);
  if (status == 0) return static_cast<double>(value);
  fits_clear_errmsg();
  return status == KEY_NO_EXIST ? std::nullopt : std::optional(kNoInteger);
}

}  // namespace

std::unique_lock<std::mutex> cfitsio_lock() {
  static std::mutex mutex;
  return fits_is_reentrant() != 0 ? std::unique_lock<std::mutex>() : std::unique_lock(mutex);
}

Error fits_error(int status) {
  std::array<char, FLEN_STATUS> text{};
  fits_get_errstatus(status, text.data());
  std::string what = std::string("CFITSIO: ") + text.data();
  std::array<char, FLEN_ERRMSG> message{};
  if (fits_read_errmsg(message.data()) != 0) what += std::string(" (") + message.data() + ")";
  fits_clear_errmsg();
  return {EIO, what};
}

Result<Fits> open_fits(int fd) {
  int status = 0;
  fitsfile* opened = nullptr;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (fits_open_diskfile(&opened, path.c_str(), READONLY, &status) != 0) return fits_error(status);
  return Fits(opened);
}

Result<int> count_hdus(fitsfile* file, int fd) {
  int status = 0;
  int hdus = 0;
  fits_get_num_hdus(file, &hdus, &status);
  LONGLONG end = 0;
  for (int hdu = 1; hdu <= hdus && status == 0; ++hdu) {
    const LONGLONG expected = end;
    LONGLONG head = 0;
    fits_movabs_hdu(file, hdu, nullptr, &status);
    fits_get_hduaddrll(file, &head, nullptr, &end, &status);
    if (status == 0 && head != expected)
      return Error(EIO, "HDU " + std::to_string(hdu) + " does not begin where the one before it ends");
  }
  if (status != 0) return fits_error(status);
  struct stat state {};
  if (::fstat(fd, &state) != 0) return Error(EIO, "looking at a FITS file");
  if (end > state.st_size)
    return Error(EIO, "the FITS file is cut off: its " + std::to_string(hdus) + " HDUs need " +
                          std::to_string(end) + " bytes and " + std::to_string(state.st_size) + " are here");
  if (!only_fill_from(fd, static_cast<off_t>(end)))
    return Error(EIO, "the FITS file is damaged: what follows HDU " + std::to_string(hdus) + ", at byte " +
                          std::to_string(end) + ", is no HDU");
  return hdus;
}

Result<int> count_hdus(int fd) {
  const auto lock = cfitsio_lock();
  auto file = open_fits(fd);
  if (!file) return file.error();
  return count_hdus(file->get(), fd);
}

Result<bool> verify_data(fitsfile* file) {
  int status = 0;
  int data = 0;
  int all = 0;
  fits_verify_chksum(file, &data, &all, &status);
  if (status != 0) return fits_error(status);
  int hdu = 0;
  fits_get_hdu_num(file, &hdu);
  if (data < 0) return Error(EIO, "the data of HDU " + std::to_string(hdu) + " does not have its DATASUM");
  return data > 0;
}

Result<void> check_plain_form(fitsfile* file, std::uint64_t packed_bytes) {
  const auto damaged = [](const std::string& what) { return Error(EIO, "a damaged header: " + what); };
  const double axes = integer_of(file, "ZNAXIS").value_or(0);
  if (axes < 0 || axes > 99) return damaged("ZNAXIS");
  double bytes = axes == 0 ? 0 : std::abs(integer_of(file, "ZBITPIX").value_or(8)) / 8;
  double tile = bytes;
  for (int i = 1; i <= static_cast<int>(axes); ++i) {
    const std::string keyword = "ZNAXIS" + std::to_string(i);
    const double size = integer_of(file, keyword).value_or(-1);
    if (size < 0) return damaged(keyword);
    bytes *= size;
    tile *= std::max(1.0, integer_of(file, "ZTILE" + std::to_string(i)).value_or(i == 1 ? size : 1));
  }
  if (tile > bytes + kSmallPlain) return damaged("tiles that are larger than the image");
  if (integer_of(file, "ZGCOUNT").value_or(1) != 1) return damaged("ZGCOUNT is not 1");
  const double heap = integer_of(file, "ZPCOUNT").value_or(0);
  int status = 0;
  const bool image = fits_is_compressed_image(file, &status) != 0;
  if (heap < 0 || (image && heap != 0)) return damaged("ZPCOUNT");
  if (bytes + heap > kSmallPlain + kMostDense * static_cast<double>(packed_bytes))
    return damaged("its plain form would be larger than the packed data can hold");
  return {};
}

void renew_sums(fitsfile* file, bool data, int* status) {
  constexpr const char* kKeepComment = "&";
  int data_state = 0;  // -1: wrong, 0: no such keyword, 1: right
  int state = 0;
  fits_verify_chksum(file, &data_state, &state, status);
  if (data_state >= 0 && state >= 0) return;
  if (data_state < 0 && !data) return;
  unsigned long data_sum = 0;
  unsigned long sum = 0;
  if (data_state < 0) {
    fits_get_chksum(file, &data_sum, &sum, status);
    fits_modify_key_str(file, "DATASUM", std::to_string(data_sum).c_str(), kKeepComment, status);
  }
  if (state == 0) return;
  fits_modify_key_str(file, "CHECKSUM", "0000000000000000", kKeepComment, status);
  fits_get_chksum(file, &data_sum, &sum, status);
  std::array<char, FLEN_VALUE> text{};
  fits_encode_chksum(sum, 1, text.data());
  fits_modify_key_str(file, "CHECKSUM", text.data(), kKeepComment, status);
}

}  // namespace esofs::cache
