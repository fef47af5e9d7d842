#include "cache/content/forms/fits_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
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
