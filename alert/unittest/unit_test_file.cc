#include "alert/unittest/unit_test_file.h"

#include "alert/unittest/internal/yaml_fields.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

constexpr int64_t kDefaultIntervalMs = 60'000;

class Reader {
 public:
  explicit Reader(std::string_view path) : path_(path) {}

  absl::Status ReadFile(const YAML::Node& node, UnitTestFile* file) const {
    Fields fields(path_, node);
    fields.Texts("rule_files", &file->rule_files);
    fields.DurationMs("evaluation_interval", &file->evaluation_interval_ms);
    fields.Bool("fuzzy_compare", &file->fuzzy_compare);
    fields.Texts("group_eval_order", &file->group_eval_order);
    if (file->evaluation_interval_ms == 0) {
      file->evaluation_interval_ms = kDefaultIntervalMs;
    }
    fields.Each("tests", [&](const YAML::Node& entry) {
      return ReadGroup(entry, file->evaluation_interval_ms, &file->tests.emplace_back());
    });
    return fields.Done();
  }

 private:
  absl::Status ReadGroup(const YAML::Node& node, int64_t default_interval_ms,
                         TestGroup* group) const {
    group->position = PlaceOf(node);
    Fields fields(path_, node);
    fields.Text("name", &group->name);
    fields.DurationMs("interval", &group->interval_ms);
    fields.Time("start_timestamp", &group->start);
    fields.Pairs("external_labels", &group->external_labels);
    fields.Text("external_url", &group->external_url);
    fields.Each("input_series", [&](const YAML::Node& entry) {
      return ReadInput(entry, &group->input.emplace_back());
    });
    fields.Each("alert_rule_test", [&](const YAML::Node& entry) {
      return ReadAlertTest(entry, &group->alert_tests.emplace_back());
    });
    fields.Each("promql_expr_test", [&](const YAML::Node& entry) {
      return ReadExprTest(entry, &group->expr_tests.emplace_back());
    });
    if (group->interval_ms == 0) {
      group->interval_ms = default_interval_ms;
    }
    return fields.Done();
  }

  absl::Status ReadInput(const YAML::Node& node, InputSeries* input) const {
    input->position = PlaceOf(node);
    Fields fields(path_, node);
    fields.Text("series", &input->series);
    fields.Text("values", &input->values);
    return fields.Done();
  }

  absl::Status ReadAlertTest(const YAML::Node& node, AlertTest* test) const {
    test->position = PlaceOf(node);
    Fields fields(path_, node);
    fields.DurationMs("eval_time", &test->eval_ms);
    fields.Text("alertname", &test->alertname);
    fields.Each("exp_alerts", [&](const YAML::Node& entry) {
      ExpectedAlert& expected = test->expected.emplace_back();
      Fields alert(path_, entry);
      alert.Pairs("exp_labels", &expected.labels);
      alert.Pairs("exp_annotations", &expected.annotations);
      return alert.Done();
    });
    RETURN_IF_ERROR(fields.Done());
    return test->alertname.empty() ? ErrorAt(path_, node, "alert_rule_test without alertname")
                                   : absl::OkStatus();
  }

  absl::Status ReadExprTest(const YAML::Node& node, ExprTest* test) const {
    test->position = PlaceOf(node);
    Fields fields(path_, node);
    fields.Text("expr", &test->expr);
    fields.DurationMs("eval_time", &test->eval_ms);
    fields.Each("exp_samples", [&](const YAML::Node& entry) {
      ExpectedSample& expected = test->expected.emplace_back();
      Fields sample(path_, entry);
      sample.Text("labels", &expected.labels);
      sample.Number("value", &expected.value);
      sample.Text("histogram", &expected.histogram);
      return sample.Done();
    });
    return fields.Done();
  }

  const std::string path_;
};

absl::Status CheckGroupOrder(const UnitTestFile& file) {
  for (size_t i = 0; i < file.group_eval_order.size(); ++i) {
    const auto& order = file.group_eval_order;
    if (std::find(order.begin(), order.begin() + static_cast<long>(i), order[i]) !=
        order.begin() + static_cast<long>(i)) {
      return absl::InvalidArgumentError(
          fmt::format("{}: group {} stands twice in group_eval_order", file.path, order[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UnitTestFile> ParseUnitTestFile(std::string_view path, std::string_view yaml) {
  UnitTestFile file;
  file.path = path;
  try {
    const YAML::Node document = YAML::Load(std::string(yaml));
    if (!document.IsNull()) {
      RETURN_IF_ERROR(Reader(path).ReadFile(document, &file));
    }
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}:{}: {}", path, e.mark.line + 1, e.mark.column + 1, e.msg));
  }
  RETURN_IF_ERROR(CheckGroupOrder(file));
  return file;
}

}  // namespace tidemark::alert
