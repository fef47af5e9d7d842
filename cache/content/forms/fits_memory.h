// FitsMemory: a small FITS file in memory, for CFITSIO.
//
//   errors   status codes of CFITSIO, in *status
//   threads  not thread-safe. REQUIRES for all of it: cfitsio_lock() held (fits_file.h)
//   source   CFITSIO 4.2 (fits_open_memfile, fits_create_memfile)
#pragma once

#include <fitsio.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "cache/content/forms/fits_file.h"

namespace esofs::cache {

class FitsMemory {
 public:
  // A new file. expected: bytes that it will have; more is right as well.
  FitsMemory(std::size_t expected, int* status);
  // The file `bytes`, for reading.
  FitsMemory(std::string bytes, int* status);
  ~FitsMemory();
  FitsMemory(const FitsMemory&) = delete;
  FitsMemory& operator=(const FitsMemory&) = delete;

  fitsfile* get() const noexcept { return file_.get(); }
  // The header of the current HDU, and its data as far as it is written. Until the next call that writes.
  std::string_view header(int* status);
  std::string_view data(std::size_t size, int* status);

 private:
  std::string_view part(LONGLONG begin, std::size_t size, int* status);

  std::string bytes_;  // of a file that is read
  void* memory_;       // CFITSIO may give it another place
  std::size_t size_ = 0;
  Fits file_;
};

}  // namespace esofs::cache
