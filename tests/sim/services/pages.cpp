#include "tests/sim/services/pages.h"

#include <array>
#include <cstdio>

#include "tests/sim/files/compress.h"
#include "tests/sim/files/content.h"
#include "tests/sim/text.h"

namespace esofs::sim {

Answer pdf_answer(const std::string& line) {
  std::string safe;
  for (const char c : line) safe += c == '(' || c == ')' || c == '\\' ? ' ' : c;
  const std::string drawing = "BT /F1 14 Tf 40 740 Td (" + safe + ") Tj ET";
  const std::array<std::string, 5> objects{
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R "
      ">> >> >>",
      "<< /Length " + std::to_string(drawing.size()) + " >>\nstream\n" + drawing + "\nendstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  std::string pdf = "%PDF-1.4\n";
  std::string table = "xref\n0 6\n0000000000 65535 f \n";
  int number = 0;
  for (const std::string& object : objects) {
    std::array<char, 24> entry{};
    std::snprintf(entry.data(), entry.size(), "%010zu 00000 n \n", pdf.size());
    table += entry.data();
    pdf += std::to_string(++number) + " 0 obj\n" + object + "\nendobj\n";
  }
  const std::string start = std::to_string(pdf.size());
  pdf += table + "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n" + start + "\n%%EOF\n";
  return text_answer(200, "application/pdf", pdf);
}

Answer preview(const std::string& rest) {
  const bool picture = rest.size() > 4 && rest.compare(rest.size() - 4, 4, ".png") == 0;
  if (!picture) return pdf_answer("Preview of " + rest);
  return text_answer(200, "image/png", png(seed_of(rest), 160));
}

Answer html_answer(int status, const std::string& title, const std::string& sentence) {
  return text_answer(status, "text/html;charset=UTF-8",
                     "<!DOCTYPE html>\n<html><head><title>" + xml_escape(title) + "</title></head><body><p>" +
                         xml_escape(sentence) + "</p></body></html>\n");
}

Answer login_page() {
  return text_answer(
      200, "text/html;charset=UTF-8",
      "<!DOCTYPE html>\n<html><head><title>ESO User Portal</title></head><body>\n"
      "<form method=\"post\" action=\"/sso/login\"><p>Please log in.</p>\n"
      "<input name=\"username\"><input name=\"password\" type=\"password\"></form></body></html>\n");
}

}  // namespace esofs::sim
