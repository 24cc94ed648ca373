#include "alert/live/sample_union.h"

#include <utility>

namespace tidemark::alert {

void UniteSamples(const storage::SampleColumns& more, storage::SampleColumns* columns) {
  if (more.size() == 0) {
    return;
  }
  storage::SampleColumns united;
  size_t i = 0;
  for (size_t j = 0; j < more.size(); ++j) {
    for (; i < columns->size() && columns->timestamps[i] < more.timestamps[j]; ++i) {
      united.Append(columns->timestamps[i], columns->values[i]);
    }
    if (i == columns->size() || columns->timestamps[i] != more.timestamps[j]) {
      united.Append(more.timestamps[j], more.values[j]);
    }
  }
  for (; i < columns->size(); ++i) {
    united.Append(columns->timestamps[i], columns->values[i]);
  }
  *columns = std::move(united);
}

}  // namespace tidemark::alert
