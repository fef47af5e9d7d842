// Pages that links point to and clients do not parse: previews, release descriptions, landing pages, login.
#pragma once

#include <string>

#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// /previews/v1/files/<rest>: a PNG if `rest` ends so, else a page of PDF.
Answer preview(const std::string& rest);

Answer pdf_answer(const std::string& line);
Answer html_answer(int status, const std::string& title, const std::string& sentence);
Answer login_page();

}  // namespace esofs::sim
