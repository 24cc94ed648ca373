#include "query/engine/engine.h"

#include <algorithm>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/eval_context.h"
#include "query/engine/evaluator.h"
#include "query/engine/parsed_queries.h"
#include "query/engine/selector.h"
#include "query/parser/parser.h"

namespace tidemark::query {
namespace {

ParserOptions LanguageOf(const EngineOptions& options) {
  ParserOptions parser;
  parser.experimental_functions = options.enable_experimental;
  parser.binop_fill_modifiers = options.enable_fill_modifiers;
  parser.extended_range_selectors = options.enable_extended_ranges;
  return parser;
}

absl::StatusOr<ExprPtr> Parse(std::string_view text, const EngineOptions& options,
                              const QueryTimes& times) {
  ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr(text, LanguageOf(options)));
  RETURN_IF_ERROR(ResolveDurations(times, expr.get()));
  return expr;
}

void SortByLabels(std::vector<MatrixSeries>* matrix) {
  std::sort(matrix->begin(), matrix->end(), [](const MatrixSeries& a, const MatrixSeries& b) {
    return model::Compare(a.labels, b.labels) < 0;
  });
}

absl::Status FillVector(Evaluator& evaluator, const Expr& expr, QueryResult* result) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(expr));
  RETURN_IF_ERROR(DropMarkedNames(&evaluator.context(), &vector));
  result->vector.reserve(vector.rows().size());
  for (const Row& row : vector.rows()) {
    if (row.Has(0)) {
      result->vector.push_back({model::Labels(row.labels), row.values[0]});
    }
  }
  return absl::OkStatus();
}

// The samples of a range vector at its only step.
absl::Status FillWindow(Evaluator& evaluator, const Expr& expr, QueryResult* result) {
  ASSIGN_OR_RETURN(RangeVector range, RangeVector::Create(&evaluator, expr));
  const auto visit = [&](model::LabelsView labels, const storage::SampleColumns& samples) {
    MatrixSeries series;
    for (size_t i = 0; i < samples.size(); ++i) {
      series.samples.push_back({samples.timestamps[i], samples.values[i]});
    }
    if (!series.samples.empty()) {
      series.labels = model::Labels(
          range.drop_name() ? WithoutMetricName(labels, &evaluator.context().labels()) : labels);
      evaluator.context().budget().Charge(series.samples.size());
      result->matrix.push_back(std::move(series));
    }
    return evaluator.context().Spend(samples.size());
  };
  RETURN_IF_ERROR(range.ForEach(visit));
  SortByLabels(&result->matrix);
  return absl::OkStatus();
}

absl::Status FillInstant(Evaluator& evaluator, const Expr& expr, QueryResult* result) {
  result->type = expr.type();
  result->time = evaluator.steps().start;
  switch (expr.type()) {
    case ValueType::kScalar: {
      ASSIGN_OR_RETURN(const ScalarColumn column, evaluator.Scalar(expr));
      result->scalar = column[0];
      return absl::OkStatus();
    }
    case ValueType::kString:
      result->text = As<StringLiteral>(StripParens(expr)).value;
      return absl::OkStatus();
    case ValueType::kVector:
      return FillVector(evaluator, expr, result);
    case ValueType::kMatrix:
      return FillWindow(evaluator, expr, result);
  }
  return absl::InternalError("expression has no type");
}

absl::Status FillScalarRange(Evaluator& evaluator, const Expr& expr, QueryResult* result) {
  ASSIGN_OR_RETURN(const ScalarColumn column, evaluator.Scalar(expr));
  MatrixSeries series;
  series.samples.reserve(column.size());
  for (size_t step = 0; step < column.size(); ++step) {
    series.samples.push_back({evaluator.steps().At(step), column[step]});
  }
  result->matrix.push_back(std::move(series));
  return absl::OkStatus();
}

// Makes rows the series of a result, as they are computed.
class MatrixSink final : public RowSink {
 public:
  MatrixSink(EvalContext* context, const StepGrid& steps, std::vector<MatrixSeries>* matrix)
      : context_(*context), steps_(steps), matrix_(*matrix) {}

  // REQUIRES: the row has a value.
  absl::Status Take(model::LabelsView labels, const Row& row) override {
    Add(labels, row);
    context_.budget().Charge(matrix_.back().samples.size());
    return context_.Spend(steps_.count);
  }

  // Adds a row whose values are charged already.
  void Add(model::LabelsView labels, const Row& row) {
    const size_t words = PresenceWords(steps_.count);
    const size_t values = CountBits(row.present, words);
    if (values == 0) {
      return;
    }
    MatrixSeries& series = matrix_.emplace_back();
    series.labels = model::Labels(labels);
    series.samples.reserve(values);
    ForEachBit(row.present, words, [&](size_t step) {
      series.samples.push_back({steps_.At(step), row.values[step]});
    });
  }

 private:
  EvalContext& context_;
  const StepGrid steps_;
  std::vector<MatrixSeries>& matrix_;
};

// Fills `matrix`, from rows as they come if `direct`. True unless series that came so would have
// to be compared with others.
absl::StatusOr<bool> FillMatrix(Evaluator& evaluator, const Expr& expr, bool direct,
                                std::vector<MatrixSeries>* matrix) {
  EvalContext& context = evaluator.context();
  MatrixSink sink(&context, evaluator.steps(), matrix);
  ASSIGN_OR_RETURN(StepVector rest,
                   direct ? evaluator.VectorInto(expr, &sink) : evaluator.Vector(expr));
  if (!matrix->empty() && !rest.rows().empty()) {
    return false;
  }
  RETURN_IF_ERROR(DropMarkedNames(&context, &rest));
  for (const Row& row : rest.rows()) {
    sink.Add(row.labels, row);
    RETURN_IF_ERROR(context.Spend(rest.steps()));
  }
  return true;
}

absl::Status FillRange(Evaluator& evaluator, const Expr& expr, QueryResult* result) {
  result->type = ValueType::kMatrix;
  if (expr.type() == ValueType::kScalar) {
    return FillScalarRange(evaluator, expr, result);
  }
  const bool direct = !evaluator.context().options().delayed_name_removal;
  ASSIGN_OR_RETURN(const bool done, FillMatrix(evaluator, expr, direct, &result->matrix));
  if (!done) {
    result->matrix.clear();
    RETURN_IF_ERROR(FillMatrix(evaluator, expr, false, &result->matrix).status());
  }
  SortByLabels(&result->matrix);
  return absl::OkStatus();
}

using Fill = absl::Status (*)(Evaluator&, const Expr&, QueryResult*);

absl::StatusOr<QueryResult> Evaluate(EvalContext* context, const Expr& expr, Fill fill) {
  RETURN_IF_ERROR(context->CheckSteps(context->times()));
  QueryResult result;
  Evaluator evaluator(context, context->times());
  RETURN_IF_ERROR(fill(evaluator, expr, &result));
  RETURN_IF_ERROR(context->Check());
  result.warnings = context->annotations().TakeWarnings();
  result.infos = context->annotations().TakeInfos();
  result.stats = {context->samples_read(), context->budget().peak(), context->TakeSamplesAt(),
                  context->times().start, context->times().step_ms};
  return result;
}

absl::Status CheckRange(const Expr& expr, model::Timestamp start, model::Timestamp end,
                        int64_t step_ms) {
  if (step_ms <= 0) {
    return absl::InvalidArgumentError("step must be greater than zero");
  }
  if (end < start) {
    return absl::InvalidArgumentError("end timestamp must not be before start time");
  }
  if (expr.type() != ValueType::kScalar && expr.type() != ValueType::kVector) {
    return absl::InvalidArgumentError(fmt::format(
        "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
        Describe(expr.type())));
  }
  return absl::OkStatus();
}

}  // namespace

Engine::Engine(const storage::Querier* querier, const base::Clock* clock,
               const EngineOptions& options)
    : querier_(querier),
      clock_(clock),
      options_(options),
      helpers_(options.threads > 1
                   ? std::make_unique<base::HelperPool>("tm-query-help", options.threads - 1)
                   : nullptr),
      parsed_(std::make_unique<ParsedQueries>()) {}

Engine::~Engine() = default;

absl::StatusOr<QueryResult> Engine::Instant(std::string_view expr, model::Timestamp t,
                                            const QueryOptions& options) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const PreparedQuery> query, Parsed(expr, {}));
  return Instant(*query, t, options);
}

absl::StatusOr<QueryResult> Engine::Range(std::string_view expr, model::Timestamp start,
                                          model::Timestamp end, int64_t step_ms,
                                          const QueryOptions& options) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const PreparedQuery> query,
                   Parsed(expr, {step_ms, SubtractMs(end, start)}));
  RETURN_IF_ERROR(CheckRange(*query->expr, start, end, step_ms));
  StepGrid times;
  times.start = start;
  times.step_ms = step_ms;
  times.count = static_cast<size_t>(SubtractMs(end, start) / step_ms) + 1;
  EvalContext context(*querier_, *clock_, options_, options, expr, times, end, helpers_.get());
  return Evaluate(&context, *query->expr, FillRange);
}

absl::StatusOr<std::shared_ptr<const PreparedQuery>> Engine::Parsed(std::string_view expr,
                                                                    const QueryTimes& times) const {
  if (auto known = parsed_->Find(expr, times); known != nullptr) {
    return known;
  }
  ASSIGN_OR_RETURN(ExprPtr tree, Parse(expr, options_, times));
  auto query = std::make_shared<PreparedQuery>();
  query->text = expr;
  query->expr = std::move(tree);
  parsed_->Keep(query, times);
  return query;
}

absl::StatusOr<PreparedQuery> Engine::Prepare(std::string_view expr) const {
  ASSIGN_OR_RETURN(ExprPtr tree, Parse(expr, options_, {}));
  return PreparedQuery{std::string(expr), std::move(tree)};
}

absl::StatusOr<QueryResult> Engine::Instant(const PreparedQuery& query, model::Timestamp t,
                                            const QueryOptions& options) const {
  return Instant(query, *querier_, t, options);
}

absl::StatusOr<QueryResult> Engine::Instant(const PreparedQuery& query,
                                            const storage::Querier& querier, model::Timestamp t,
                                            const QueryOptions& options) const {
  StepGrid times;
  times.start = t;
  EvalContext context(querier, *clock_, options_, options, query.text, times, t, helpers_.get());
  return Evaluate(&context, *query.expr, FillInstant);
}

}  // namespace tidemark::query
