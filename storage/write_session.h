// WriteSession appends one request's samples to the store.
//
//   session.Begin();
//   … Find / Register the request's series, Append their samples, SetMetadata …
//   session.Commit(done);   or, before anything is appended, session.Abandon();
//
// Owned by one I/O thread and reused from request to request; thread-compatible. From Begin to
// Commit or Abandon it holds an epoch Guard, so that everything it finds stays valid. Append takes
// no lock and waits for no other thread.
//
// Every sample that Append did not refuse goes into the journal, duplicates included: the same
// sample of an earlier request may not be durable yet, and its acknowledgement must not be given
// before it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "model/sample.h"
#include "storage/arrivals.h"
#include "storage/db.h"
#include "storage/journal_records.h"

namespace tidemark::storage {

enum class Refusal : uint8_t {
  kNone,
  kTooOld,    // older than the retention
  kTooNew,    // further in the future than allowed
  kConflict,  // another value at the same time
};

class WriteSession {
 public:
  // `db` must outlive the session.
  explicit WriteSession(Db* db) : db_(db), arrivals_(&db->arrivals_) {}

  void Begin();

  const SeriesTable& table() const { return db_->head_.table(); }
  // The series numbered `ref`; null if there is none.
  HeadSeries* series(SeriesRef ref) const {
    return ref > db_->head_.last_ref() ? nullptr : db_->head_.series(ref);
  }
  // Finds or registers. Takes the registration lock.
  void Register(std::span<Head::Wanted> wanted);

  // Whether a sample of that time can be taken; false refuses it, whatever its series.
  bool Accepts(model::Timestamp t) const { return t >= bounds_.oldest && t <= bounds_.newest; }

  Refusal Append(HeadSeries* series, model::Sample sample) {
    if (!Accepts(sample.t)) [[unlikely]] {
      return OutOfBounds(sample.t);
    }
    AppendResult result = series->Append(sample, db_->head_.epochs());
    if (result == AppendResult::kGone) [[unlikely]] {
      result = AppendAnew(&series, sample);
    }
    if (result == AppendResult::kConflict) [[unlikely]] {
      return Refusal::kConflict;
    }
    oldest_ = std::min(oldest_, sample.t);
    late_ += result == AppendResult::kLate ? 1 : 0;
    duplicates_ += result == AppendResult::kDuplicate ? 1 : 0;
    if (const uint8_t wanted = series->wanted(); wanted != 0) {
      NoteArrival(wanted, *series, sample, result);
    }
    records_.AddSample(series->ref(), sample, result == AppendResult::kStored);
    return Refusal::kNone;
  }

  // Why a time that is not accepted is not.
  Refusal OutOfBounds(model::Timestamp t) const {
    return t < bounds_.oldest ? Refusal::kTooOld : Refusal::kTooNew;
  }

  void SetMetadata(std::string_view metric, const MetricMetadata& metadata);

  // Samples of this request that were older than their series' newest, or there already.
  uint64_t late() const { return late_; }
  uint64_t duplicates() const { return duplicates_; }

  // Ends a request of which nothing was appended.
  void Abandon() { guard_.Leave(); }

  // Tells those who wanted to know of what has come, and hands the request to the journal. `done`
  // is called once: on the journal's thread when everything is durable (or could not be made so),
  // or at once when there is nothing to write.
  void Commit(JournalEntry::Done done);

 private:
  // Appends to the series that has the labels of `*series`, which is gone, and sets it.
  AppendResult AppendAnew(HeadSeries** series, model::Sample sample);
  void NoteArrival(uint8_t wanted, const HeadSeries& series, model::Sample sample,
                   AppendResult result) {
    if (result != AppendResult::kDuplicate) {
      arrivals_.Note(wanted, {series.ref(), result == AppendResult::kLate, sample});
    }
  }

  Db* const db_;
  base::EpochDomain::Guard guard_;
  Db::TimeBounds bounds_{};
  JournalRecordWriter records_;
  ArrivalCollector arrivals_;
  model::Timestamp oldest_ = model::kMaxTimestamp;  // of the samples taken
  uint64_t late_ = 0;
  uint64_t duplicates_ = 0;
};

}  // namespace tidemark::storage
