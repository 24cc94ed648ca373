#include "server/api/quick_route.h"

#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "fmt/format.h"
#include "model/hash.h"
#include "server/api/param_values.h"
#include "server/api/routes_common.h"

namespace tidemark::server {
namespace {

constexpr size_t kLongestQuickRequest = 8u << 10;  // bytes of its form

// From start to end; 0 unless both are given.
uint64_t LengthOf(const FormValues& form) {
  if (form.Get("start").empty() || form.Get("end").empty()) {
    return 0;
  }
  const auto start = ParseTime(form.Get("start"));
  const auto end = ParseTime(form.Get("end"));
  return start.ok() && end.ok() ? static_cast<uint64_t>(*end) - static_cast<uint64_t>(*start) : 0;
}

uint64_t QuestionOf(const HttpRequest& request, const FormValues& form) {
  std::string text = fmt::format("{} {}", LengthOf(form), form.Get("step"));
  text.append(1, '\0').append(request.path_param);
  text.append(1, '\0').append(form.Get("query"));
  for (const std::string_view selector : form.All("match[]")) {
    text.append(1, '\0').append(selector);
  }
  return model::HashBytes(text, 0).low;
}

class QuestionRoute {
 public:
  explicit QuestionRoute(QuestionHandler handler) : handler_(std::move(handler)) {}

  HttpResponse Answer(const ApiBackend& backend, const HttpRequest& request) {
    const auto form = FormValues::Parse(request);
    if (!form.ok()) {
      return MalformedForm(form.status());
    }
    const uint64_t question = QuestionOf(request, *form);
    std::optional<HttpResponse> answer = Timed(backend, request, *form, question, false);
    TIDEMARK_CHECK(answer.has_value(), "no answer to {}", request.path);
    return *std::move(answer);
  }

  std::optional<HttpResponse> TryToAnswer(const ApiBackend& backend, const HttpRequest& request) {
    if (request.query.size() + request.body.size() > kLongestQuickRequest) {
      return std::nullopt;
    }
    const auto form = FormValues::Parse(request);
    if (!form.ok()) {
      return std::nullopt;
    }
    const uint64_t question = QuestionOf(request, *form);
    if (!questions_.Expects(question)) {
      return std::nullopt;
    }
    return Timed(backend, request, *form, question, true);
  }

 private:
  std::optional<HttpResponse> Timed(const ApiBackend& backend, const HttpRequest& request,
                                    const FormValues& form, uint64_t question, bool memory_only) {
    const int64_t began = backend.clock->SteadyNanos();
    std::optional<HttpResponse> answer = handler_(backend, request, form, memory_only);
    if (answer) {
      questions_.NoteAnswer(question, backend.clock->SteadyNanos() - began);
    } else {
      questions_.NoteInVain(question);
    }
    return answer;
  }

  const QuestionHandler handler_;
  QuickQuestions questions_;
};

}  // namespace

bool QuickQuestions::Expects(uint64_t question) const {
  return places_[PlaceOf(question)].load(std::memory_order_relaxed) == NameOf(question);
}

void QuickQuestions::NoteAnswer(uint64_t question, int64_t nanos) {
  std::atomic<uint64_t>& place = places_[PlaceOf(question)];
  const uint64_t name = NameOf(question);
  const uint64_t known = place.load(std::memory_order_relaxed);
  if (nanos > kQuickNanos) {
    place.store(name | 1, std::memory_order_relaxed);
  } else if ((known & ~kCount) != name) {
    place.store(name, std::memory_order_relaxed);
  } else if (known != name) {
    place.store(known - 1, std::memory_order_relaxed);
  }
}

void QuickQuestions::NoteInVain(uint64_t question) {
  places_[PlaceOf(question)].store(NameOf(question) | kCount, std::memory_order_relaxed);
}

bool NeedsWorker(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

void SetQuestionHandler(QuestionHandler handler, const BackendSlot* slot, Route* route) {
  const auto questions = std::make_shared<QuestionRoute>(std::move(handler));
  route->handler =
      WithBackend(slot, [questions](const ApiBackend& backend, const HttpRequest& request) {
        return questions->Answer(backend, request);
      });
  route->quick_handler = [slot, questions](const HttpRequest& request) {
    const ApiBackend* const backend = slot->Get();
    return backend == nullptr ? std::nullopt : questions->TryToAnswer(*backend, request);
  };
}

}  // namespace tidemark::server
