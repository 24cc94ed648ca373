#include "alert/template/internal/executor.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "alert/template/internal/functions.h"
#include "alert/template/internal/methods.h"
#include "alert/template/internal/print.h"
#include "alert/template/internal/value.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

// Bounds of one expansion. Work counts nodes visited, and what is read and made by functions.
constexpr int kMaxDepth = 1000;
constexpr uint64_t kMaxWork = uint64_t{2} << 20;
constexpr uint64_t kWorkOfCall = 8;
constexpr uint64_t kWorkOfQuery = kMaxWork / 128;
constexpr size_t kBytesPerWork = 64;

// What is run at the moment, for messages.
using Place =
    std::variant<std::monostate, const Operand*, const Command*, const Pipeline*, const Statement*>;

struct Variable {
  std::string_view name;
  Value value;
};

uint64_t WorkOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kHtml:
      return value.text().size() / kBytesPerWork;
    case Kind::kStringMap:
      return value.string_map().size();
    case Kind::kMap:
      return value.map().size();
    case Kind::kSamples:
      return value.samples().size();
    default:
      return 1;
  }
}

StringMap MapOf(model::LabelsView labels) {
  StringMap map;
  for (const model::LabelView& label : labels) {
    map.emplace(label.name, label.value);
  }
  return map;
}

// Executor walks the tree once. Variables are a stack; each clause pops its own.
class Executor {
 public:
  Executor(const SyntaxTree& tree, const CallContext& context) : tree_(tree), context_(context) {}

  absl::StatusOr<std::string> Run() {
    const TemplateData& data = *context_.data;
    const Value root = Value::Of(
        Root{MapOf(data.labels), MapOf(data.external_labels), data.external_url, data.value});
    template_name_ = tree_.name;
    variables_.push_back({"$", root});
    RETURN_IF_ERROR(RunList(root, tree_.templates.find(tree_.name)->second));
    return std::move(out_);
  }

 private:
  enum class Jump { kNone, kBreak, kContinue };

  // What a command before this one in its pipeline gave.
  using Final = std::optional<Value>;

  absl::Status Error(std::string_view message) const {
    return absl::InvalidArgumentError(fmt::format("template: {}executing {} at <{}>: {}",
                                                  Location(), query::Quote(template_name_),
                                                  PlaceText(), message));
  }

  std::string PlaceText() const {
    return std::visit(
        [](const auto& place) -> std::string {
          if constexpr (std::is_pointer_v<std::decay_t<decltype(place)>>) {
            return ToString(*place);
          }
          return "";
        },
        place_);
  }

  // "NAME:LINE:COLUMN: ", the column counted from 0.
  std::string Location() const {
    const size_t position = std::visit(
        [](const auto& place) -> size_t {
          if constexpr (std::is_pointer_v<std::decay_t<decltype(place)>>) {
            return place->position;
          }
          return 0;
        },
        place_);
    const std::string_view before = std::string_view(tree_.text).substr(0, position);
    const size_t newline = before.rfind('\n');
    const size_t column = newline == std::string_view::npos ? position : position - newline - 1;
    return fmt::format("{}:{}:{}: ", tree_.name, 1 + std::count(before.begin(), before.end(), '\n'),
                       column);
  }

  absl::Status Spend(uint64_t work) {
    work_ += work;
    return work_ <= kMaxWork ? absl::OkStatus() : Error("the template takes too long to expand");
  }

  absl::Status Write(std::string_view text) {
    if (text.size() > kMaxTextBytes - out_.size()) {
      return Error(fmt::format("text is longer than {} bytes", kMaxTextBytes));
    }
    out_.append(text);
    return Spend(text.size() / kBytesPerWork);
  }

  // Counts one level of recursion for as long as it lives.
  class Level {
   public:
    explicit Level(int* depth) : depth_(depth) { ++*depth_; }
    ~Level() { --*depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    int* const depth_;
  };

  absl::Status RunList(const Value& dot, const StatementList& list) {
    const Level level(&depth_);
    if (depth_ > kMaxDepth) {
      return Error(fmt::format("exceeded maximum template depth ({})", kMaxDepth));
    }
    for (const Statement& statement : list) {
      RETURN_IF_ERROR(RunStatement(dot, statement));
      if (jump_ != Jump::kNone) {
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  absl::Status RunStatement(const Value& dot, const Statement& statement) {
    place_ = &statement;
    RETURN_IF_ERROR(Spend(1));
    switch (statement.kind) {
      case StatementKind::kText:
        return Write(statement.text);
      case StatementKind::kAction:
        return RunAction(dot, statement);
      case StatementKind::kIf:
      case StatementKind::kWith:
        return RunIfOrWith(dot, statement);
      case StatementKind::kRange:
        return RunRange(dot, statement);
      case StatementKind::kTemplate:
        return RunTemplate(dot, statement);
      case StatementKind::kBreak:
        jump_ = Jump::kBreak;
        return absl::OkStatus();
      case StatementKind::kContinue:
        jump_ = Jump::kContinue;
        return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  absl::Status RunAction(const Value& dot, const Statement& statement) {
    ASSIGN_OR_RETURN(const Value value, Evaluate(dot, statement.pipeline));
    if (!statement.pipeline.declarations.empty()) {
      return absl::OkStatus();
    }
    place_ = &statement;
    auto text = DisplayText(value);
    if (!text.ok()) {
      return Error(base::Message(text.status()));
    }
    return Write(*text);
  }

  absl::Status RunIfOrWith(const Value& dot, const Statement& statement) {
    const size_t mark = variables_.size();
    ASSIGN_OR_RETURN(const Value value, Evaluate(dot, statement.pipeline));
    const bool with = statement.kind == StatementKind::kWith;
    const bool truth = IsTrue(value);
    RETURN_IF_ERROR(truth ? RunList(with ? value : dot, statement.body)
                          : RunList(dot, statement.else_body));
    variables_.resize(mark);
    return absl::OkStatus();
  }

  absl::Status RunRange(const Value& dot, const Statement& statement) {
    const size_t mark = variables_.size();
    ASSIGN_OR_RETURN(const Value value, Evaluate(dot, statement.pipeline));
    bool ran = false;
    RETURN_IF_ERROR(IterateOver(value, statement, &ran));
    if (!ran) {
      RETURN_IF_ERROR(RunList(dot, statement.else_body));
    }
    variables_.resize(mark);
    return absl::OkStatus();
  }

  absl::Status IterateOver(const Value& value, const Statement& range, bool* ran) {
    switch (value.kind()) {
      case Kind::kInvalid:
        return absl::OkStatus();
      case Kind::kInt:
        return IterateTo(value.integer(), range, ran);
      case Kind::kSamples:
        return IterateSamples(value.samples(), range, ran);
      case Kind::kStringMap:
        return IterateMap(value.string_map(), range, ran);
      case Kind::kMap:
        return IterateMap(value.map(), range, ran);
      default:
        return Error(fmt::format("range can't iterate over {}", Shown(value)));
    }
  }

  static std::string Shown(const Value& value) {
    return DisplayText(value).value_or(std::string(TypeName(value)));
  }

  absl::Status IterateTo(int64_t end, const Statement& range, bool* ran) {
    if (range.pipeline.declarations.size() > 1) {
      return Error(fmt::format("can't use {} to iterate over more than one variable", end));
    }
    for (int64_t i = 0; i < end; ++i) {
      ASSIGN_OR_RETURN(const bool more, RunIteration(Value(), Value::Of(i), range, ran));
      if (!more) {
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status IterateSamples(const Value::Samples& samples, const Statement& range, bool* ran) {
    for (size_t i = 0; i < samples.size(); ++i) {
      ASSIGN_OR_RETURN(const bool more, RunIteration(Value::Of(static_cast<int64_t>(i)),
                                                     Value::Of(samples[i]), range, ran));
      if (!more) {
        break;
      }
    }
    return absl::OkStatus();
  }

  static Value AsValue(const Value& element) { return element; }
  static Value AsValue(const std::string& element) { return Value::Of(element); }

  template <typename Map>
  absl::Status IterateMap(const Map& map, const Statement& range, bool* ran) {
    for (const auto& [name, element] : map) {
      ASSIGN_OR_RETURN(const bool more,
                       RunIteration(Value::Of(name), AsValue(element), range, ran));
      if (!more) {
        break;
      }
    }
    return absl::OkStatus();
  }

  // One turn of the loop; false after a break.
  absl::StatusOr<bool> RunIteration(Value index, const Value& element, const Statement& range,
                                    bool* ran) {
    *ran = true;
    RETURN_IF_ERROR(Spend(1));
    BindLoopVariables(std::move(index), element, range.pipeline);
    const size_t mark = variables_.size();
    RETURN_IF_ERROR(RunList(element, range.body));
    variables_.resize(mark);
    return std::exchange(jump_, Jump::kNone) != Jump::kBreak;
  }

  // The pipeline has pushed its variables already; the last one is the element.
  void BindLoopVariables(Value index, const Value& element, const Pipeline& pipeline) {
    const size_t count = pipeline.declarations.size();
    if (pipeline.assigns) {
      if (count > 1) {
        *Find(pipeline.declarations[0].path[0]) = std::move(index);
        *Find(pipeline.declarations[1].path[0]) = element;
      } else {
        *Find(pipeline.declarations[0].path[0]) = element;
      }
      return;
    }
    if (count > 0) {
      variables_[variables_.size() - 1].value = element;
    }
    if (count > 1) {
      variables_[variables_.size() - 2].value = std::move(index);
    }
  }

  absl::Status RunTemplate(const Value& dot, const Statement& statement) {
    const auto called = tree_.templates.find(statement.text);
    if (called == tree_.templates.end()) {
      return Error(fmt::format("template {} not defined", query::Quote(statement.text)));
    }
    Value argument;
    if (!statement.pipeline.commands.empty()) {
      ASSIGN_OR_RETURN(argument, Evaluate(dot, statement.pipeline));
    }
    std::vector<Variable> variables = std::exchange(variables_, {{"$", argument}});
    const std::string_view name = std::exchange(template_name_, called->first);
    RETURN_IF_ERROR(RunList(argument, called->second));
    variables_ = std::move(variables);
    template_name_ = name;
    return absl::OkStatus();
  }

  // The variable of that name that was declared last. The parser has seen that there is one; a
  // template that was entered by a clause of another sees only its own.
  Value* Find(std::string_view name) {
    const auto it = std::find_if(variables_.rbegin(), variables_.rend(),
                                 [&](const Variable& v) { return v.name == name; });
    return it == variables_.rend() ? nullptr : &it->value;
  }

  absl::StatusOr<Value> Evaluate(const Value& dot, const Pipeline& pipeline) {
    const Level level(&depth_);
    if (depth_ > kMaxDepth) {
      return Error(fmt::format("exceeded maximum template depth ({})", kMaxDepth));
    }
    place_ = &pipeline;
    Final value;
    for (const Command& command : pipeline.commands) {
      RETURN_IF_ERROR(Spend(1));
      ASSIGN_OR_RETURN(value, EvaluateCommand(dot, command, value));
    }
    for (const Operand& variable : pipeline.declarations) {
      if (!pipeline.assigns) {
        variables_.push_back({variable.path[0], *value});
      } else if (Value* const known = Find(variable.path[0]); known != nullptr) {
        *known = *value;
      } else {
        return Error(fmt::format("undefined variable: {}", variable.path[0]));
      }
    }
    return *std::move(value);
  }

  absl::Status RefuseArguments(const Command& command, const Final& final) const {
    if (command.operands.size() > 1 || final.has_value()) {
      return Error(
          fmt::format("can't give argument to non-function {}", ToString(command.operands[0])));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Value> EvaluateCommand(const Value& dot, const Command& command,
                                        const Final& final) {
    const Operand& first = command.operands[0];
    const std::span<const Operand> args = std::span(command.operands).subspan(1);
    switch (first.kind) {
      case OperandKind::kField:
      case OperandKind::kChain:
      case OperandKind::kVariable:
        return Access(dot, first, args, final);
      case OperandKind::kIdentifier:
        place_ = &first;
        return Call(dot, first, &command, args, final);
      case OperandKind::kPipeline:
        RETURN_IF_ERROR(RefuseArguments(command, final));
        return Evaluate(dot, *first.pipeline);
      default:
        break;
    }
    place_ = &first;
    RETURN_IF_ERROR(RefuseArguments(command, final));
    if (first.kind == OperandKind::kNil) {
      return Error("nil is not a command");
    }
    return Constant(dot, first);
  }

  // REQUIRES: not kNil.
  absl::StatusOr<Value> Constant(const Value& dot, const Operand& operand) {
    switch (operand.kind) {
      case OperandKind::kDot:
        return dot;
      case OperandKind::kBool:
        return Value::Of(operand.boolean);
      case OperandKind::kString:
        return Value::Of(operand.value);
      default:
        break;
    }
    const NumberLiteral& number = operand.number;
    return number.written_as_real ? Value::Of(*number.real) : Value::Of(*number.integer);
  }

  // A field, a variable or a chain with the fields behind it.
  absl::StatusOr<Value> Access(const Value& dot, const Operand& operand,
                               std::span<const Operand> args, const Final& final) {
    place_ = &operand;
    std::span<const std::string> path = operand.path;
    Value receiver = dot;
    if (operand.kind == OperandKind::kVariable) {
      const Value* const variable = Find(path[0]);
      if (variable == nullptr) {
        return Error(fmt::format("undefined variable: {}", path[0]));
      }
      receiver = *variable;
      path = path.subspan(1);
      if (path.empty() && (!args.empty() || final.has_value())) {
        return Error(fmt::format("can't give argument to non-function {}", ToString(operand)));
      }
    } else if (operand.kind == OperandKind::kChain) {
      if (operand.base->kind == OperandKind::kNil) {
        return Error(fmt::format("indirection through explicit nil in {}", ToString(operand)));
      }
      ASSIGN_OR_RETURN(receiver, EvaluateOperand(dot, *operand.base));
    }
    for (size_t i = 0; i < path.size(); ++i) {
      const bool last = i + 1 == path.size();
      ASSIGN_OR_RETURN(receiver,
                       Field(dot, operand, path[i], last ? args : std::span<const Operand>(),
                             last ? final : std::nullopt, receiver));
    }
    return receiver;
  }

  absl::StatusOr<Value> Field(const Value& dot, const Operand& operand, const std::string& name,
                              std::span<const Operand> args, const Final& final,
                              const Value& receiver) {
    if (!receiver.valid()) {
      return Value();
    }
    if (const Function* const method = FindMethod(receiver.kind(), name); method != nullptr) {
      return CallMethod(dot, operand, *method, args, final, receiver);
    }
    const bool has_args = !args.empty() || final.has_value();
    if (receiver.kind() == Kind::kStringMap || receiver.kind() == Kind::kMap) {
      return has_args ? Error(fmt::format("{} is not a method but has arguments", name))
                      : absl::StatusOr<Value>(Element(receiver, name));
    }
    const std::optional<Value> field = StructField(receiver, name);
    if (!field.has_value()) {
      return Error(fmt::format("can't evaluate field {} in type {}", name, TypeName(receiver)));
    }
    if (has_args) {
      return Error(fmt::format("{} has arguments but cannot be invoked as function", name));
    }
    return *field;
  }

  absl::StatusOr<Value> CallMethod(const Value& dot, const Operand& operand, const Function& method,
                                   std::span<const Operand> args, const Final& final,
                                   const Value& receiver) {
    std::vector<Value> values = {receiver};
    RETURN_IF_ERROR(Arguments(dot, method, args, final, &values));
    return Finish(method, Place(&operand), values);
  }

  // A function with its arguments; `place` is what a failure of the function is blamed on.
  absl::StatusOr<Value> Call(const Value& dot, const Operand& name, Place place,
                             std::span<const Operand> args, const Final& final) {
    const Function& function = *FindFunction(name.text);
    if (function.name == "and" || function.name == "or") {
      return ShortCircuit(dot, function, args, final);
    }
    std::vector<Value> values;
    RETURN_IF_ERROR(Arguments(dot, function, args, final, &values));
    if (function.name == "query") {
      RETURN_IF_ERROR(Spend(kWorkOfQuery));
    }
    return Finish(function, place, values);
  }

  absl::Status CheckCount(const Function& function, size_t given, size_t receivers,
                          size_t written) const {
    const size_t fixed = function.parameters.size() - receivers - (function.variadic ? 1 : 0);
    if (function.variadic && given < fixed) {
      return Error(fmt::format("wrong number of args for {}: want at least {} got {}",
                               function.name, fixed, written));
    }
    if (!function.variadic && given != fixed) {
      return Error(
          fmt::format("wrong number of args for {}: want {} got {}", function.name, fixed, given));
    }
    return absl::OkStatus();
  }

  // Appends the arguments to `values`, which holds the receiver of a method already.
  absl::Status Arguments(const Value& dot, const Function& function, std::span<const Operand> args,
                         const Final& final, std::vector<Value>* values) {
    const size_t receivers = values->size();
    RETURN_IF_ERROR(
        CheckCount(function, args.size() + (final.has_value() ? 1 : 0), receivers, args.size()));
    const auto type_of = [&](size_t i) {
      return function.parameters[std::min(i, function.parameters.size() - 1)];
    };
    for (const Operand& arg : args) {
      ASSIGN_OR_RETURN(Value value, Argument(dot, type_of(values->size()), arg));
      values->push_back(std::move(value));
    }
    if (final.has_value()) {
      RETURN_IF_ERROR(CheckType(*final, type_of(values->size())));
      values->push_back(*final);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Finish(const Function& function, Place place,
                               std::span<const Value> values) {
    uint64_t work = kWorkOfCall;
    for (const Value& value : values) {
      work += WorkOf(value);
    }
    RETURN_IF_ERROR(Spend(work));
    auto result = function.call(context_, values);
    if (!result.ok()) {
      place_ = place;
      return Error(
          fmt::format("error calling {}: {}", function.name, base::Message(result.status())));
    }
    RETURN_IF_ERROR(Spend(WorkOf(*result)));
    return result;
  }

  // `and` and `or` evaluate no more arguments than they need.
  absl::StatusOr<Value> ShortCircuit(const Value& dot, const Function& function,
                                     std::span<const Operand> args, const Final& final) {
    RETURN_IF_ERROR(
        CheckCount(function, args.size() + (final.has_value() ? 1 : 0), 0, args.size()));
    const bool stops_at = function.name == "or";
    Value value;
    for (const Operand& arg : args) {
      ASSIGN_OR_RETURN(value, Argument(dot, ParameterType::kOperand, arg));
      if (IsTrue(value) == stops_at) {
        return value;
      }
    }
    return final.has_value() ? *final : value;
  }

  absl::Status CheckType(const Value& value, ParameterType type) const {
    if (type == ParameterType::kAny || type == ParameterType::kOperand) {
      return absl::OkStatus();
    }
    const bool fits = (type == ParameterType::kString && value.kind() == Kind::kString) ||
                      (type == ParameterType::kSample && value.kind() == Kind::kSample) ||
                      (type == ParameterType::kSamples && value.kind() == Kind::kSamples);
    if (fits) {
      return absl::OkStatus();
    }
    if (!value.valid()) {
      return Error(fmt::format("invalid value; expected {}", TypeName(type)));
    }
    return Error(
        fmt::format("wrong type for value; expected {}; got {}", TypeName(type), TypeName(value)));
  }

  // The value of one argument that must be of `type`.
  absl::StatusOr<Value> Argument(const Value& dot, ParameterType type, const Operand& operand) {
    place_ = &operand;
    const bool literal = operand.kind == OperandKind::kBool ||
                         operand.kind == OperandKind::kNumber ||
                         operand.kind == OperandKind::kString;
    if (operand.kind == OperandKind::kNil) {
      return type == ParameterType::kString ? Error("cannot assign nil to string")
                                            : absl::StatusOr<Value>(Value());
    }
    if (literal && type == ParameterType::kString && operand.kind != OperandKind::kString) {
      return Error(fmt::format("expected string; found {}", ToString(operand)));
    }
    if (literal && (type == ParameterType::kSample || type == ParameterType::kSamples)) {
      return Error(
          fmt::format("can't handle {} for arg of type {}", ToString(operand), TypeName(type)));
    }
    ASSIGN_OR_RETURN(Value value, EvaluateOperand(dot, operand));
    RETURN_IF_ERROR(CheckType(value, type));
    return value;
  }

  // REQUIRES: not kNil.
  absl::StatusOr<Value> EvaluateOperand(const Value& dot, const Operand& operand) {
    RETURN_IF_ERROR(Spend(1));
    place_ = &operand;
    switch (operand.kind) {
      case OperandKind::kField:
      case OperandKind::kVariable:
      case OperandKind::kChain:
        return Access(dot, operand, {}, std::nullopt);
      case OperandKind::kPipeline:
        return Evaluate(dot, *operand.pipeline);
      case OperandKind::kIdentifier:
        return Call(dot, operand, &operand, {}, std::nullopt);
      default:
        return Constant(dot, operand);
    }
  }

  const SyntaxTree& tree_;
  const CallContext context_;
  std::string out_;
  std::vector<Variable> variables_;
  std::string_view template_name_;
  Place place_;
  Jump jump_ = Jump::kNone;
  int depth_ = 0;
  uint64_t work_ = 0;
};

}  // namespace

absl::StatusOr<std::string> Execute(const SyntaxTree& tree, const TemplateData& data,
                                    TemplateQuery* query, model::Timestamp t) {
  return Executor(tree, {&data, query, t}).Run();
}

}  // namespace tidemark::alert::templates
