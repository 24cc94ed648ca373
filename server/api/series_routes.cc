#include "server/api/series_routes.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "query/api/result_json.h"
#include "query/parser/parser.h"
#include "server/api/envelope.h"
#include "server/api/label_name.h"
#include "server/api/param_values.h"
#include "server/api/quick_route.h"
#include "server/api/routes_common.h"
#include "server/http/form.h"

namespace tidemark::server {
namespace {

// The parameters of a look-up: any of `selectors`, inside the extent; all series without them.
struct Lookup {
  storage::Selection extent;
  std::vector<Matchers> selectors;
  size_t limit = 0;
};

// The message of an error names the parameter.
absl::StatusOr<Lookup> ReadLookup(const FormValues& form) {
  Lookup lookup;
  const auto limit = ParseLimit(form.Get("limit"));
  if (!limit.ok()) {
    return base::Annotate(limit.status(), "invalid parameter \"limit\"");
  }
  lookup.limit = *limit;
  ASSIGN_OR_RETURN(lookup.extent, ReadExtent(form));
  ASSIGN_OR_RETURN(lookup.selectors, ReadSelectors(form));
  return lookup;
}

using LookupHandler = std::function<std::optional<HttpResponse>(const ApiBackend&,
                                                                const HttpRequest&, const Lookup&)>;

// Reads the parameters, then answers with `handler`.
QuestionHandler WithLookup(LookupHandler handler) {
  return [handler = std::move(handler)](const ApiBackend& backend, const HttpRequest& request,
                                        const FormValues& form,
                                        bool memory_only) -> std::optional<HttpResponse> {
    auto lookup = ReadLookup(form);
    if (!lookup.ok()) {
      return ApiError(ApiErrorType::kBadData, base::Message(lookup.status()));
    }
    lookup->extent.memory_only = memory_only;
    return handler(backend, request, *lookup);
  };
}

// None if the look-up is to be made again without memory_only.
std::optional<HttpResponse> Failed(const Lookup& lookup, const absl::Status& status) {
  return lookup.extent.memory_only && NeedsWorker(status) ? std::nullopt
                                                          : std::optional(LookupError(status));
}

using NameSource =
    std::function<absl::StatusOr<std::vector<std::string>>(const storage::Selection&)>;

// What `source` gives for any of the selectors, sorted, each once.
absl::StatusOr<std::vector<std::string>> Union(const Lookup& lookup, const NameSource& source) {
  if (lookup.selectors.empty()) {
    return source(lookup.extent);
  }
  std::set<std::string> all;
  for (const Matchers& matchers : lookup.selectors) {
    storage::Selection selection = lookup.extent;
    selection.matchers = matchers;
    ASSIGN_OR_RETURN(std::vector<std::string> found, source(selection));
    all.insert(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return std::vector<std::string>(all.begin(), all.end());
}

std::optional<HttpResponse> NamesAnswer(const Lookup& lookup,
                                        absl::StatusOr<std::vector<std::string>> names) {
  if (!names.ok()) {
    return Failed(lookup, names.status());
  }
  Annotations annotations;
  if (lookup.limit > 0 && names->size() > lookup.limit) {
    names->resize(lookup.limit);
    annotations.warnings.emplace_back(kTruncatedWarning);
  }
  return ApiSuccess([&names](std::string* json) { AppendJsonStrings(*names, json); }, annotations);
}

std::optional<HttpResponse> LabelNames(const ApiBackend& backend, const HttpRequest&,
                                       const Lookup& lookup) {
  return NamesAnswer(lookup, Union(lookup, [&backend](const storage::Selection& selection) {
                       return backend.querier->LabelNames(selection);
                     }));
}

std::optional<HttpResponse> LabelValues(const ApiBackend& backend, const HttpRequest& request,
                                        const Lookup& lookup) {
  const auto decoded = PercentDecode(request.path_param, /*plus_is_blank=*/false);
  const std::string name = decoded.ok() ? UnescapeLabelName(*decoded) : std::string();
  if (name.empty() || !IsValidUtf8(name)) {
    return ApiError(ApiErrorType::kBadData,
                    fmt::format("invalid label name: {}", Quoted(request.path_param)));
  }
  return NamesAnswer(lookup, Union(lookup, [&](const storage::Selection& selection) {
                       return backend.querier->LabelValues(name, selection);
                     }));
}

// Label sets by their canonical bytes, each once.
using SeriesByBytes = std::set<std::string, std::less<>>;

// Adds the series of one selector; stops above `limit`.
absl::Status CollectSeries(const storage::Querier& querier, const storage::Selection& selection,
                           size_t limit, SeriesByBytes* found) {
  ASSIGN_OR_RETURN(const auto set, querier.Select(selection));
  while (set->Next() && (limit == 0 || found->size() <= limit)) {
    found->emplace(set->labels().bytes());
  }
  return absl::OkStatus();
}

absl::StatusOr<SeriesByBytes> SelectSeries(const storage::Querier& querier, const Lookup& lookup) {
  SeriesByBytes found;
  for (const Matchers& matchers : lookup.selectors) {
    storage::Selection selection = lookup.extent;
    selection.matchers = matchers;
    RETURN_IF_ERROR(CollectSeries(querier, selection, lookup.limit, &found));
  }
  return found;
}

std::optional<HttpResponse> Series(const ApiBackend& backend, const HttpRequest&,
                                   const Lookup& lookup) {
  if (lookup.selectors.empty()) {
    return ApiError(ApiErrorType::kBadData, "no match[] parameter provided");
  }
  const auto found = SelectSeries(*backend.querier, lookup);
  if (!found.ok()) {
    return Failed(lookup, found.status());
  }
  std::vector<model::LabelsView> series(found->begin(), found->end());
  std::sort(series.begin(), series.end(),
            [](model::LabelsView a, model::LabelsView b) { return model::Compare(a, b) < 0; });
  Annotations annotations;
  if (lookup.limit > 0 && series.size() > lookup.limit) {
    series.resize(lookup.limit);
    annotations.warnings.emplace_back(kTruncatedWarning);
  }
  return ApiSuccess(
      [&series](std::string* json) {
        json->push_back('[');
        for (const model::LabelsView& labels : series) {
          if (&labels != series.data()) {
            json->push_back(',');
          }
          query::AppendLabels(labels, json);
        }
        json->push_back(']');
      },
      annotations);
}

// A count that may be negative, which means none; nullopt if it is not a number.
std::optional<size_t> ReadMetadataLimit(std::string_view text) {
  int64_t limit = text.empty() ? -1 : 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (!text.empty() && (error != std::errc() || end != text.data() + text.size())) {
    return std::nullopt;
  }
  return limit < 0 ? SIZE_MAX : static_cast<size_t>(limit);
}

void AppendDescription(const MetricDescription& description, std::string* json) {
  *json += R"({"type":)";
  query::AppendJsonString(description.type, json);
  *json += R"(,"help":)";
  query::AppendJsonString(description.help, json);
  *json += R"(,"unit":)";
  query::AppendJsonString(description.unit, json);
  json->push_back('}');
}

// Appends {"metric":[...],...}: at most `limit` metrics with `limit_per_metric` descriptions each.
void AppendMetadata(const std::vector<MetricDescription>& all, size_t limit,
                    size_t limit_per_metric, std::string* json) {
  size_t metrics = 0;
  size_t of_metric = 0;
  const MetricDescription* last = nullptr;
  json->push_back('{');
  for (const MetricDescription& description : all) {
    if (last == nullptr || last->metric != description.metric) {
      if (metrics == limit) {
        break;
      }
      *json += metrics == 0 ? "" : "],";
      query::AppendJsonString(description.metric, json);
      *json += ":[";
      ++metrics;
      of_metric = 0;
    }
    last = &description;
    if (of_metric < limit_per_metric) {
      *json += of_metric == 0 ? "" : ",";
      AppendDescription(description, json);
      ++of_metric;
    }
  }
  *json += metrics == 0 ? "}" : "]}";
}

HttpResponse Metadata(const ApiBackend& backend, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const auto limit = ReadMetadataLimit(form->Get("limit"));
  if (!limit.has_value()) {
    return ApiError(ApiErrorType::kBadData, "limit must be a number");
  }
  const auto per_metric = ReadMetadataLimit(form->Get("limit_per_metric"));
  if (!per_metric.has_value()) {
    return ApiError(ApiErrorType::kBadData, "limit_per_metric must be a number");
  }
  const std::vector<MetricDescription> all = backend.describe(form->Get("metric"));
  return ApiSuccess([&](std::string* json) {
    // 0 descriptions a metric means no limit, as with every other limit.
    AppendMetadata(all, *limit, *per_metric == 0 ? SIZE_MAX : *per_metric, json);
  });
}

void AddLookupRoute(Route route, LookupHandler handler, const BackendSlot* slot,
                    RouteTable* routes) {
  SetQuestionHandler(WithLookup(std::move(handler)), slot, &route);
  routes->Add(std::move(route));
}

}  // namespace

void AddSeriesRoutes(const BackendSlot* slot, RouteTable* routes) {
  AddLookupRoute(FormRoute("/api/v1/series", RunOn::kApiPool, slot), Series, slot, routes);
  AddLookupRoute(FormRoute("/api/v1/labels", RunOn::kApiPool, slot), LabelNames, slot, routes);
  AddLookupRoute(GetRoute("/api/v1/label/{name}/values", slot), LabelValues, slot, routes);
  AddGetRoute("/api/v1/metadata", Metadata, slot, routes);
}

}  // namespace tidemark::server
