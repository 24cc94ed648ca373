#include "tools/fleetsim/metrics_page.h"

#include "fmt/format.h"

namespace tidemark::fleetsim {
namespace {

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// No label value of the model needs escaping.
std::string Prefix(const MetricSeries& series) {
  std::string text = series.name;
  char separator = '{';
  for (const auto& [name, value] : series.labels) {
    text += fmt::format("{}{}=\"{}\"", separator, name, value);
    separator = ',';
  }
  text += series.labels.empty() ? " " : "} ";
  return text;
}

std::vector<std::string> Prefixes(const MetricTable& table) {
  std::vector<std::string> prefixes;
  for (const MetricSeries& series : table.series()) {
    prefixes.push_back(Prefix(series));
  }
  return prefixes;
}

void AppendHeading(const MetricFamily& family, std::string* out) {
  out->append(fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, family.help, family.name,
                          TypeName(family.type)));
}

}  // namespace

MetricsPage::MetricsPage(const FleetModel* model) : model_(model) {
  for (const Instance& instance : model->instances()) {
    if (!prefixes_.contains(instance.table)) {
      prefixes_.emplace(instance.table, Prefixes(*instance.table));
    }
  }
}

bool MetricsPage::Render(const Instance& instance, int64_t t_ms, std::string* out) const {
  const InstanceState state = model_->At(instance, t_ms);
  if (!state.up || !state.reachable) {
    return false;
  }
  const MetricTable& table = *instance.table;
  const std::vector<std::string>& prefixes = prefixes_.at(&table);
  size_t headed = table.families().size();  // the family whose heading is out
  for (size_t i = 0; i < table.series().size(); ++i) {
    const std::optional<double> value = table.Value(state, i);
    if (!value) {
      continue;
    }
    if (const size_t family = table.series()[i].family; family != headed) {
      AppendHeading(table.families()[family], out);
      headed = family;
    }
    out->append(prefixes[i]);
    AppendNumber(table.style(), *value, out);
    out->push_back('\n');
  }
  return true;
}

}  // namespace tidemark::fleetsim
