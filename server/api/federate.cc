#include "server/api/federate.h"

#include <algorithm>
#include <map>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/number_text.h"

namespace tidemark::server {
namespace {

struct NewestSample {
  model::Timestamp t = 0;
  double v = 0;
};

struct ByNameAndLabels {
  bool operator()(const model::Labels& a, const model::Labels& b) const {
    const std::string_view a_name = a.Get(model::kMetricName);
    const std::string_view b_name = b.Get(model::kMetricName);
    return a_name != b_name ? a_name < b_name : model::Compare(a, b) < 0;
  }
};

using NewestSamples = std::map<model::Labels, NewestSample, ByNameAndLabels>;

absl::Status Collect(const storage::Querier& querier, const storage::Selection& selection,
                     NewestSamples* newest) {
  ASSIGN_OR_RETURN(const auto set, querier.Select(selection));
  storage::SampleColumns samples;
  while (set->Next()) {
    if (!set->labels().Has(model::kMetricName)) {
      continue;
    }
    samples.clear();
    RETURN_IF_ERROR(set->Read(&samples));
    if (samples.size() > 0 && !model::IsStale(samples.values.back())) {
      newest->insert_or_assign(model::Labels(set->labels()),
                               NewestSample{samples.timestamps.back(), samples.values.back()});
    }
  }
  return absl::OkStatus();
}

bool IsOldCharacter(char c, bool first, bool metric) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (metric && c == ':') || (!first && c >= '0' && c <= '9');
}

bool IsOldName(std::string_view name, bool metric) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (!IsOldCharacter(name[i], i == 0, metric)) {
      return false;
    }
  }
  return !name.empty();
}

// One underscore a character of UTF-8.
std::string WithUnderscores(std::string_view name, bool metric) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (IsOldCharacter(name[i], out.empty(), metric)) {
      out.push_back(name[i]);
    } else if ((static_cast<unsigned char>(name[i]) & 0xc0) != 0x80) {
      out.push_back('_');
    }
  }
  return out;
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\\':
        *out += R"(\\)";
        break;
      case '"':
        *out += R"(\")";
        break;
      case '\n':
        *out += R"(\n)";
        break;
      default:
        out->push_back(c);
    }
  }
  out->push_back('"');
}

class Writer {
 public:
  explicit Writer(NameStyle style) : style_(style) {}

  void Write(model::LabelsView labels, const NewestSample& sample) {
    const std::string_view metric = labels.Get(model::kMetricName);
    if (text_.empty() || metric != metric_) {
      metric_ = metric;
      text_ += "# TYPE ";
      AppendName(metric, /*metric=*/true);
      text_ += " untyped\n";
    }
    AppendSeries(metric, labels);
    text_ += fmt::format(" {} {}\n", query::GeneralText(sample.v), sample.t);
  }

  std::string Take() { return std::move(text_); }

 private:
  void AppendName(std::string_view name, bool metric) {
    if (IsOldName(name, metric)) {
      text_ += name;
    } else if (style_ == NameStyle::kUtf8) {
      AppendQuoted(name, &text_);
    } else {
      text_ += WithUnderscores(name, metric);
    }
  }

  // A metric name in quotes stands within the braces. The label `instance` is always there: a
  // scraper would else put in its own.
  void AppendSeries(std::string_view metric, model::LabelsView labels) {
    const bool inside = style_ == NameStyle::kUtf8 && !IsOldName(metric, true);
    if (!inside) {
      AppendName(metric, /*metric=*/true);
    }
    text_ += '{';
    if (inside) {
      AppendQuoted(metric, &text_);
    }
    bool first = !inside;
    for (const model::LabelView& label : labels) {
      if (label.name != model::kMetricName) {
        AppendLabel(label.name, label.value, &first);
      }
    }
    if (!labels.Has("instance")) {
      AppendLabel("instance", "", &first);
    }
    text_ += '}';
  }

  void AppendLabel(std::string_view name, std::string_view value, bool* first) {
    text_ += *first ? "" : ",";
    *first = false;
    AppendName(name, /*metric=*/false);
    text_ += '=';
    AppendQuoted(value, &text_);
  }

  const NameStyle style_;
  std::string metric_;
  std::string text_;
};

}  // namespace

NameStyle NameStyleOf(std::string_view accept) {
  return accept.find("escaping=allow-utf-8") == std::string_view::npos ? NameStyle::kUnderscores
                                                                       : NameStyle::kUtf8;
}

absl::StatusOr<std::string> FederateText(const storage::Querier& querier,
                                         std::span<const std::vector<model::Matcher>> selectors,
                                         model::Timestamp now, int64_t lookback_ms,
                                         NameStyle style) {
  NewestSamples newest;
  for (const std::vector<model::Matcher>& matchers : selectors) {
    storage::Selection selection;
    selection.min_time = now - lookback_ms + 1;
    selection.max_time = now;
    selection.matchers = matchers;
    RETURN_IF_ERROR(Collect(querier, selection, &newest));
  }
  Writer writer(style);
  for (const auto& [labels, sample] : newest) {
    writer.Write(labels, sample);
  }
  return writer.Take();
}

}  // namespace tidemark::server
