#include "storage/write_session.h"

#include <memory>
#include <utility>

namespace tidemark::storage {

void WriteSession::Begin() {
  guard_ = base::EpochDomain::Guard(db_->head_.epochs());
  bounds_ = db_->AcceptedTimes();
  oldest_ = model::kMaxTimestamp;
  late_ = 0;
  duplicates_ = 0;
}

void WriteSession::Register(std::span<Head::Wanted> wanted) {
  db_->head_.Register(wanted, [this](std::span<HeadSeries* const> created) {
    for (HeadSeries* series : created) {
      series->SetWanted(db_->arrivals_.WantedBy(series->labels()));
    }
    // Listed before it is submitted: if the journal fails in between, it is journaled again.
    db_->new_series_.Add(created);
    JournalRecordWriter definitions;
    for (const HeadSeries* series : created) {
      definitions.AddSeries({series->ref(), series->metric(), series->labels()});
    }
    auto entry = db_->journal_->NewEntry();
    definitions.TakeInto(&entry->payload);
    db_->journal_->Submit(std::move(entry));
  });
}

AppendResult WriteSession::AppendAnew(HeadSeries** series, model::Sample sample) {
  while (true) {
    Head::Wanted wanted{(*series)->labels(), table().Hash((*series)->label_bytes()), nullptr};
    Register({&wanted, 1});
    *series = wanted.series;
    const AppendResult result = wanted.series->Append(sample, db_->head_.epochs());
    if (result != AppendResult::kGone) {
      return result;
    }
  }
}

void WriteSession::SetMetadata(std::string_view metric, const MetricMetadata& metadata) {
  if (db_->metadata_.Set(metric, metadata)) {
    records_.AddMetadata(metric, metadata);
  }
}

void WriteSession::Commit(JournalEntry::Done done) {
  guard_.Leave();
  if (!arrivals_.empty()) {
    arrivals_.Tell(db_->deps_.clock->NowMs(), db_->deps_.clock->SteadyNanos());
  }
  if (records_.empty()) {
    done(absl::OkStatus());
    return;
  }
  if (oldest_ != model::kMaxTimestamp) {
    db_->changes_.Note(oldest_);
  }
  auto entry = db_->journal_->NewEntry();
  records_.TakeInto(&entry->payload);
  entry->done = std::move(done);
  db_->journal_->Submit(std::move(entry));
}

}  // namespace tidemark::storage
