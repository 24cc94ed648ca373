#include "alert/template/template.h"

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

class FixedQuery final : public TemplateQuery {
 public:
  absl::StatusOr<std::vector<TemplateSample>> Query(std::string_view expr,
                                                    model::Timestamp t) override {
    if (expr == "bad") {
      return absl::InvalidArgumentError("1:1: parse error: nothing good");
    }
    if (expr == "time") {
      return std::vector<TemplateSample>{{model::Labels(), static_cast<double>(t) / 1000}};
    }
    if (expr == "none") {
      return std::vector<TemplateSample>();
    }
    return std::vector<TemplateSample>{
        {model::Labels::Of({{"__name__", "m"}, {"x", "b"}, {"__value__", "text"}}), 2},
        {model::Labels::Of({{"__name__", "m"}, {"x", "a"}}), 1.5}};
  }
};

TemplateData Data() {
  return {model::Labels::Of({{"instance", "db-1.example.org:9090"}, {"task", "pitr"}}),
          model::Labels::Of({{"cluster", "c1"}}), "http://prom.example.org:9090/base?x=1", 1234567};
}

std::string Expand(std::string_view text, const TemplateData& data = Data()) {
  FixedQuery query;
  return ExpandTemplateOrExplain("A", text, data, &query, 1'700'000'000'500);
}

// The cause of the failure, without what precedes it.
std::string Failure(std::string_view text) {
  const std::string expanded = Expand(text);
  EXPECT_TRUE(expanded.starts_with("<error expanding template: ")) << expanded;
  return expanded;
}

TEST(Template, LeavesTextWithoutActionsAlone) {
  EXPECT_EQ(Expand("no { braces } here\n"), "no { braces } here\n");
  EXPECT_EQ(Expand(""), "");
}

TEST(Template, KnowsTheAlertsLabelsAndValue) {
  EXPECT_EQ(Expand("{{ $labels.task }} {{ .Labels.task }} {{ $value }} {{ .Value }}"),
            "pitr pitr 1.234567e+06 1.234567e+06");
  EXPECT_EQ(Expand("{{ $externalLabels.cluster }} {{ .ExternalLabels.cluster }} "
                   "{{ $externalURL }} {{ externalURL }} {{ pathPrefix }}"),
            "c1 c1 http://prom.example.org:9090/base?x=1 http://prom.example.org:9090/base?x=1 "
            "/base");
}

TEST(Template, GivesTheEmptyTextForALabelThatIsNotThere) {
  EXPECT_EQ(Expand("[{{ $labels.nothing }}]"), "[]");
}

TEST(Template, PrintsWholeMapsInOrderOfName) {
  EXPECT_EQ(Expand("{{ $labels }}"), "map[instance:db-1.example.org:9090 task:pitr]");
}

TEST(Template, TrimsSpacesAtMarkersOnly) {
  EXPECT_EQ(Expand("a \n {{- 1 -}} \t b {{ 2 }} c"), "a1b 2 c");
  EXPECT_EQ(Expand("a {{- /* gone */ -}} b{{/* too */}}c"), "abc");
  EXPECT_EQ(Expand("{{ 3 -}}"), "3");
  EXPECT_EQ(Expand("{{-3}}"), "-3");
}

TEST(Template, ChoosesByIf) {
  constexpr std::string_view kText =
      "{{ if gt $value 10.0 }}high{{ else if gt $value 5.0 }}middle{{ else }}low{{ end }}";
  TemplateData data = Data();
  EXPECT_EQ(Expand(kText, data), "high");
  data.value = 7;
  EXPECT_EQ(Expand(kText, data), "middle");
  data.value = 1;
  EXPECT_EQ(Expand(kText, data), "low");
}

TEST(Template, SetsTheDotByWith) {
  EXPECT_EQ(Expand("{{ with $labels.task }}{{ . }}{{ end }}"), "pitr");
  EXPECT_EQ(Expand("{{ with $labels.no }}{{ . }}{{ else with $labels.task }}2{{ . }}{{ end }}"),
            "2pitr");
  EXPECT_EQ(Expand("{{ with $x := 3 }}{{ $x }}{{ end }}"), "3");
}

TEST(Template, WalksQueryResultsMapsAndNumbers) {
  EXPECT_EQ(Expand("{{ range query \"m\" }}{{ .Labels.x }}={{ .Value }};{{ end }}"), "b=2;a=1.5;");
  EXPECT_EQ(Expand("{{ range $i, $s := query \"m\" | sortByLabel \"x\" }}{{ $i }}{{ $s | label "
                   "\"x\" }}{{ $s | value }} {{ end }}"),
            "0a1.5 1b2 ");
  EXPECT_EQ(Expand("{{ range $k, $v := $labels }}{{ $k }}:{{ $v }},{{ end }}"),
            "instance:db-1.example.org:9090,task:pitr,");
  EXPECT_EQ(Expand("{{ range query \"none\" }}x{{ else }}nothing{{ end }}"), "nothing");
  EXPECT_EQ(Expand("{{ range 3 }}{{ . }}{{ end }}"), "012");
  EXPECT_EQ(Expand("{{ range $i := 5 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if eq $i 3 }}{{ "
                   "break }}{{ end }}{{ $i }}{{ end }}"),
            "02");
}

TEST(Template, AssignsToOuterVariablesFromInnerClauses) {
  EXPECT_EQ(
      Expand("{{ $sum := 0.0 }}{{ range query \"m\" }}{{ $sum = .Value }}{{ end }}{{ $sum }}"),
      "1.5");
  EXPECT_EQ(Expand("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}"), "21");
}

TEST(Template, CallsDefinedTemplatesAndBlocks) {
  EXPECT_EQ(Expand("{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" $labels.task }}"),
            "[pitr]");
  EXPECT_EQ(Expand("{{ block \"b\" 5 }}<{{ . }}>{{ end }}"), "<5>");
  EXPECT_EQ(Expand("{{ define \"t\" }}{{ .arg0 }}-{{ .arg1 }}{{ end }}"
                   "{{ template \"t\" (args $labels.task 3) }}"),
            "pitr-3");
}

TEST(Template, JoinsPipelinesAndParentheses) {
  EXPECT_EQ(Expand("{{ (query \"m\" | first).Labels.x | toUpper | printf \"%s-%s\" \"a\" }}"),
            "a-B");
  EXPECT_EQ(Expand("{{ index $labels \"task\" }} {{ len $labels }} {{ slice \"hello\" 1 3 }}"),
            "pitr 2 el");
}

TEST(Template, EvaluatesNoMoreOfAndAndOrThanNeeded) {
  EXPECT_EQ(Expand("{{ and false (query \"bad\") }} {{ or 1 (query \"bad\") }} {{ not 0 }}"),
            "false 1 true");
}

TEST(Template, QueriesAtTheAlertsTime) {
  EXPECT_EQ(Expand("{{ query \"time\" | first | value | humanizeTimestamp }} {{ now }}"),
            "2023-11-14 22:13:20.5 +0000 UTC 1.7000000005e+09");
}

TEST(Template, CountsTheDefinitionsBeforeTheTextInColumns) {
  EXPECT_EQ(Failure("{{ .Foo }}"),
            "<error expanding template: error executing template __alert_A: template: "
            "__alert_A:1:115: executing \"__alert_A\" at <.Foo>: can't evaluate field Foo in type "
            "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL "
            "string; Value interface {} }>");
  EXPECT_EQ(Failure("a\n{{ query \"bad\" }}"),
            "<error expanding template: error executing template __alert_A: template: "
            "__alert_A:2:3: executing \"__alert_A\" at <query \"bad\">: error calling query: 1:1: "
            "parse error: nothing good>");
}

TEST(Template, SaysInWhichLineItCannotBeParsed) {
  EXPECT_EQ(Failure("a\n{{ nothere 1 }}"),
            "<error expanding template: error parsing template __alert_A: template: __alert_A:2: "
            "function \"nothere\" not defined>");
  EXPECT_EQ(Failure("{{ if }}"),
            "<error expanding template: error parsing template __alert_A: template: __alert_A:1: "
            "missing value for if>");
}

std::string ParseError(std::string_view text) {
  const auto parsed = Template::Parse("A", text);
  return parsed.ok() ? "ok" : std::string(base::Message(parsed.status()));
}

TEST(Template, RefusesWhatIsNotATemplate) {
  EXPECT_EQ(ParseError("{{ $x }}"), "template: __alert_A:1: undefined variable \"$x\"");
  EXPECT_EQ(ParseError("{{ end }}"), "template: __alert_A:1: unexpected {{end}}");
  EXPECT_EQ(ParseError("{{ if true }}"), "template: __alert_A:1: unexpected EOF");
  EXPECT_EQ(ParseError("{{ \"open }}"), "template: __alert_A:1: unterminated quoted string");
  EXPECT_EQ(ParseError("{{ 1 | 2 }}"),
            "template: __alert_A:1: non executable command in pipeline stage 2");
  EXPECT_EQ(ParseError("{{ (1 }}"), "template: __alert_A:1: unclosed left paren");
  EXPECT_EQ(ParseError("{{ 1"), "template: __alert_A:1: unclosed action");
  EXPECT_EQ(ParseError("{{ break }}"), "template: __alert_A:1: {{break}} outside {{range}}");
  EXPECT_EQ(ParseError("{{ 1a }}"), "template: __alert_A:1: bad number syntax: \"1a\"");
}

TEST(Template, BoundsDepthWorkAndLength) {
  EXPECT_TRUE(Failure("{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}")
                  .find("exceeded maximum template depth") != std::string::npos);
  EXPECT_TRUE(Failure("{{ range 1000000000 }}{{ end }}").find("takes too long") !=
              std::string::npos);
  EXPECT_TRUE(Failure("{{ range 100000000 }}abcdefgh{{ end }}").find("text is longer than") !=
              std::string::npos);
  EXPECT_TRUE(Failure("{{ $x := \"aaaaaaaaaaaaaaaa\" }}{{ range 1000 }}{{ $x = printf \"%s%s\" $x "
                      "$x }}{{ end }}")
                  .find("text is longer than") != std::string::npos);
  EXPECT_TRUE(Failure("{{ $x := args 1 }}{{ range 100 }}{{ $x = args $x $x }}{{ end }}")
                  .find("maps are nested deeper") != std::string::npos);
  EXPECT_TRUE(ParseError(std::string("{{ ") + std::string(5000, '(') + "1")
                  .find("max expression depth exceeded") != std::string::npos);
  std::string nested;
  for (int i = 0; i < 5000; ++i) {
    nested += "{{ if true }}";
  }
  EXPECT_TRUE(ParseError(nested).find("max expression depth exceeded") != std::string::npos);
}

TEST(Template, CanBeExpandedForManyAlerts) {
  const auto parsed = Template::Parse("A", "{{ $labels.task }}={{ $value }}");
  ASSERT_TRUE(parsed.ok());
  for (int i = 0; i < 3; ++i) {
    const TemplateData data = {model::Labels::Of({{"task", fmt::format("t{}", i)}}),
                               model::Labels(), "", static_cast<double>(i)};
    EXPECT_EQ(parsed->ExpandOrExplain(data, nullptr, 0), fmt::format("t{}={}", i, i));
  }
}

TEST(Template, FailsToQueryWithoutAnEngine) {
  EXPECT_FALSE(ExpandTemplate("A", "{{ query \"m\" }}", Data(), nullptr, 0).ok());
}

}  // namespace
}  // namespace tidemark::alert
