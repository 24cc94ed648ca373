#include "tools/fleetsim/incident.h"

#include <charconv>
#include <optional>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {
namespace {

std::optional<Incident::Kind> KindNamed(std::string_view name) {
  using Kind = Incident::Kind;
  if (name == "pause") return Kind::kPause;
  if (name == "outage") return Kind::kOutage;
  if (name == "restart") return Kind::kRestart;
  if (name == "owner") return Kind::kOwner;
  if (name == "stop") return Kind::kStop;
  if (name == "cut") return Kind::kCut;
  if (name == "fatal") return Kind::kFatal;
  if (name == "lock") return Kind::kLock;
  if (name == "region") return Kind::kRegion;
  if (name == "hang") return Kind::kHang;
  if (name == "hot") return Kind::kHot;
  return std::nullopt;
}

// Cuts `text` at the first `separator`; what follows it, or nothing if it is not there.
std::optional<std::string_view> CutAt(char separator, std::string_view* text) {
  const size_t at = text->find(separator);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view rest = text->substr(at + 1);
  *text = text->substr(0, at);
  return rest;
}

absl::StatusOr<int> ParseOrdinal(std::string_view text) {
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n < 0) {
    return absl::InvalidArgumentError(fmt::format("\"{}\" is not an ordinal", text));
  }
  return n;
}

absl::Status ParseTarget(std::string_view text, Incident* incident) {
  const std::optional<std::string_view> ordinal = CutAt('/', &text);
  ASSIGN_OR_RETURN(incident->cluster, ParseOrdinal(text));
  if (ordinal) {
    ASSIGN_OR_RETURN(incident->ordinal, ParseOrdinal(*ordinal));
  }
  return absl::OkStatus();
}

absl::Status ParseTimes(std::string_view text, int64_t start_ms, Incident* incident) {
  const std::optional<std::string_view> duration = CutAt('+', &text);
  ASSIGN_OR_RETURN(const int64_t at, ParseDurationMs(text));
  incident->at_ms = start_ms + at;
  if (duration) {
    ASSIGN_OR_RETURN(incident->duration_ms, ParseDurationMs(*duration));
  }
  return absl::OkStatus();
}

absl::StatusOr<Incident> Parse(std::string_view text, int64_t start_ms) {
  Incident incident;
  const std::optional<std::string_view> target = CutAt(':', &text);
  const std::optional<std::string_view> times = CutAt('@', &text);
  const std::optional<Incident::Kind> kind = KindNamed(text);
  if (!kind || !times) {
    return absl::InvalidArgumentError(
        "want KIND@AT[+FOR][:CLUSTER[/ORDINAL]], KIND one of pause outage restart owner stop cut "
        "fatal lock region hang hot");
  }
  incident.kind = *kind;
  RETURN_IF_ERROR(ParseTimes(*times, start_ms, &incident));
  if (target) {
    RETURN_IF_ERROR(ParseTarget(*target, &incident));
  }
  return incident;
}

}  // namespace

absl::StatusOr<Incident> ParseIncident(std::string_view text, int64_t start_ms) {
  absl::StatusOr<Incident> incident = Parse(text, start_ms);
  if (!incident.ok()) {
    return base::Annotate(incident.status(), fmt::format("incident \"{}\"", text));
  }
  return incident;
}

}  // namespace tidemark::fleetsim
