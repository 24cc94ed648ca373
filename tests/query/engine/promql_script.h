// PromqlScript runs a test written in the language of tests/promql/README.md: series to load,
// expressions to evaluate, and what they must give.
//
// Every expression is also evaluated the other way round, an instant query as the middle step of
// a range and a range query step by step, and must give the very same numbers. Thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "query/engine/engine.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::query {

// ScriptTarget evaluates expressions over a store that scripts fill: the engine, or a server.
class ScriptTarget {
 public:
  virtual ~ScriptTarget() = default;
  virtual testing::MemoryQuerier& store() = 0;
  virtual absl::StatusOr<QueryResult> Instant(std::string_view expr, model::Timestamp t) = 0;
  virtual absl::StatusOr<QueryResult> Range(std::string_view expr, model::Timestamp start,
                                            model::Timestamp end, int64_t step_ms) = 0;
};

// The language that scripts are written in: all of it.
EngineOptions ScriptLanguage();

class EngineTarget final : public ScriptTarget {
 public:
  EngineTarget() : engine_(&store_, &clock_, ScriptLanguage()) {}

  testing::MemoryQuerier& store() override { return store_; }
  absl::StatusOr<QueryResult> Instant(std::string_view expr, model::Timestamp t) override {
    return engine_.Instant(expr, t);
  }
  absl::StatusOr<QueryResult> Range(std::string_view expr, model::Timestamp start,
                                    model::Timestamp end, int64_t step_ms) override {
    return engine_.Range(expr, start, end, step_ms);
  }

 private:
  testing::MemoryQuerier store_;
  const base::SystemClock clock_;
  const Engine engine_;
};

class PromqlScript {
 public:
  // `target` must outlive the script.
  explicit PromqlScript(ScriptTarget* target) : target_(*target) {}

  // One line per expectation that was not met, each with its line in `script`. Empty when all
  // were.
  std::vector<std::string> Run(std::string_view script);

 private:
  struct Block;
  struct ExpectedSeries {
    model::Labels labels;
    std::vector<std::optional<double>> values;
  };
  struct Expectation;

  absl::Status RunBlock(const Block& block);
  absl::Status Load(const Block& block);
  absl::Status Eval(const Block& block);
  absl::Status EvalInstant(const Expectation& expected, std::string_view rest);
  absl::Status EvalRange(const Expectation& expected, std::string_view rest);

  absl::Status CheckInstantInRange(std::string_view expr, model::Timestamp t,
                                   const QueryResult& instant) const;
  absl::Status CheckRangeByInstants(std::string_view expr, model::Timestamp start,
                                    model::Timestamp end, int64_t step_ms,
                                    const QueryResult& range) const;

  static absl::StatusOr<Expectation> ParseExpectation(const Block& block);
  static absl::StatusOr<ExpectedSeries> ParseSeries(std::string_view line);

  ScriptTarget& target_;
};

}  // namespace tidemark::query
