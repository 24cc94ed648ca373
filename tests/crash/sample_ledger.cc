#include "tests/crash/sample_ledger.h"

#include "fmt/format.h"

namespace tidemark::testing {
namespace {

constexpr size_t kMaxProblems = 10;

}  // namespace

void SampleLedger::Send(const std::string& series, model::Sample sample) {
  series_[series].try_emplace(sample.t, Entry{.bits = model::ValueBits(sample.v)});
}

void SampleLedger::Acknowledge(const std::string& series, model::Sample sample) {
  Entry& entry = series_[series][sample.t];
  acknowledged_ += entry.state == State::kAcknowledged ? 0 : 1;
  entry.state = State::kAcknowledged;
}

void SampleLedger::BeginDeletion(const std::string& series, model::Timestamp min,
                                 model::Timestamp max) {
  SeriesEntries& entries = series_[series];
  for (auto entry = entries.lower_bound(min); entry != entries.upper_bound(max); ++entry) {
    if (entry->second.state == State::kAcknowledged) {
      entry->second.state = State::kSent;
    }
  }
}

void SampleLedger::EndDeletion(const std::string& series, model::Timestamp min,
                               model::Timestamp max) {
  SeriesEntries& entries = series_[series];
  for (auto entry = entries.lower_bound(min); entry != entries.upper_bound(max); ++entry) {
    deleted_ += entry->second.state == State::kDeleted ? 0 : 1;
    entry->second.state = State::kDeleted;
  }
}

void SampleLedger::TakeSent(const SampleLedger& later) {
  for (const auto& [name, entries] : later.series_) {
    for (const auto& [t, entry] : entries) {
      Entry& known = series_[name].try_emplace(t, Entry{.bits = entry.bits}).first->second;
      if (known.state == State::kAcknowledged && entry.state != State::kAcknowledged) {
        known.state = State::kSent;
      }
    }
  }
}

std::vector<std::string> SampleLedger::Check(const QueryAnswer& answer,
                                             const Retention& retention) const {
  std::vector<std::string> problems;
  std::map<std::string, const AnswerSeries*> found;
  for (const AnswerSeries& series : answer.series) {
    const auto label = series.labels.find("series");
    if (label == series.labels.end() || !series_.contains(label->second) ||
        !found.emplace(label->second, &series).second) {
      problems.push_back("a series that was never sent, or one twice");
    }
  }
  static const AnswerSeries kNothing;
  for (const auto& [name, entries] : series_) {
    const auto at = found.find(name);
    CheckSeries(name, entries, at == found.end() ? kNothing : *at->second, retention, &problems);
    if (problems.size() >= kMaxProblems) {
      break;
    }
  }
  return problems;
}

void SampleLedger::CheckSeries(const std::string& name, const SeriesEntries& entries,
                               const AnswerSeries& found, const Retention& retention,
                               std::vector<std::string>* problems) {
  std::map<model::Timestamp, uint64_t> stored;
  for (const auto& [t, value] : found.points) {
    const uint64_t bits = model::ValueBits(ParseValue(value));
    if (!stored.emplace(t, bits).second) {
      problems->push_back(fmt::format("series {}: two samples at {}", name, t));
    }
    const auto sent = entries.find(t);
    if (sent == entries.end() || sent->second.bits != bits) {
      problems->push_back(fmt::format("series {}: {} at {} was never sent", name, value, t));
    } else if (sent->second.state == State::kDeleted) {
      problems->push_back(fmt::format("series {}: deleted sample at {} is back", name, t));
    }
    if (t < retention.expired) {
      problems->push_back(fmt::format("series {}: sample at {} has outlived its time", name, t));
    }
  }
  for (const auto& [t, entry] : entries) {
    if (entry.state == State::kAcknowledged && t >= retention.kept &&
        entry.bits != model::kStaleNanBits && !stored.contains(t)) {
      problems->push_back(fmt::format("series {}: acknowledged sample at {} is lost", name, t));
    }
  }
  if (problems->size() > kMaxProblems) {
    problems->resize(kMaxProblems);
  }
}

std::vector<SampleLedger::StaleMarker> SampleLedger::AcknowledgedStaleMarkers(size_t count) const {
  std::vector<StaleMarker> markers;
  for (const auto& [name, entries] : series_) {
    for (auto entry = entries.rbegin(); entry != entries.rend() && markers.size() < count;
         ++entry) {
      if (entry->second.state == State::kAcknowledged &&
          entry->second.bits == model::kStaleNanBits) {
        markers.push_back({.series = name, .t = entry->first});
        break;
      }
    }
  }
  return markers;
}

}  // namespace tidemark::testing
