#include <gmock/gmock.h>

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SesameServiceTest : public SimTest {
 protected:
  std::string sesame(const std::string& name) {
    return get(url(), "/cgi-bin/nph-sesame/-ox/SNV?" + name).body;
  }
};

TEST_F(SesameServiceTest, KnowsSomeObjectsByAnyOfTheirNames) {
  for (const char* name : {"NGC%20253", "ngc253", "Sculptor+Galaxy"})
    EXPECT_THAT(sesame(name), HasSubstr("<jradeg>11.888002</jradeg>")) << name;
  EXPECT_THAT(sesame("Barnard%27s%20star"), HasSubstr("<jdedeg>4.693365</jdedeg>"));
  EXPECT_THAT(sesame("Betelgeuse"), HasSubstr("<jpos>05:55:10.305 +07:24:25.43</jpos>"));
}

TEST_F(SesameServiceTest, ReportsThatACatalogueFoundNothing) {
  const auto unknown = sesame("Nonsense");
  EXPECT_THAT(unknown, HasSubstr("*** Nothing found ***"));
  EXPECT_THAT(unknown, Not(HasSubstr("jradeg")));
}

}  // namespace
}  // namespace esofs::sim
