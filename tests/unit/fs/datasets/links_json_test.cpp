// links.json.
#include "fs/datasets/links_json.h"

#include <gtest/gtest.h>

#include "tests/unit/fs/datasets/link_rows.h"

namespace esofs::tests {
namespace {

TEST(LinksJsonTest, RowsAndServicesAreShownAndEmptyCellsLeftOut) {
  client::Links links =
      answer({link("#this", "http://x/a", "application/fits"), failed("#auxiliary", "lost \xff")});
  client::ServiceDescriptor soda;
  soda.id = "soda";
  soda.params["accessURL"] = "http://x/soda";
  client::ServiceParam circle;
  circle.column.name = "CIRCLE";
  circle.max = "1 2 3";
  soda.inputs = {circle};
  links.services = {soda};
  EXPECT_EQ(fs::links_json(links), R"({
  "links": [
    {
      "semantics": "#this",
      "access_url": "http://x/a",
      "content_type": "application/fits"
    },
    {
      "semantics": "#auxiliary",
      "error_message": "lost )"
                                   "\xEF\xBF\xBD"
                                   R"("
    }
  ],
  "services": [
    {
      "id": "soda",
      "params": {
        "accessURL": "http://x/soda"
      },
      "inputs": [
        {
          "name": "CIRCLE",
          "max": "1 2 3"
        }
      ]
    }
  ]
}
)");
}

}  // namespace
}  // namespace esofs::tests
