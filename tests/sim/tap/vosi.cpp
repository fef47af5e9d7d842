#include "tests/sim/tap/vosi.h"

#include <array>

#include "tests/sim/tap/output/output.h"
#include "tests/sim/tap/query_answer.h"

namespace esofs::sim::tap {
namespace {

std::string element(const std::string& name, const std::string& text) {
  return text.empty() ? std::string() : "<" + name + ">" + xml_text(text) + "</" + name + ">";
}

std::string feature(const std::string& form) {
  return "<feature><form>" + xml_text(form) + "</form></feature>";
}

std::string language(const VosiFacts& facts) {
  std::string out =
      "<language><name>ADQL</name><version ivo-id=\"ivo://ivoa.net/std/ADQL#v2.0\">2.0</version>"
      "<description>ADQL 2.0</description>"
      "<languageFeatures type=\"ivo://ivoa.net/std/TAPRegExt#features-adqlgeo\">";
  if (facts.observations) {
    for (const char* form : {"AREA", "BOX", "CENTROID", "CIRCLE", "CONTAINS", "COORD1", "COORD2", "COORDSYS",
                             "DISTANCE", "INTERSECTS", "POINT", "POLYGON", "REGION"})
      out += feature(form);
    out += "</languageFeatures><languageFeatures type=\"ivo://ivoa.net/std/TAPRegExt#features-udf\">";
    out += feature("ESO_INTERSECTION(region1 REGION, region2 REGION) -> DOUBLE");
    out += feature("ESO_DATEADD_SEC(seconds INTEGER, date TIMESTAMP) -> TIMESTAMP");
    out += feature("ESO_SUBSTRING(text VARCHAR, start INTEGER, length INTEGER) -> VARCHAR");
    out += feature("GETDATE() -> TIMESTAMP");
  } else {
    for (const char* form : {"CIRCLE", "CONTAINS", "POINT"}) out += feature(form);
  }
  return out + "</languageFeatures></language>";
}

std::string output_formats() {
  std::string out;
  for (const auto& format : formats()) {
    out += format.standard_id.empty() ? "<outputFormat>"
                                      : "<outputFormat ivo-id=\"" + format.standard_id + "\">";
    out += element("mime", format.mime);
    for (const auto& name : format.names)
      if (name.find("xml") == std::string::npos && name != format.mime) out += element("alias", name);
    out += "</outputFormat>";
  }
  return out;
}

std::string plain_capability(const VosiFacts& facts, const std::string& id, const std::string& child,
                             const std::string& version) {
  return "<capability standardID=\"" + id + "\"><interface xsi:type=\"vs:ParamHTTP\" role=\"std\"" + version +
         "><accessURL use=\"full\">" + facts.url + child + "</accessURL></interface></capability>";
}

constexpr std::string_view kXsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
constexpr std::string_view kVods = "xmlns:ns4=\"http://www.ivoa.net/xml/VODataService/v1.1\"";

std::string data_type(const Schema& schema, const Column& column) {
  std::string out = "<dataType " + std::string(kXsi) + " " + std::string(kVods);
  if (schema.sql_datatypes) {
    out += " xsi:type=\"ns4:TAPType\"";
    const std::string size = column.arraysize.substr(0, column.arraysize.find('*'));
    if (!size.empty()) out += " size=\"" + size + "\"";
    return out + ">" + sql_datatype(column.datatype) + "</dataType>";
  }
  out += " xsi:type=\"ns4:VOTableType\"";
  if (!column.arraysize.empty()) out += " arraysize=\"" + column.arraysize + "\"";
  if (!column.xtype.empty()) out += " extendedType=\"" + column.xtype + "\"";
  return out + ">" + column.datatype + "</dataType>";
}

std::string column_element(const Schema& schema, const Table& table, const Column& column) {
  std::string out = table.schema == "TAP_SCHEMA" ? "<column std=\"true\">" : "<column>";
  out += element("name", adql_name(column.name)) + element("description", column.description);
  out += element("unit", column.unit) + element("ucd", column.ucd) + element("utype", column.utype);
  out += data_type(schema, column);
  if (column.principal) out += "<flag>principal</flag>";
  if (column.indexed) out += "<flag>indexed</flag>";
  return out + "</column>";
}

std::string table_body(const Schema& schema, const Table& table, const VosiFacts& facts) {
  std::string out = element("name", facts.bare_names ? table.bare() : table.name);
  out += element("description", table.description);
  for (const auto& column : table.columns) out += column_element(schema, table, column);
  for (const auto& key : table.keys) {
    const Table* target = schema.find(key.target_table);
    out += "<foreignKey>" + element("targetTable", facts.bare_names ? target->bare() : target->name) +
           "<fkColumn>" + element("fromColumn", key.from_column) +
           element("targetColumn", key.target_column) + "</fkColumn></foreignKey>";
  }
  return out;
}

}  // namespace

std::string capabilities(const VosiFacts& facts) {
  const std::string limits =
      "<retentionPeriod><default>86400</default><hard>15811200</hard></retentionPeriod>"
      "<executionDuration><default>60</default><hard>3600</hard></executionDuration>"
      "<outputLimit><default unit=\"row\">" +
      std::to_string(kDefaultMaxrec) + "</default><hard unit=\"row\">" + std::to_string(kHardMaxrec) +
      "</hard></outputLimit>";
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<vosi:capabilities xmlns:vosi=\"http://www.ivoa.net/xml/VOSICapabilities/v1.0\" " +
      std::string(kXsi) +
      " xmlns:vs=\"http://www.ivoa.net/xml/VODataService/v1.1\" "
      "xmlns:tr=\"http://www.ivoa.net/xml/TAPRegExt/v1.0\">"
      "<capability standardID=\"ivo://ivoa.net/std/TAP\" xsi:type=\"tr:TableAccess\">"
      "<interface xsi:type=\"vs:ParamHTTP\" role=\"std\" version=\"1.1\"><accessURL use=\"base\">" +
      facts.url + "</accessURL></interface>";
  if (facts.observations)
    out += "<dataModel ivo-id=\"ivo://ivoa.net/std/ObsCore#core-1.1\">ObsCore-1.1</dataModel>";
  out += language(facts) + output_formats() + limits + "</capability>";
  out += plain_capability(facts, "ivo://ivoa.net/std/VOSI#availability", "/availability", "");
  out += plain_capability(facts, "ivo://ivoa.net/std/VOSI#capabilities", "/capabilities", "");
  out += plain_capability(facts, "ivo://ivoa.net/std/VOSI#tables-1.1", "/tables", " version=\"1.1\"");
  out += plain_capability(facts, "ivo://ivoa.net/std/DALI#examples", "/examples", "");
  return out + "</vosi:capabilities>\n";
}

std::string availability() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<vosi:availability xmlns:vosi=\"http://www.ivoa.net/xml/VOSIAvailability/v1.0\">"
         "<vosi:available>true</vosi:available></vosi:availability>\n";
}

std::string examples(const VosiFacts& facts) {
  struct Example {
    std::string_view id;
    std::string_view title;
    std::string_view query;
  };
  static const std::array<Example, 2> observations = {
      {{"cone", "Reduced data about a position",
        "SELECT TOP 10 dp_id, s_ra, s_dec FROM ivoa.ObsCore WHERE 1=INTERSECTS(s_region, CIRCLE('', 83.82, "
        "-5.39, 0.5))"},
       {"raw", "Raw frames of an instrument",
        "SELECT TOP 10 dp_id, exp_start FROM dbo.raw WHERE instrument='MUSE'"}}};
  static const std::array<Example, 2> catalogues = {
      {{"cone", "Sources about a position",
        "SELECT TOP 10 SOURCEID, RA2000, DEC2000 FROM safcat.SIMSURVEY_CAT_V2 WHERE CONTAINS(POINT('', "
        "RA2000, DEC2000), "
        "CIRCLE('', 53.1, -27.8, 0.1)) = 1"},
       {"tables", "The catalogues",
        "SELECT table_name, title, version FROM TAP_SCHEMA.tables WHERE schema_name='safcat'"}}};
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML+RDFa 1.0//EN\" "
      "\"http://www.w3.org/MarkUp/DTD/xhtml-rdfa-1.dtd\">\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" version=\"XHTML+RDFa 1.0\">\n"
      "<head><title>Examples</title></head>\n<body vocab=\"http://www.ivoa.net/rdf/examples#\">\n";
  for (const auto& [id, title, query] : facts.observations ? observations : catalogues) {
    out += "<div typeof=\"example\" id=\"" + std::string(id) + "\" resource=\"#" + std::string(id) + "\">\n";
    out += "<h2 property=\"name\">" + std::string(title) + "</h2>\n";
    out += "<pre property=\"query\">" + xml_text(query) + "</pre>\n</div>\n";
  }
  return out + "</body>\n</html>\n";
}

std::string tableset(const Schema& schema, const VosiFacts& facts) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
      "<ns2:tableset xmlns:ns2=\"http://www.ivoa.net/xml/VOSITables/v1.0\">";
  std::string open;
  for (const auto& row : schema_rows(schema, "TAP_SCHEMA.schemas", false)) {
    const auto& name = std::get<std::string>(row.at("schema_name"));
    out += "<schema>" + element("name", name) +
           element("description", std::get<std::string>(row.at("description")));
    for (const auto& table : schema.tables) {
      if (table.schema == name)
        out += "<table type=\"" + table.type + "\">" + table_body(schema, table, facts) + "</table>";
    }
    out += "</schema>";
  }
  return out + "</ns2:tableset>";
}

std::string table_document(const Schema& schema, const Table& table, const VosiFacts& facts) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
         "<ns2:table xmlns:ns2=\"http://www.ivoa.net/xml/VOSITables/v1.0\" type=\"" +
         table.type + "\">" + table_body(schema, table, facts) + "</ns2:table>";
}

}  // namespace esofs::sim::tap
