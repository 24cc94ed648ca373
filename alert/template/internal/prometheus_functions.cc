// The functions that Prometheus adds to the template language.
#include <algorithm>
#include <cmath>

#include <arpa/inet.h>

#include "alert/template/escape.h"
#include "alert/template/internal/functions.h"
#include "alert/template/internal/humanize.h"
#include "alert/template/internal/number.h"
#include "alert/template/internal/print.h"
#include "alert/template/text_case.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/replacement.h"
#include "query/parser/duration.h"
#include "query/parser/quote.h"
#include "re2/re2.h"

namespace tidemark::alert::templates {
namespace {

using Args = std::span<const Value>;
using Result = absl::StatusOr<Value>;
using C = const CallContext&;

constexpr int kMaxNesting = 16;  // of maps that `args` makes
constexpr size_t kMaxPatternBytes = 16 << 10;

absl::Status Error(std::string message) { return absl::InvalidArgumentError(std::move(message)); }

Result Text(std::string text) { return Value::Of(std::move(text)); }

// Numbers, and texts that spell one.
absl::StatusOr<double> ToNumber(const Value& value) {
  switch (value.kind()) {
    case Kind::kFloat:
      return value.number();
    case Kind::kInt:
      return static_cast<double>(value.integer());
    case Kind::kString:
      return ParseFloat(value.text());
    default:
      return Error(fmt::format("can't convert {} to float", TypeName(value)));
  }
}

template <std::string (*kFormat)(double)>
Result Humanized(C, Args args) {
  ASSIGN_OR_RETURN(const double v, ToNumber(args[0]));
  return Text(kFormat(v));
}

// Seconds since the epoch as a point in time, to the millisecond.
absl::StatusOr<Instant> ToInstant(double seconds) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const double nanos = seconds * 1e9;
  if (std::isnan(nanos) || std::isinf(nanos)) {
    return Error("value is NaN or Inf");
  }
  if (nanos >= kLimit || nanos < -kLimit) {
    return Error(
        fmt::format("{} cannot be represented as a nanoseconds timestamp since it overflows int64",
                    ShortestFloat(seconds)));
  }
  return Instant{static_cast<int64_t>(nanos) / 1'000'000};
}

Result HumanizeTimestamp(C, Args args) {
  ASSIGN_OR_RETURN(const double v, ToNumber(args[0]));
  if (!std::isfinite(v)) {
    return Text(FormatFloat(v, 'g', 4));
  }
  ASSIGN_OR_RETURN(const Instant instant, ToInstant(v));
  ASSIGN_OR_RETURN(std::string text, DisplayText(Value::Of(instant)));
  return Text(std::move(text));
}

Result ToTime(C, Args args) {
  ASSIGN_OR_RETURN(const double v, ToNumber(args[0]));
  ASSIGN_OR_RETURN(const Instant instant, ToInstant(v));
  return Value::Of(instant);
}

Result ToDuration(C, Args args) {
  ASSIGN_OR_RETURN(const double v, ToNumber(args[0]));
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const double nanos = v * 1e9;
  const bool fits = nanos < kLimit && nanos >= -kLimit;
  return Value::Of(Span{fits ? static_cast<int64_t>(nanos) : INT64_MIN});
}

Result ParseDuration(C, Args args) {
  const std::string& text = args[0].text();
  if (text == "0") {
    return Value::Of(0.0);
  }
  const auto ms = query::ParseDurationMs(text);
  if (!ms.ok()) {
    return text.empty() ? Error("empty duration string")
                        : Error(fmt::format("not a valid duration string: {}", query::Quote(text)));
  }
  return Value::Of(static_cast<double>(*ms) / 1000);
}

Result Now(C context, Args) { return Value::Of(static_cast<double>(context.time) / 1000); }

StringMap MapOf(model::LabelsView labels) {
  StringMap map;
  for (const model::LabelView& label : labels) {
    map.emplace(label.name, label.value);
  }
  return map;
}

Result Query(C context, Args args) {
  if (context.query == nullptr) {
    return Error("no query engine");
  }
  ASSIGN_OR_RETURN(const std::vector<TemplateSample> answer,
                   context.query->Query(args[0].text(), context.time));
  Value::Samples samples;
  samples.reserve(answer.size());
  for (const TemplateSample& sample : answer) {
    samples.push_back(
        std::make_shared<const QuerySample>(QuerySample{MapOf(sample.labels), sample.value}));
  }
  return Value::Of(std::move(samples));
}

// A result or sample may also be an explicit nil.
absl::StatusOr<Value::SamplePtr> SampleOf(const Value& value) {
  if (!value.valid()) {
    return Error("invalid memory address or nil pointer dereference");
  }
  return value.sample();
}

Result First(C, Args args) {
  if (!args[0].valid() || args[0].samples().empty()) {
    return Error("first() called on vector with no elements");
  }
  return Value::Of(args[0].samples().front());
}

std::string LabelOf(const QuerySample& sample, std::string_view name) {
  const auto it = sample.labels.find(name);
  return it == sample.labels.end() ? "" : it->second;
}

Result Label(C, Args args) {
  ASSIGN_OR_RETURN(const auto sample, SampleOf(args[1]));
  return Text(LabelOf(*sample, args[0].text()));
}

Result SampleValue(C, Args args) {
  ASSIGN_OR_RETURN(const auto sample, SampleOf(args[0]));
  return Value::Of(sample->value);
}

Result StringValue(C, Args args) {
  ASSIGN_OR_RETURN(const auto sample, SampleOf(args[0]));
  return Text(LabelOf(*sample, "__value__"));
}

Result SortByLabel(C, Args args) {
  if (!args[1].valid()) {
    return args[1];
  }
  Value::Samples samples = args[1].samples();
  const std::string& label = args[0].text();
  std::stable_sort(samples.begin(), samples.end(), [&](const auto& a, const auto& b) {
    return LabelOf(*a, label) < LabelOf(*b, label);
  });
  return Value::Of(std::move(samples));
}

Result MakeArguments(C, Args args) {
  ValueMap map;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i].nesting() >= kMaxNesting) {
      return Error(fmt::format("maps are nested deeper than {}", kMaxNesting));
    }
    map.emplace(fmt::format("arg{}", i), args[i]);
  }
  return Value::Of(std::move(map));
}

re2::RE2::Options RegexOptions() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

// The expression of `pattern`, checked.
absl::StatusOr<std::unique_ptr<re2::RE2>> Compile(const std::string& pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return Error(fmt::format("regular expression is longer than {} bytes", kMaxPatternBytes));
  }
  auto regex = std::make_unique<re2::RE2>(pattern, RegexOptions());
  if (!regex->ok()) {
    return Error(fmt::format("error parsing regexp: {}", regex->error()));
  }
  return regex;
}

Result Match(C, Args args) {
  ASSIGN_OR_RETURN(const auto regex, Compile(args[0].text()));
  return Value::Of(re2::RE2::PartialMatch(args[1].text(), *regex));
}

// Replaces every match of `regex` in `text`; an empty one right behind another does not count.
absl::StatusOr<std::string> ReplaceAll(const re2::RE2& regex, std::string_view replacement_text,
                                       const std::string& text) {
  const model::Replacement replacement(replacement_text, regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups() + 1));
  std::string out;
  size_t copied = 0;  // of `text`
  size_t from = 0;
  std::optional<size_t> last_end;
  while (from <= text.size() && regex.Match(text, from, text.size(), re2::RE2::UNANCHORED,
                                            groups.data(), static_cast<int>(groups.size()))) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    if (end > begin || last_end != begin) {
      out.append(text, copied, begin - copied);
      replacement.Append(groups, &out);
      copied = end;
      last_end = end;
    }
    from = end > begin ? end
           : begin < text.size()
               ? begin + query::DecodeRune(std::string_view(text).substr(begin)).bytes
               : text.size() + 1;
    if (out.size() > kMaxTextBytes) {
      return Error(fmt::format("text is longer than {} bytes", kMaxTextBytes));
    }
  }
  return out + text.substr(copied);
}

Result ReReplaceAll(C, Args args) {
  const auto regex = Compile(args[0].text());
  if (!regex.ok()) {
    return base::Annotate(regex.status(),
                          fmt::format("regexp: Compile({})", query::Quote(args[0].text())));
  }
  ASSIGN_OR_RETURN(std::string text, ReplaceAll(**regex, args[1].text(), args[2].text()));
  return Text(std::move(text));
}

struct HostPort {
  std::string_view host;
  std::string_view port;
};

// host:port, [address]:port; nullopt for what is neither.
std::optional<HostPort> SplitHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[');
  if (bracketed && (!host.ends_with(']') || host.find(']') + 1 != host.size())) {
    return std::nullopt;
  }
  host = bracketed ? host.substr(1, host.size() - 2) : host;
  const std::string_view port = text.substr(colon + 1);
  const bool stray = host.find_first_of(bracketed ? "[]" : ":[]") != std::string_view::npos ||
                     port.find_first_of("[]") != std::string_view::npos;
  return stray ? std::nullopt : std::optional(HostPort{host, port});
}

bool IsAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result StripPort(C, Args args) {
  const auto split = SplitHostPort(args[0].text());
  return split.has_value() ? Text(std::string(split->host)) : Result(args[0]);
}

Result StripDomain(C, Args args) {
  const std::string& text = args[0].text();
  const HostPort split = SplitHostPort(text).value_or(HostPort{text, {}});
  const std::string host(split.host);
  if (IsAddress(host)) {
    return args[0];
  }
  const std::string name = host.substr(0, host.find('.'));
  if (split.port.empty()) {
    return Text(name);
  }
  return Text(name.find(':') == std::string::npos ? fmt::format("{}:{}", name, split.port)
                                                  : fmt::format("[{}]:{}", name, split.port));
}

Result PathPrefix(C context, Args) {
  const std::string& url = context.data->external_url;
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (path == std::string::npos) {
    return Text("");
  }
  return Text(url.substr(path, url.find_first_of("?#", path) - path));
}

Result GraphLink(C, Args args) {
  return Text(fmt::format("/graph?g0.expr={}&g0.tab=0", EscapeUrlQuery(args[0].text())));
}

Result TableLink(C, Args args) {
  return Text(fmt::format("/graph?g0.expr={}&g0.tab=1", EscapeUrlQuery(args[0].text())));
}

template <std::string (*kChange)(std::string_view)>
Result Changed(C, Args args) {
  return Text(kChange(args[0].text()));
}

constexpr ParameterType kString[] = {ParameterType::kString};
constexpr ParameterType kStrings2[] = {ParameterType::kString, ParameterType::kString};
constexpr ParameterType kStrings3[] = {ParameterType::kString, ParameterType::kString,
                                       ParameterType::kString};
constexpr ParameterType kAny[] = {ParameterType::kAny};
constexpr ParameterType kSample[] = {ParameterType::kSample};
constexpr ParameterType kSamples[] = {ParameterType::kSamples};
constexpr ParameterType kStringAndSample[] = {ParameterType::kString, ParameterType::kSample};
constexpr ParameterType kStringAndSamples[] = {ParameterType::kString, ParameterType::kSamples};

constexpr Function kFunctions[] = {
    {"query", kString, false, Query},
    {"first", kSamples, false, First},
    {"label", kStringAndSample, false, Label},
    {"value", kSample, false, SampleValue},
    {"strvalue", kSample, false, StringValue},
    {"sortByLabel", kStringAndSamples, false, SortByLabel},
    {"args", kAny, true, MakeArguments},
    {"humanize", kAny, false, Humanized<Humanize>},
    {"humanize1024", kAny, false, Humanized<Humanize1024>},
    {"humanizeDuration", kAny, false, Humanized<HumanizeDuration>},
    {"humanizePercentage", kAny, false, Humanized<HumanizePercentage>},
    {"humanizeTimestamp", kAny, false, HumanizeTimestamp},
    {"toTime", kAny, false, ToTime},
    {"toDuration", kAny, false, ToDuration},
    {"parseDuration", kString, false, ParseDuration},
    {"now", {}, false, Now},
    {"title", kString, false, Changed<ToTitle>},
    {"toUpper", kString, false, Changed<ToUpper>},
    {"toLower", kString, false, Changed<ToLower>},
    {"match", kStrings2, false, Match},
    {"reReplaceAll", kStrings3, false, ReReplaceAll},
    {"stripPort", kString, false, StripPort},
    {"stripDomain", kString, false, StripDomain},
    {"urlQueryEscape", kString, false, Changed<EscapeUrlQuery>},
    {"safeHtml", kString, false,
     [](C, Args args) -> Result { return Value::Of(Html{args[0].text()}); }},
    {"graphLink", kString, false, GraphLink},
    {"tableLink", kString, false, TableLink},
    {"pathPrefix", {}, false, PathPrefix},
    {"externalURL",
     {},
     false,
     [](C context, Args) -> Result { return Text(context.data->external_url); }},
};

}  // namespace

std::span<const Function> PrometheusFunctions() { return kFunctions; }

}  // namespace tidemark::alert::templates
