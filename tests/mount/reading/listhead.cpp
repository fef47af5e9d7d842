// Prints the header of every HDU, or of the one that the name selects (FILE[0]), like CFITSIO's example program of that
// name: it reads as programs with CFITSIO do.
#include <fitsio.h>

#include <array>
#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  fitsfile* file = nullptr;
  int status = 0;
  fits_open_file(&file, argv[1], READONLY, &status);
  const bool selected = std::string_view(argv[1]).ends_with(']');
  while (status == 0) {
    int keys = 0;
    fits_get_hdrspace(file, &keys, nullptr, &status);
    for (int i = 1; i <= keys && status == 0; ++i) {
      std::array<char, FLEN_CARD> card{};
      fits_read_record(file, i, card.data(), &status);
      (void)std::puts(card.data());
    }
    (void)std::puts("END\n");
    if (selected) break;
    if (status == 0) fits_movrel_hdu(file, 1, nullptr, &status);
  }
  if (status == END_OF_FILE) status = 0;
  int close_status = 0;
  if (file != nullptr) fits_close_file(file, &close_status);
  if (status != 0) fits_report_error(stderr, status);
  return status == 0 ? 0 : 1;
}
