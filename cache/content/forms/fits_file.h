// FITS files through CFITSIO: opening by descriptor, and whether every byte of a file belongs to what CFITSIO sees in it.
// CFITSIO takes an HDU that it cannot read for the end of the file, and would silently drop the rest.
//
//   errors   EIO with CFITSIO's sentence, or with what is wrong with the file
//   threads  a function opens the file itself and holds cfitsio_lock() itself, unless it says REQUIRES
//   source   CFITSIO 4.2 (fits_get_num_hdus, fits_verify_chksum); FITS standard 4.0 sections 3.1 and 4.4.2.7
#pragma once

#include <fitsio.h>

#include <cstdint>
#include <memory>
#include <mutex>

#include "client/base/result.h"

namespace esofs::cache {

struct FitsCloser {
  void operator()(fitsfile* file) const {
    int status = 0;
    fits_close_file(file, &status);
  }
};
using Fits = std::unique_ptr<fitsfile, FitsCloser>;

// Held around calls of CFITSIO: that of the system may have been built without locks of its own.
std::unique_lock<std::mutex> cfitsio_lock();

Error fits_error(int status);

// REQUIRES: cfitsio_lock() held.
Result<Fits> open_fits(int fd);

// The number of HDUs of `file`, which was opened on `fd`. EIO: the HDUs do not follow each other without a gap, or they do
// not end where the file ends; fill of zeros or blanks may follow the last one. REQUIRES: cfitsio_lock() held.
Result<int> count_hdus(fitsfile* file, int fd);

// The same for the file `fd`.
Result<int> count_hdus(int fd);

// EIO if the data of the current HDU does not have the DATASUM of its header; false if there is none. CHECKSUM is
// ignored: it covers the header too, which the archive corrects on download. REQUIRES: cfitsio_lock() held.
Result<bool> verify_data(fitsfile* file);

// EIO if the header of the current HDU, which is tile-compressed, describes a plain form that `packed_bytes` of packed data
// cannot hold: CFITSIO believes these cards, and writes as much as they say. REQUIRES: cfitsio_lock() held.
Result<void> check_plain_form(fitsfile* file, std::uint64_t packed_bytes);

// Sets CHECKSUM and, if `data`, DATASUM of the current HDU to its present sums, if it has these keywords. Their
// comments stay. Without `data` an HDU whose data does not have its DATASUM stays as it is. REQUIRES: cfitsio_lock() held.
void renew_sums(fitsfile* file, bool data, int* status);

}  // namespace esofs::cache
