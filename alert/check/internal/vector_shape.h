// VectorShape is what can be said of the series of a vector without looking at data.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "alert/check/label_family.h"
#include "alert/check/metric_catalog.h"
#include "query/parser/ast.h"

namespace tidemark::alert {

struct VectorShape {
  // Labels the series may have.
  LabelFamily labels = LabelFamily::All();
  // Labels whose values are not those of the selected series any more.
  std::set<std::string> rewritten;
  // Where the series come from; none when it is not known of all.
  std::optional<std::set<Component>> components = std::set<Component>();
  // Labels that all selectors below tie to one value.
  LabelFamily pinned = LabelFamily::All();
};

VectorShape ShapeOf(const query::Expr& expr);

}  // namespace tidemark::alert
